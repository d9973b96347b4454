// Package auth puts credentials on requests to Command: one mode, one file.
//
// An [Authenticator] wraps the transport that the API's client uses. It fetches a token at the first request, once
// for all requests that run side by side, renews it before it ends and after a 401, and repeats a request that a 401
// met once. What it must never do is lock a directory account, so it keeps two rules:
//
//   - Until the first success one request is under way and the others wait. A 401 to it, or a refusal by the token
//     endpoint, is final: everybody else gets the same [*Error], unsent. With a password or a token given by the
//     user any later 401 is final too.
//   - Success is an answer that can only come from behind the login: a 2xx that is no HTML page, or a 4xx other than
//     401, 407, 408 and 429 in JSON. A 5xx or a page may be a proxy's or a login's and proves nothing.
//
// When the first request fails otherwise, the next one takes its place. Who has waited for such a failure is given a
// single attempt: with all retries, one after another, a server that is down would hold up a run for hours. A token
// that could not be fetched is missing for all who waited for it.
//
// An authenticator lives for one configuration of the provider and shares nothing with another. The package must not
// know Terraform, where settings come from, or Command's API beyond its host.
package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/secret"
)

// Modes, as they are named in the provider's configuration.
const (
	ModeBasic       = "basic"
	ModeOAuth       = "oauth"
	ModeAccessToken = "access_token"
	ModeVenafi      = "venafi_certificate"
)

// Authenticator puts credentials on requests. All methods may be called side by side.
type Authenticator interface {
	// Wrap returns a transport that adds Authorization to requests for the API's host, the host of the first request
	// that it sees, and to no others. A 401 that stands comes back as an [*Error] and not as a response.
	Wrap(next http.RoundTripper) http.RoundTripper

	// Token returns the token that requests carry, fetched if need be; [ErrNoToken] for a mode without.
	Token(ctx context.Context) (Token, error)

	// Close gives back what the server keeps for this authenticator. It takes at most 1.5 s, less when ctx ends. No
	// token is fetched after it: what needs one fails with [ErrClosed].
	Close(ctx context.Context) error

	// Mode returns the mode's name in the provider's configuration.
	Mode() string
}

// Token is a bearer token.
type Token struct {
	AccessToken secret.String
	Type        string    // "Bearer"
	ExpiresAt   time.Time // zero: unknown
}

// Origin says, for people, where credentials came from: "the provider configuration".
type Origin string

var (
	// ErrNoToken is returned for a mode that has no token.
	ErrNoToken = errors.New("basic authentication has no access token")
	// ErrClosed is returned after Close.
	ErrClosed = errors.New("the authenticator is closed")
)

// Stages at which credentials are refused.
const (
	StageToken   = "token endpoint"
	StageAPI     = "API"
	StageVedauth = "vedauth"
)

// Error is a refusal of credentials, or of a token endpoint to give a token. What it holds in Code, Description and
// Reason are the server's own words as they came: whoever shows them redacts and escapes them first. Error leaves
// them out.
type Error struct {
	Mode   string
	Origin Origin
	Stage  string // who refused: StageToken, StageAPI or StageVedauth
	Host   string // host, or host:port
	Status int    // 0 when the answer could not be understood

	Code        string // OAuth's error (RFC 6749 section 5.2, RFC 6750 section 3.1), or Command's ErrorCode
	Description string // error_description, or Command's Message
	Reason      string // words of the status line that are not the standard ones

	Diagnosis string // in sentences: what vedauth's handshakes showed, or that the server offers other schemes; else ""
	NonASCII  bool   // a Basic credential has characters that servers read in different encodings
	Final     bool   // no more requests are sent with these credentials

	Err error // the cause, where there is one
}

func (e *Error) Error() string {
	if e.Status == 0 {
		return fmt.Sprintf("%s authentication: the %s on %s gave no token", e.Mode, e.Stage, e.Host)
	}
	return fmt.Sprintf("%s authentication: the %s on %s answered %d", e.Mode, e.Stage, e.Host, e.Status)
}

func (e *Error) Unwrap() error { return e.Err }
