package settings

import (
	"net/url"
	"slices"
	"strings"
)

// allowedHosts reads KEYFACTOR_ALLOWED_HOSTS. Where it is set but names no host, no host is allowed.
func (r *resolver) allowedHosts() {
	s := r.find("allowed_hosts")
	if s.state != Known {
		return
	}
	allow := []string{}
	for _, item := range s.items {
		host, ok := allowedHost(item)
		if !ok {
			r.invalid(s, "has an entry that is neither a host nor host:port", "Write hosts separated by commas, without https:// and without a path.")
			continue
		}
		allow = append(allow, host)
	}
	if len(s.items) == 0 {
		r.invalid(s, "is set but names no host", "Write hosts separated by commas, or unset it.")
	}
	r.allow, r.result.Settings.AllowedHosts = allow, allow
}

// allowedHost returns host or host:port in lower case, a port also where it is the default.
func allowedHost(text string) (string, bool) {
	u, err := parseAddress(text, true)
	if err != nil || strings.ContainsAny(text, "/") {
		return "", false
	}
	if port := writtenPort(text); port == "443" {
		return u.Host + ":443", true
	}
	if u.Port() == "" {
		return u.Hostname(), true
	}
	return u.Host, true
}

// hostAllowed reports an address on a host that KEYFACTOR_ALLOWED_HOSTS does not name.
func (r *resolver) hostAllowed(s setting, u *url.URL) bool {
	if r.allow == nil || allows(r.allow, u) {
		return true
	}
	r.problem(r.kind(s.source, Invalid), r.path(s), "Invalid "+r.name(s.row), r.subject(s)+" names the host "+u.Host+
		", which KEYFACTOR_ALLOWED_HOSTS does not list. Nothing is sent to it. Name another host, or add this one to the variable.")
	return false
}

func allows(hosts []string, u *url.URL) bool {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	withPort := strings.TrimSuffix(u.Host, ":"+port) + ":" + port
	return slices.Contains(hosts, u.Hostname()) || slices.Contains(hosts, withPort)
}
