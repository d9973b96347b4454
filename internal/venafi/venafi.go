// Package venafi gets a token from vedauth, the authentication server of Venafi Trust Protection Platform (sold
// since as CyberArk Certificate Manager, Self-Hosted), by mutual TLS, and gives it back.
//
//	grant, err := venafi.Authorize(ctx, venafi.Config{URL: "tpp.example", ClientID: "MyApp", Scope: "certificate:manage", Certificate: pair})
//	defer grant.Revoke(ctx)
//
// vedauth often runs in a folder of IIS that asks for a client certificate only once it has read the URL: by TLS 1.2
// renegotiation. So the connections made here, and only here, are HTTP/1.1 (HTTP/2 forbids renegotiation, RFC 9113
// section 9.2.1) and allow it. TLS 1.3 has no renegotiation and Go does not offer its successor, post-handshake
// authentication; such a server then refuses without ever asking, and one second try is made with TLS 1.2.
//
// The package must not know Terraform, Command's API, or how a certificate file is read.
package venafi

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/secret"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
)

// Config says where to get a grant and as whom.
type Config struct {
	URL         string          // see [BaseURL]
	ClientID    string          // the API integration's id; its case matters
	Scope       string          // all or a part of the integration's scope, e.g. "certificate:discover,manage"
	Certificate tls.Certificate // the client certificate, its chain and its key

	// Transport is what the API's own transport is made with: CA, time-outs, retries, allowed hosts.
	// HTTP1Only and ConfigureTLS are set here.
	Transport transport.Options

	OnSecret func(...secret.String) // told of each token before anything can print it; may be nil
	Now      func() time.Time       // nil means time.Now

	// KeepGrants makes the authenticator built on this configuration leave its grants alive when it closes.
	KeepGrants bool
}

// Format prints the configuration without the certificate's key, whose type has no guard of its own.
func (c Config) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "vedauth %q as %q for %q", c.URL, c.ClientID, c.Scope)
}

// MarshalText serves the handlers of slog and encoding/json.
func (c Config) MarshalText() ([]byte, error) { return fmt.Append(nil, c), nil }

// Grant is a token and what came with it. It stays on the server until it ends or is revoked.
type Grant struct {
	AccessToken  secret.String
	RefreshToken secret.String // empty where the integration gives none
	TokenType    string        // "Bearer"
	Scope        string
	Identity     string    // prefixed universal name, e.g. "local:{guid}"
	ExpiresAt    time.Time // end of the access token, by the local monotonic clock; zero when unknown
	RefreshUntil time.Time // end of the grant, by the server's clock; zero when unknown

	client *Client
}

// Client talks to one vedauth. Its methods may be called side by side.
type Client struct {
	config Config
	base   string

	mu      sync.Mutex
	current *channel // the way that worked last
	closed  []*channel
}

// New checks the URL and returns a client that has not sent anything yet.
func New(c Config) (*Client, error) {
	base, err := BaseURL(c.URL)
	if err != nil {
		return nil, err
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	client := &Client{config: c, base: base}
	client.current = newChannel(c, 0)
	return client, nil
}

// Authorize gets a grant from a client of its own, which the grant keeps for [Grant.Revoke].
func Authorize(ctx context.Context, c Config) (Grant, error) {
	client, err := New(c)
	if err != nil {
		return Grant{}, err
	}
	defer client.CloseIdleConnections()
	return client.Authorize(ctx)
}

// CloseIdleConnections closes the connections that no request is using. The client stays usable.
func (c *Client) CloseIdleConnections() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.current.transport.CloseIdleConnections()
	for _, old := range c.closed {
		old.transport.CloseIdleConnections()
	}
}

func (c *Client) channel() *channel {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current
}

// use makes ch the way that later requests go.
func (c *Client) use(ch *channel) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current != ch {
		c.closed = append(c.closed, c.current)
		c.current = ch
	}
}

// channel is a transport that remembers whether and how the server asked for the client certificate.
type channel struct {
	transport    *transport.Transport
	maxVersion   uint16 // 0: whatever both sides have
	asked        atomic.Bool
	renegotiated atomic.Bool // asked after the handshake that opened the connection
}

// requestKey marks the contexts of our requests. crypto/tls hands the context of the dialling request to the first
// handshake, and a bare one to a renegotiation.
type requestKey struct{}

func newChannel(c Config, maxVersion uint16) *channel {
	ch := &channel{maxVersion: maxVersion}
	o := c.Transport
	o.HTTP1Only = true
	o.ConfigureTLS = func(t *tls.Config) {
		t.MaxVersion = maxVersion
		// Freely, not once: IIS and httpd ask again on a kept connection after a request elsewhere.
		t.Renegotiation = tls.RenegotiateFreelyAsClient
		// Not Certificates, which sends nothing when the server's list of issuers lacks ours: an answer that names
		// the certificate as the cause is better than a handshake failure.
		t.GetClientCertificate = func(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
			ch.asked.Store(true)
			if info.Context().Value(requestKey{}) == nil {
				ch.renegotiated.Store(true)
			}
			return &c.Certificate, nil
		}
	}
	ch.transport = transport.New(o)
	return ch
}

var (
	errURL     = errors.New("the vedauth URL is not a host, host:port or https URL")
	errPrivate = errors.New("the vedauth URL must not hold user information, a query or a fragment")
	errScheme  = errors.New("the vedauth URL must be https; http is taken on a loopback address only")
)

// BaseURL returns https://host[:port][/prefix]/vedauth for a host, host:port or https URL, with or without /vedauth
// or /vedsdk at its end, in any case, with or without a slash behind it. http is taken on a loopback address only.
// Errors never repeat the text.
func BaseURL(text string) (string, error) {
	text = strings.TrimSpace(text)
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Opaque != "" {
		return "", errURL
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(text, "#") {
		return "", errPrivate
	}
	u.Scheme = strings.ToLower(u.Scheme)
	if u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
		return "", errScheme
	}
	path := strings.TrimRight(u.Path, "/")
	last := path[strings.LastIndex(path, "/")+1:]
	if strings.EqualFold(last, "vedauth") || strings.EqualFold(last, "vedsdk") {
		path = strings.TrimRight(strings.TrimSuffix(path, last), "/")
	}
	clean := url.URL{Scheme: u.Scheme, Host: u.Host, Path: path + "/vedauth"}
	return clean.String(), nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
