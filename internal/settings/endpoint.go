package settings

import (
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// defaultAPIPath is where Command's API is when nothing else is said; the vendor's tools have the same default.
const defaultAPIPath = "/KeyfactorAPI"

const endpointForms = "Write a host, host:port or an https URL, with or without the API path."

// Why an address is refused, as the end of a sentence. None repeats the address: it may hold a password.
var (
	errEmpty     = errors.New("is empty")
	errUserInfo  = errors.New("has user information before the host, which is not taken from an address")
	errQuery     = errors.New("has a query or a fragment, which an address must not have here")
	errScheme    = errors.New("is not an https address; http:// is taken only with a loopback address such as http://127.0.0.1:8080")
	errNoScheme  = errors.New("is not a URL that starts with https://")
	errNotURL    = errors.New("is not a valid address")
	errHost      = errors.New("has no valid host name or IP address; write a name in other than ASCII letters in its xn-- form")
	errPort      = errors.New("has a port that is not a number from 1 to 65535")
	errTwoPorts  = errors.New("has two different ports")
	errPathParts = errors.New("has a path with . or .. in it")
	errTwoURLs   = errors.New("has another address in its path")
)

// endpoint resolves the address of Command's API.
func (r *resolver) endpoint() {
	row := rowOf("endpoint")
	var s setting
	var address *url.URL
	var err error
	switch v := r.value(row); v.State {
	case Unknown:
		r.unknown("endpoint")
		return
	case Known:
		s = setting{row: row, state: Known, text: v.Text, source: Source{Configuration, "endpoint"}}
		address, err = parseAddress(v.Text, true)
	default:
		s, address, err = r.endpointBelow(row)
	}
	switch {
	case err != nil:
		r.invalid(s, err.Error(), endpointForms)
		return
	case address == nil:
		r.noEndpoint()
		return
	}
	if !r.ownHost(s, address) || !r.hostAllowed(s, address) {
		return
	}
	if address = tidy(address); address.Path == "" {
		address.Path = defaultAPIPath
	}
	r.result.Settings.Endpoint = address.String()
	r.result.Settings.Sources["endpoint"] = s.source
}

// endpointBelow returns the endpoint of the environment, else of the file. The address is nil where neither has one.
func (r *resolver) endpointBelow(row Row) (setting, *url.URL, error) {
	if r.environmentCounts(row) {
		switch s := r.environmentEndpoint(); {
		case s.state != Known:
		case s.source.Name == "KEYFACTOR_ENDPOINT":
			address, err := parseAddress(s.text, true)
			return s, address, err
		default:
			port, _ := r.env.lookup("KEYFACTOR_PORT")
			path, _ := r.env.lookup("KEYFACTOR_API_PATH")
			address, err := compose(s.text, port, path)
			return s, address, err
		}
	}
	s := r.fromFile(row)
	if s.state != Known {
		return s, nil, nil
	}
	address, err := r.fileAddress()
	return s, address, err
}

// environmentEndpoint returns KEYFACTOR_ENDPOINT, else KEYFACTOR_HOSTNAME with the names of those set beside it.
func (r *resolver) environmentEndpoint() setting {
	row := rowOf("endpoint")
	if text, ok := r.env.lookup(row.Env[0]); ok {
		return setting{row: row, state: Known, text: text, source: Source{FromEnvironment, row.Env[0]}}
	}
	host, ok := r.env.lookup(row.Env[1])
	if !ok {
		return setting{row: row}
	}
	names := row.Env[1:2:2]
	for _, name := range row.Env[2:] {
		if _, ok := r.env.lookup(name); ok {
			names = append(names, name)
		}
	}
	return setting{row: row, state: Known, text: host, source: Source{FromEnvironment, strings.Join(names, ", ")}}
}

func (r *resolver) fileAddress() (*url.URL, error) {
	entries := r.file.entries
	return compose(entries["host"].text, entries["port"].text, entries["api_path"].text)
}

// ownHost refuses an endpoint beside a file of the configuration that is for another host: the file's credentials go to
// its own host only.
func (r *resolver) ownHost(s setting, address *url.URL) bool {
	if !r.named || r.file == nil || s.source.Kind != Configuration {
		return true
	}
	host := r.fromFile(s.row)
	if host.state != Known {
		return true
	}
	own, err := r.fileAddress()
	switch {
	case err != nil:
		r.invalid(host, err.Error(), endpointForms)
		return false
	case own.Host != address.Host:
		r.problem(Conflicting, "endpoint", "Conflicting endpoint",
			"The argument endpoint names another host than "+r.file.String()+", which is named by "+r.fileArgument()+", and the credentials of a file go to its own host only. Take out endpoint, or "+r.fileArgument()+".")
		return false
	}
	return true
}

func (r *resolver) noEndpoint() {
	if r.blind || r.failed {
		return
	}
	detail := "Nothing names the address of Keyfactor Command's API. "
	switch {
	case r.named:
		detail += "Add host to " + r.file.String() + ", or write endpoint in the provider block. The environment is not read for it because " + r.fileArgument() + " is written."
	case r.file != nil:
		detail += "Write endpoint in the provider block, or set KEYFACTOR_ENDPOINT or KEYFACTOR_HOSTNAME, or add host to " + r.file.String() + "."
	default:
		detail += "Write endpoint in the provider block, or set KEYFACTOR_ENDPOINT or KEYFACTOR_HOSTNAME."
	}
	r.problem(Missing, "endpoint", "Missing endpoint", detail)
}

// parseAddress reads a URL, or where bare is set also host, host:port and either with a path. The result has a lower
// case host and no default port; the path is as it was written.
func parseAddress(text string, bare bool) (*url.URL, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return nil, errEmpty
	case strings.Contains(text, "://"):
	case !bare:
		return nil, errNoScheme
	default:
		text = "https://" + bracketed(text)
	}
	if strings.Contains(text, "#") { // also an empty fragment, which url.URL does not show
		return nil, errQuery
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, errNotURL // url.Error repeats the address
	}
	if err := check(u); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(strings.Split(u.Path, "/"), func(part string) bool { return part == "." || part == ".." }) {
		return nil, errPathParts
	}
	if strings.Contains(u.Path, "://") { // which may have user information of its own
		return nil, errTwoURLs
	}
	u.Host = normalHost(u)
	return u, nil
}

// tidy drops repeated and trailing slashes from the path.
func tidy(u *url.URL) *url.URL {
	u = u.JoinPath()
	u.Path, u.RawPath = strings.TrimRight(u.Path, "/"), strings.TrimRight(u.RawPath, "/")
	return u
}

// check refuses what an address must not have.
func check(u *url.URL) error {
	switch {
	case u.User != nil:
		return errUserInfo
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return errQuery
	case u.Opaque != "" || !validHost(u.Hostname()):
		return errHost
	case !validPort(u):
		return errPort
	case u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname()):
		return nil
	default:
		return errScheme
	}
}

// bracketed puts a bare IPv6 address into brackets.
func bracketed(text string) string {
	if address, err := netip.ParseAddr(text); err == nil && address.Is6() {
		return "[" + text + "]"
	}
	return text
}

// loopback tells whether a host is a loopback address. A name is none, not even localhost: what it stands for is up to
// the resolver.
func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return err == nil && address.Unmap().IsLoopback()
}

// validHost takes IP addresses and the host names that occur: RFC 1123 section 2.1, and the underscore that Windows
// allows.
func validHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	if len(host) > 253 {
		return false
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(host, "."), ".") {
		if label == "" || strings.Trim(label, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
			return false
		}
	}
	return true
}

func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	return portNumber(u.Port())
}

func portNumber(text string) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port > 0
}

// normalHost returns the host in lower case, without the scheme's default port.
func normalHost(u *url.URL) string {
	host := strings.ToLower(u.Host)
	defaultPort := map[string]string{"https": ":443", "http": ":80"}[u.Scheme]
	return strings.TrimSuffix(host, defaultPort)
}

// compose makes the address of what the vendor's tools call host name, port and API path. As there, a scheme and a path
// in the host name are dropped, the scheme is always https, and the port 443 does not contradict a port in the host name.
func compose(hostname, port, apiPath string) (*url.URL, error) {
	hostname = strings.TrimSpace(hostname)
	if _, rest, ok := strings.Cut(hostname, "://"); ok {
		hostname = rest
	}
	if strings.ContainsAny(hostname, "?#") {
		return nil, errQuery
	}
	hostname, _, _ = strings.Cut(hostname, "/")
	u, err := parseAddress(hostname, true)
	if err != nil {
		return nil, err
	}
	own := writtenPort(hostname)
	switch port = strings.TrimSpace(port); {
	case port == "" || port == "443" || port == own:
	case own != "":
		return nil, errTwoPorts
	case !portNumber(port):
		return nil, errPort
	default:
		u.Host += ":" + port
	}
	apiPath = strings.Trim(apiPath, "/ \t\r\n")
	if apiPath == "" {
		return u, nil
	}
	return parseAddress(u.String()+"/"+apiPath, false)
}

// writtenPort returns the port in a valid host[:port], the default port too.
func writtenPort(host string) string {
	u, err := url.Parse("https://" + bracketed(host))
	if err != nil {
		return ""
	}
	return u.Port()
}
