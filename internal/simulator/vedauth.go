package simulator

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// VedauthClientID is the API integration that vedauth knows when VedauthOptions.Integrations is empty.
const VedauthClientID = "MyApp"

// VedauthScope is that integration's scope: all or a part of it may be asked for.
const VedauthScope = "certificate:approve,delete,discover,manage,revoke;configuration:manage;security:manage"

// VedauthOptions are the knobs of the Venafi authentication server.
type VedauthOptions struct {
	// ClientCertificates says when a client certificate is asked for.
	ClientCertificates ClientCertificates
	// MaxTLS is the highest version of TLS, e.g. tls.VersionTLS12; 0 means 1.3.
	MaxTLS uint16
	// Integrations are the registered API integrations: client id (case sensitive) to scope.
	Integrations map[string]string
	// RefusedUsers are common names whose certificate is taken and who may not use any integration.
	RefusedUsers []string
	// AccessLifetime of access tokens, 0 means 90 days; GrantLifetime of the grant, 0 means 365 days.
	AccessLifetime, GrantLifetime time.Duration
	// NoRefreshToken, NoExpiresIn, NoExpires and NoRefreshUntil leave those members out.
	NoRefreshToken, NoExpiresIn, NoExpires, NoRefreshUntil bool
	// ReasonOnly says errors in the HTTP reason phrase only, with an empty body.
	ReasonOnly bool
	// EchoRequest puts the request's body into error_description, as careless servers do.
	EchoRequest bool
	// ClockOffset shifts this server's clock: its Date header and every time that it answers.
	ClockOffset time.Duration
	// Latency is waited before each answer.
	Latency time.Duration
	// TokensRefused makes Command answer 401 to vedauth's tokens.
	TokensRefused bool
	// RevokeFails answers 202 "[token] not found" to every revocation and revokes nothing.
	RevokeFails bool
}

// ClientCertificates says when vedauth asks for a client certificate.
type ClientCertificates int

const (
	// Demanded refuses the handshake without a certificate of the simulator's authority.
	Demanded ClientCertificates = iota
	// Requested asks for one and answers 401 where it is missing or of another authority.
	Requested
	// NeverAsked does not ask, as a server that would ask only after it has read the URL; the answer is 401.
	NeverAsked
)

func (o VedauthOptions) integration(id string) (scope string, ok bool) {
	if len(o.Integrations) == 0 {
		return VedauthScope, id == VedauthClientID
	}
	scope, ok = o.Integrations[id]
	return scope, ok
}

func (o VedauthOptions) accessLifetime() time.Duration {
	if o.AccessLifetime == 0 {
		return 90*24*time.Hour - time.Second
	}
	return o.AccessLifetime
}

func (o VedauthOptions) grantLifetime() time.Duration {
	if o.GrantLifetime == 0 {
		return 365*24*time.Hour - time.Second
	}
	return o.GrantLifetime
}

// demandClientCertificate prepares the listener.
func (s *Simulator) demandClientCertificate(config *tls.Config) {
	pool := x509.NewCertPool()
	pool.AddCert(s.ca.certificate)
	config.ClientCAs = pool
	config.MaxVersion = s.o.Vedauth.MaxTLS
	switch s.o.Vedauth.ClientCertificates {
	case Demanded:
		config.ClientAuth = tls.RequireAndVerifyClientCert
	case Requested:
		config.ClientAuth = tls.RequestClientCert
	case NeverAsked:
		config.ClientAuth = tls.NoClientCert
	}
}

// vedauthHandler takes paths in any case (IIS) and names in JSON as they are written (the vendor's page says so).
func (s *Simulator) vedauthHandler() http.Handler {
	return s.journaled("vedauth", func(c *call) {
		c.pause(c.o.Vedauth.Latency)
		c.w.Header().Set("Date", c.vedauthNow().UTC().Format(http.TimeFormat))
		handle, ok := vedauthRoutes[c.r.Method+" "+strings.ToLower(strings.TrimRight(c.r.URL.Path, "/"))]
		if !ok {
			c.send(http.StatusNotFound, "text/html", []byte(notFoundPage))
			return
		}
		handle(c)
	})
}

// vedauthRoutes are the operations of vedauth, by method and path.
var vedauthRoutes = map[string]func(*call){
	"POST /vedauth/authorize/certificate": (*call).authorizeCertificate,
	"POST /vedauth/authorize/token":       (*call).refresh,
	"GET /vedauth/authorize/verify":       (*call).verify,
	"GET /vedauth/revoke/token":           (*call).revokeGrant,
	"GET /vedauth/authorize/isauthserver": (*call).isAuthServer,
}

func (c *call) isAuthServer() { c.reason(http.StatusAccepted, "Venafi Authentication Server", nil) }

func (c *call) vedauthNow() time.Time { return c.s.o.Now().Add(c.o.Vedauth.ClockOffset) }

// members reads a JSON object whose names count in their exact case.
func (c *call) members() (map[string]string, bool) {
	var all map[string]any
	if !strings.HasPrefix(c.r.Header.Get("Content-Type"), "application/json") || json.Unmarshal(c.body, &all) != nil {
		c.vedauthError(http.StatusBadRequest, "invalid_request", "The request body is not JSON.")
		return nil, false
	}
	out := map[string]string{}
	for k, v := range all {
		if text, ok := v.(string); ok {
			out[k] = text
		}
	}
	c.fact("client_id", out["client_id"])
	c.fact("scope", out["scope"])
	return out, true
}

// clientCertificate is the caller's certificate if it is of our authority; on failure the answer has been sent.
func (c *call) clientCertificate() (*x509.Certificate, bool) {
	if len(c.r.TLS.PeerCertificates) == 0 {
		c.vedauthError(http.StatusUnauthorized, "invalid_client", "No client certificate was presented.")
		return nil, false
	}
	leaf := c.r.TLS.PeerCertificates[0]
	pool := x509.NewCertPool()
	pool.AddCert(c.s.ca.certificate)
	_, err := leaf.Verify(x509.VerifyOptions{Roots: pool, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	if err != nil {
		c.vedauthError(http.StatusUnauthorized, "invalid_client", "The client certificate is not trusted.")
		return nil, false
	}
	c.fact("certificate", leaf.Subject.CommonName)
	return leaf, true
}

// authorizeCertificate is POST authorize/certificate: mutual TLS to a token.
func (c *call) authorizeCertificate() {
	leaf, ok := c.clientCertificate()
	if !ok {
		return
	}
	request, ok := c.members()
	if !ok {
		return
	}
	id, scope := request["client_id"], request["scope"]
	allowed, known := c.o.Vedauth.integration(id)
	switch {
	case id == "" || scope == "":
		c.vedauthError(http.StatusBadRequest, "invalid_request", "client_id and scope are required.")
	case !known:
		c.vedauthError(http.StatusBadRequest, "invalid_client", "The application '"+id+"' is not registered.")
	case !withinScope(scope, allowed):
		c.vedauthError(http.StatusBadRequest, "invalid_scope", "The scope is not a part of the application's scope.")
	case slices.Contains(c.o.Vedauth.RefusedUsers, leaf.Subject.CommonName):
		c.vedauthError(http.StatusBadRequest, "unauthorized_client", "User is not authorized to use application '"+id+"'")
	default:
		g := &grant{
			identity: "local:{" + guid("identity "+leaf.Subject.CommonName) + "}", client: id, scope: scope,
			issued: c.vedauthNow(), ends: c.vedauthNow().Add(c.o.Vedauth.grantLifetime()),
		}
		c.grant(g)
	}
}

// withinScope tells whether each scope:privilege asked for is among those allowed.
func withinScope(asked, allowed string) bool {
	have := scopes(allowed)
	for scope, privileges := range scopes(asked) {
		for _, p := range privileges {
			if !slices.Contains(have[scope], p) {
				return false
			}
		}
		if _, ok := have[scope]; !ok {
			return false
		}
	}
	return true
}

// scopes reads "certificate:discover,manage;configuration" into scope and privileges, case and spacing aside.
func scopes(text string) map[string][]string {
	out := map[string][]string{}
	for _, one := range strings.Split(strings.ToLower(text), ";") {
		scope, list, _ := strings.Cut(one, ":")
		scope = strings.TrimSpace(scope)
		if scope == "" {
			continue
		}
		out[scope] = append(out[scope], []string{}...)
		for _, p := range strings.Split(list, ",") {
			if p = strings.TrimSpace(p); p != "" {
				out[scope] = append(out[scope], p)
			}
		}
	}
	return out
}

// refresh is POST authorize/token: a refresh token is good for one use.
func (c *call) refresh() {
	request, ok := c.members()
	if !ok {
		return
	}
	g := c.s.takeRefresh(request["refresh_token"], c.vedauthNow())
	switch {
	case g == nil:
		c.vedauthError(http.StatusBadRequest, "invalid_grant",
			"Grant has been revoked, has expired, or the refresh token is invalid")
	case g.client != request["client_id"]:
		c.vedauthError(http.StatusBadRequest, "invalid_grant", "The client_id value being requested with the refresh "+
			"token does not match the client_id of the access token making the call")
	default:
		c.grant(g)
	}
}

// grant answers with a new access token, and a new refresh token, of a grant.
func (c *call) grant(g *grant) {
	o := c.o.Vedauth
	ends := c.vedauthNow().Add(o.accessLifetime())
	access, refresh := opaque(), opaque()
	if o.NoRefreshToken {
		refresh = ""
	}
	c.s.saveGrant(g, access, refresh, ends)
	answer := map[string]any{
		"access_token": access, "token_type": "Bearer", "scope": g.scope, "identity": g.identity,
	}
	if !o.NoRefreshToken {
		answer["refresh_token"] = refresh
	}
	if !o.NoExpires {
		answer["expires"] = ends.Unix()
	}
	if !o.NoExpiresIn {
		answer["expires_in"] = int64(o.accessLifetime() / time.Second)
	}
	if !o.NoRefreshUntil {
		answer["refresh_until"] = g.ends.Unix()
	}
	c.fact("identity", g.identity)
	c.vedauthJSON(http.StatusOK, "", answer)
}

// opaque is a token as vedauth's are: 24 characters, base64 of 16 octets.
func opaque() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return base64.StdEncoding.EncodeToString(b[:])
}

func (c *call) bearer() string {
	kind, value, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(kind, "Bearer") {
		return ""
	}
	return strings.TrimSpace(value)
}

// verify is GET authorize/verify; its "expires" is the end of the grant, not of the token.
func (c *call) verify() {
	g, ends := c.s.findGrant(c.bearer(), c.vedauthNow())
	if g == nil {
		c.vedauthError(http.StatusUnauthorized, "invalid_token", "Grant not found")
		return
	}
	dotNet := func(t time.Time) string { return fmt.Sprintf("/Date(%d)/", t.UnixMilli()) }
	c.vedauthJSON(http.StatusOK, "Token is valid", map[string]any{
		"identity": g.identity, "scope": g.scope, "application": g.client,
		"valid_for":        int64(ends.Sub(c.vedauthNow()) / time.Second),
		"access_issued_on": dotNet(g.access), "access_issued_on_ISO8601": g.access.UTC().Format(time.RFC3339),
		"access_issued_on_unix_time": g.access.Unix(),
		"grant_issued_on":            dotNet(g.issued), "grant_issued_on_ISO8601": g.issued.UTC().Format(time.RFC3339),
		"grant_issued_on_unix_time": g.issued.Unix(),
		"expires":                   dotNet(g.ends), "expires_ISO8601": g.ends.UTC().Format(time.RFC3339),
		"expires_unix_time": g.ends.Unix(),
	})
}

// revokeGrant is GET revoke/token: it ends the whole grant; 202 where there is none.
func (c *call) revokeGrant() {
	g, _ := c.s.findGrant(c.bearer(), c.vedauthNow())
	if g == nil || c.o.Vedauth.RevokeFails {
		c.reason(http.StatusAccepted, "[token] not found", nil)
		return
	}
	c.s.removeGrant(g)
	c.reason(http.StatusOK,
		fmt.Sprintf("Grant for identity [%s] with scope [%s] has been revoked", g.identity, g.scope), []byte("{}"))
}

func (c *call) vedauthError(status int, code, description string) {
	if c.o.Vedauth.EchoRequest {
		description += " " + string(c.body) + " " + c.r.Header.Get("Authorization")
	}
	if c.o.Vedauth.ReasonOnly {
		c.reason(status, description, nil)
		return
	}
	c.vedauthJSON(status, "", map[string]any{"error": code, "error_description": description})
}

func (c *call) vedauthJSON(status int, reason string, v any) {
	body, _ := json.Marshal(v) // text and numbers always marshal
	if reason == "" {
		c.send(status, "application/json", body)
		return
	}
	c.reason(status, reason, body)
}
