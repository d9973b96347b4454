package simulator

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// IDPOptions are the knobs of the identity provider.
type IDPOptions struct {
	// RefusedClients are client ids answered with unauthorized_client.
	RefusedClients []string
	// HTML answers every token request with an HTML page and this status; 0 is off.
	HTML int
	// Latency is waited before each answer.
	Latency time.Duration
	// NoExpiresIn leaves expires_in out of the answer, as RFC 6749 section 5.1 allows.
	NoExpiresIn bool
	// HeaderOnly and BodyOnly take the client's credentials in one place only.
	HeaderOnly, BodyOnly bool
	// EchoRequest puts the client's credentials into error_description, as careless servers do.
	EchoRequest bool
	// RequiredScope and RequiredAudience, when set, must be among those requested.
	RequiredScope, RequiredAudience string
}

// tokens are the bearer tokens that the identity provider issued and has not ended.
type tokens struct {
	mu   sync.Mutex
	live map[string]token
	dead bool // the static token was revoked
}

type token struct {
	account *Account
	ends    time.Time
}

func (s *Simulator) accountByToken(value string) *Account {
	if a := s.accountByGrant(value); a != nil {
		return a
	}
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	if value == s.static && !s.tokens.dead {
		return s.first()
	}
	t, ok := s.tokens.live[value]
	if !ok || !s.o.Now().Before(t.ends) {
		return nil
	}
	return t.account
}

// first is the seeded account that may do everything.
func (s *Simulator) first() *Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accounts[0]
}

// EndTokens ends all tokens of the identity provider early; Command answers 401 to them. New ones can be had.
func (s *Simulator) EndTokens() {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	s.tokens.live = nil
}

// RevokeTokens ends all tokens, AccessToken and those of vedauth included.
func (s *Simulator) RevokeTokens() {
	s.EndTokens()
	s.endGrants()
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	s.tokens.dead = true
}

// LiveTokens is the number of tokens of the identity provider that Command would take now.
func (s *Simulator) LiveTokens() int {
	s.tokens.mu.Lock()
	defer s.tokens.mu.Unlock()
	n := 0
	for _, t := range s.tokens.live {
		if s.o.Now().Before(t.ends) {
			n++
		}
	}
	return n
}

func (s *Simulator) idpHandler() http.Handler {
	return s.journaled("idp", func(c *call) {
		c.pause(c.o.IDP.Latency)
		switch {
		case c.r.URL.Path != tokenPath:
			c.send(http.StatusNotFound, "text/html", []byte(notFoundPage))
		case c.r.Method != http.MethodPost:
			c.send(http.StatusMethodNotAllowed, "", nil)
		case c.o.IDP.HTML != 0:
			c.send(c.o.IDP.HTML, "text/html", []byte(signInPage))
		default:
			c.token()
		}
	})
}

// credentials are what a token request proves the client with.
type credentials struct {
	id, secret string
	place      string // header or body
}

// token is the token endpoint (RFC 6749 section 4.3 and 4.4).
func (c *call) token() {
	form, err := url.ParseQuery(string(c.body))
	if err != nil || !strings.HasPrefix(c.r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		c.oauthError(http.StatusBadRequest, "invalid_request", "The body is not a form.")
		return
	}
	grant := form.Get("grant_type")
	c.fact("grant_type", grant)
	c.fact("scope", form.Get("scope"))
	c.fact("audience", form.Get("audience"))
	client, ok := c.clientCredentials(form)
	if !ok {
		return
	}
	account := c.s.accountByClient(client.id, client.secret)
	if account == nil {
		description := "Invalid client or Invalid client credentials"
		if c.o.IDP.EchoRequest {
			description += ": " + client.id + ":" + client.secret + " " + string(c.body)
		}
		c.w.Header().Set("WWW-Authenticate", `Basic realm="Keyfactor"`)
		c.oauthError(http.StatusUnauthorized, "invalid_client", description)
		return
	}
	if !c.grantAllowed(client.id, form) {
		return
	}
	switch grant {
	case "client_credentials":
	case "password":
		if account = c.s.accountByPassword(form.Get("username"), form.Get("password")); account == nil {
			c.oauthError(http.StatusBadRequest, "invalid_grant", "Invalid user credentials")
			return
		}
	case "":
		c.oauthError(http.StatusBadRequest, "invalid_request", "Missing form parameter: grant_type")
		return
	default:
		c.oauthError(http.StatusBadRequest, "unsupported_grant_type", "Unsupported grant_type")
		return
	}
	c.caller(account)
	c.issue(account, form.Get("scope"))
}

// clientCredentials takes them from the header, form-url-decoded (RFC 6749 section 2.3.1), or from the body.
func (c *call) clientCredentials(form url.Values) (credentials, bool) {
	client := credentials{form.Get("client_id"), form.Get("client_secret"), "body"}
	if header := c.r.Header.Get("Authorization"); header != "" {
		if client.secret != "" {
			c.oauthError(http.StatusBadRequest, "invalid_request", "More than one way of client authentication was used.")
			return client, false
		}
		kind, value, _ := strings.Cut(header, " ")
		raw, err := base64.StdEncoding.DecodeString(value)
		id, secret, ok := strings.Cut(string(raw), ":")
		id, idErr := url.QueryUnescape(id)
		secret, secretErr := url.QueryUnescape(secret)
		if !strings.EqualFold(kind, "Basic") || err != nil || !ok || idErr != nil || secretErr != nil {
			c.oauthError(http.StatusUnauthorized, "invalid_client", "The Authorization header is malformed.")
			return client, false
		}
		client = credentials{id, secret, "header"}
	}
	c.fact("client_id", client.id)
	c.fact("credentials", client.place)
	if (c.o.IDP.HeaderOnly && client.place == "body") || (c.o.IDP.BodyOnly && client.place == "header") {
		c.oauthError(http.StatusUnauthorized, "invalid_client", "Client authentication with this method is not allowed.")
		return client, false
	}
	return client, true
}

func (c *call) grantAllowed(client string, form url.Values) bool {
	for _, refused := range c.o.IDP.RefusedClients {
		if refused == client {
			c.oauthError(http.StatusBadRequest, "unauthorized_client", "Client not enabled to retrieve service account")
			return false
		}
	}
	if want := c.o.IDP.RequiredScope; want != "" && !strings.Contains(" "+form.Get("scope")+" ", " "+want+" ") {
		c.oauthError(http.StatusBadRequest, "invalid_scope", "Invalid scopes: "+form.Get("scope"))
		return false
	}
	if want := c.o.IDP.RequiredAudience; want != "" && form.Get("audience") != want {
		c.oauthError(http.StatusBadRequest, "invalid_request", "Audience not found")
		return false
	}
	return true
}

func (c *call) issue(account *Account, scope string) {
	value := random("idp-")
	c.s.tokens.mu.Lock()
	if c.s.tokens.live == nil {
		c.s.tokens.live = map[string]token{}
	}
	c.s.tokens.live[value] = token{account: account, ends: c.s.o.Now().Add(c.o.TokenLifetime)}
	c.s.tokens.mu.Unlock()
	answer := map[string]any{"access_token": value, "token_type": "Bearer"}
	if !c.o.IDP.NoExpiresIn {
		answer["expires_in"] = int(c.o.TokenLifetime / time.Second)
	}
	if scope != "" {
		answer["scope"] = scope
	}
	body, _ := json.Marshal(answer) // text and numbers always marshal
	c.w.Header().Set("Cache-Control", "no-store")
	c.send(http.StatusOK, "application/json", body)
}

// oauthError is the error body of RFC 6749 section 5.2.
func (c *call) oauthError(status int, code, description string) {
	body, _ := json.Marshal(map[string]string{"error": code, "error_description": description})
	c.w.Header().Set("Cache-Control", "no-store")
	c.send(status, "application/json", body)
}

const signInPage = `<!DOCTYPE html><html><head><title>Sign in to Keyfactor</title></head><body>
<form action="/login"><input name="username"><input name="password" type="password"></form></body></html>`
