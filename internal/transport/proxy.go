package transport

import (
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpproxy"
)

// proxyOf returns which proxy a request goes through. It is not http.ProxyFromEnvironment, which reads the environment
// once in the life of a process. An address that cannot be read is an error for every request that would go through
// that proxy: httpproxy would connect directly.
func proxyOf(c *httpproxy.Config) func(*http.Request) (*url.URL, error) {
	broken := map[string]bool{"https": !readable(c.HTTPSProxy), "http": !readable(c.HTTPProxy)}
	const some = "http://proxy.invalid" // asked for nothing but whether NO_PROXY takes a host out
	if broken["https"] {
		c.HTTPSProxy = some
	}
	if broken["http"] {
		c.HTTPProxy = some
	}
	proxy := c.ProxyFunc()
	return func(req *http.Request) (*url.URL, error) {
		u, err := proxy(req.URL)
		if u != nil && broken[req.URL.Scheme] {
			return nil, &ProxyError{Err: errProxyAddress}
		}
		return u, err
	}
}

// readable tells whether an address is one of a proxy. What is behind the host is the rest of a password that was
// written with a / ? or # in it.
func readable(address string) bool {
	if address == "" {
		return true
	}
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	return err == nil && u.Hostname() != "" && strings.Trim(u.Path, "/") == "" && u.RawQuery == "" && u.Fragment == ""
}

// nameProxy completes an error about a proxy that did not answer.
func (t *Transport) nameProxy(req *http.Request, e *ProxyError) {
	if u, err := t.proxy(req); err == nil && u != nil && e.Status == 0 {
		e.Host = u.Host
	}
}
