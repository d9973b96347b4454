package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/secret"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
)

// Values of [OAuthConfig].
const (
	GrantClientCredentials = "client_credentials"
	GrantPassword          = "password"
	ClientInBody           = "body"
	ClientInHeader         = "header"
)

// OAuthConfig says how to get a token from an identity provider (RFC 6749 sections 4.3 and 4.4).
type OAuthConfig struct {
	TokenURL     string
	ClientID     string
	ClientSecret secret.String
	Scopes       []string
	Audience     string        // the form field "audience", left out when empty
	GrantType    string        // GrantClientCredentials, also when empty, or GrantPassword
	Username     string        // for GrantPassword
	Password     secret.String // for GrantPassword

	// ClientAuthentication is ClientInBody, also when empty, as the vendor documents, or ClientInHeader. It is never
	// found out by trying: a wrong try is a refused login.
	ClientAuthentication string

	OnSecret func(...secret.String) // told of each token before anything can print it; may be nil
	Now      func() time.Time       // nil means time.Now
}

type oauth struct {
	*session
	tokens *tokens
}

// NewOAuth returns an authenticator that gets its tokens from an identity provider, over the transport of the API.
func NewOAuth(c OAuthConfig, base *transport.Transport, origin Origin) Authenticator {
	if c.Now == nil {
		c.Now = time.Now
	}
	fetch := &fetcher{config: c, client: base.Client(func(next http.RoundTripper) http.RoundTripper { return tokenAnswers{next} }), origin: origin}
	source := &tokens{fetch: fetch.token, now: c.Now}
	return &oauth{
		session: &session{mode: ModeOAuth, origin: origin, source: source, renewable: true},
		tokens:  source,
	}
}

func (o *oauth) Token(ctx context.Context) (Token, error) {
	got, _, err := o.tokens.get(ctx, nil)
	if err != nil {
		return Token{}, err
	}
	return got.token, nil
}

// Close ends a fetch that is under way: the identity provider keeps nothing that would have to be given back.
func (o *oauth) Close(ctx context.Context) error {
	o.tokens.close(ctx)
	return nil
}

type fetcher struct {
	config OAuthConfig
	client *http.Client
	origin Origin
}

// token makes one token request. The context brings our own client, for x/oauth2's has neither time-out nor CA.
func (f *fetcher) token(ctx context.Context) (Token, error) {
	began := f.config.Now()
	ctx = context.WithValue(transport.Repeatable(ctx), oauth2.HTTPClient, f.client)
	got, err := f.flow().Token(ctx)
	if err != nil {
		return Token{}, f.explain(err)
	}
	// Whatever the provider calls its tokens (some say "BearerToken"), Bearer is how they are sent.
	token := Token{AccessToken: secret.String(strings.TrimSpace(got.AccessToken)), Type: "Bearer"}
	if f.config.OnSecret != nil {
		f.config.OnSecret(token.AccessToken, secret.String(got.RefreshToken))
	}
	if !carriable(token.AccessToken.Reveal()) {
		e := f.refusal()
		e.Description = "The access_token in the answer has a character in it that a header cannot carry."
		return Token{}, e
	}
	// x/oauth2 counts expires_in from when the answer was read; a token is safer counted from before the request.
	if lifetime := time.Until(got.Expiry).Round(time.Second); !got.Expiry.IsZero() && lifetime > 0 {
		token.ExpiresAt = began.Add(lifetime)
	}
	return token, nil
}

// flow is the client credentials flow. The password grant is the same request with three more fields, of which
// x/oauth2's own function for it knows no audience.
func (f *fetcher) flow() *clientcredentials.Config {
	c := f.config
	params := url.Values{}
	if c.Audience != "" {
		params.Set("audience", c.Audience)
	}
	if c.GrantType == GrantPassword {
		params.Set("grant_type", GrantPassword)
		params.Set("username", c.Username)
		params.Set("password", c.Password.Reveal())
	}
	style := oauth2.AuthStyleInParams
	if c.ClientAuthentication == ClientInHeader {
		style = oauth2.AuthStyleInHeader
	}
	return &clientcredentials.Config{
		ClientID: c.ClientID, ClientSecret: c.ClientSecret.Reveal(), TokenURL: c.TokenURL,
		Scopes: c.Scopes, EndpointParams: params, AuthStyle: style,
	}
}

// explain keeps what is known of a failed token request and nothing of its text: the message of x/oauth2's error is
// the raw answer.
func (f *fetcher) explain(err error) error {
	var failed *transport.Error
	if errors.As(err, &failed) {
		return fmt.Errorf("fetching a token: %w", failed)
	}
	e := f.refusal()
	var answered *oauth2.RetrieveError
	if !errors.As(err, &answered) || answered.Response == nil {
		e.Description = "The answer is not a token: no JSON with an access_token in it."
		return e
	}
	e.Status = answered.Response.StatusCode
	e.Code, e.Description = answered.ErrorCode, answered.ErrorDescription
	if e.Code == "" && e.Description == "" {
		e.Code, e.Description = words(answered.Body)
	}
	e.Reason = reason(answered.Response)
	e.Final = finalStatus(e.Status) || e.Status < 300 && finalCode(e.Code)
	return e
}

func (f *fetcher) refusal() *Error {
	e := &Error{Mode: ModeOAuth, Origin: f.origin, Stage: StageToken}
	if u, err := url.Parse(f.config.TokenURL); err == nil {
		e.Host = u.Host
	}
	return e
}

// finalCode tells whether an error that came with a 2xx, as some servers send it, is a refusal that stands.
func finalCode(code string) bool {
	switch code {
	case "", "temporarily_unavailable", "server_error", "slow_down": // RFC 6749 section 4.1.2.1, RFC 8628 section 3.5
		return false
	}
	return true
}
