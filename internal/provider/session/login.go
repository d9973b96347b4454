package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/auth"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/settings"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
)

// From takes the session out of what the provider hands to resources. It is
// nil, and no error, while Terraform only validates.
func From(providerData any) (*Session, diag.Diagnostics) {
	if providerData == nil {
		return nil, nil
	}
	s, ok := providerData.(*Session)
	if !ok {
		return nil, diag.Diagnostics{diag.NewErrorDiagnostic("Unexpected provider data",
			fmt.Sprintf("The provider handed over a %T. This is a bug in the provider.", providerData))}
	}
	return s, nil
}

// MaxRetries is how often a request is repeated at most.
func (s *Session) MaxRetries() int { return s.resolved.Settings.MaxRetries }

// newAuthenticator makes the login of the configured mode.
func (s *Session) newAuthenticator() (auth.Authenticator, error) {
	set := s.resolved.Settings
	origin := auth.Origin(set.Origin)
	switch set.Mode {
	case settings.ModeBasic:
		return auth.NewBasic(set.Basic.Username, set.Basic.Password, origin), nil
	case settings.ModeAccessToken:
		return auth.NewAccessToken(set.AccessToken, origin), nil
	case settings.ModeOAuth:
		return auth.NewOAuth(auth.OAuthConfig{
			TokenURL: set.OAuth.TokenURL, ClientID: set.OAuth.ClientID, ClientSecret: set.OAuth.ClientSecret,
			Scopes: set.OAuth.Scopes, Audience: set.OAuth.Audience, GrantType: set.OAuth.GrantType,
			Username: set.OAuth.Username, Password: set.OAuth.Password, ClientAuthentication: set.OAuth.ClientAuthentication,
			OnSecret: s.redactor.Add,
		}, s.base(), origin), nil
	case settings.ModeVenafi:
		config, err := VenafiConfig(set.Venafi)
		if err != nil {
			return nil, err
		}
		config.OnSecret = s.redactor.Add
		return auth.NewVenafi(config, s.transportOptions(), origin), nil
	}
	return nil, errors.New("no authentication mode was chosen")
}

// explainLogin explains a login that failed: by whom it was refused, in which
// mode, and where the credentials came from.
func (s *Session) explainLogin(e *auth.Error) string {
	var b strings.Builder
	switch {
	case e.Stage == auth.StageAPI:
		fmt.Fprintf(&b, "Command on %s refused the credentials (%s).", e.Host, statusText(e.Status))
	case e.Status == 0:
		fmt.Fprintf(&b, "The answer of %s on %s could not be understood, so Command was not called.", stageName(e.Stage), e.Host)
	case e.Final:
		fmt.Fprintf(&b, "%s on %s refused the credentials (%s), so Command was not called.", upperFirst(stageName(e.Stage)), e.Host, statusText(e.Status))
	default:
		fmt.Fprintf(&b, "%s on %s answered %s and gave no token, so Command was not called.", upperFirst(stageName(e.Stage)), e.Host, statusText(e.Status))
	}
	fmt.Fprintf(&b, " The mode is %s, the credentials come from %s.", e.Mode, e.Origin)
	if words := s.loginWords(e); words != "" {
		b.WriteString(" The server said: " + sentence(words))
	}
	if e.Diagnosis != "" {
		b.WriteString(" " + sentence(s.Line(e.Diagnosis)))
	}
	b.WriteString(" " + s.loginAdvice(e))
	return b.String()
}

func stageName(stage string) string {
	if stage == auth.StageVedauth {
		return "the authentication server (vedauth)"
	}
	return "the token endpoint"
}

func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func (s *Session) loginWords(e *auth.Error) string {
	words := strings.TrimSpace(e.Code + ": " + e.Description)
	words = strings.Trim(words, ": ")
	if e.Reason != "" && e.Reason != http.StatusText(e.Status) {
		words = strings.TrimSpace(words + " (" + e.Reason + ")")
	}
	return s.Line(words)
}

func (s *Session) loginAdvice(e *auth.Error) string {
	if e.Stage != auth.StageAPI && !e.Final {
		return "Check the URL, or apply again when the server is well."
	}
	advice := ""
	switch {
	case e.Mode == auth.ModeBasic:
		advice = "Check user name, password and domain."
		if e.NonASCII {
			advice += " User name or password has characters outside ASCII: they are sent as UTF-8, and the server may expect another encoding."
		}
	case e.Mode == auth.ModeAccessToken:
		advice = "The token may have ended, and it cannot be renewed. Get a new one."
	case e.Stage == auth.StageAPI && e.Mode == auth.ModeOAuth:
		advice = "The identity provider issued a token, but Command does not accept it: check that Command knows this identity provider, and audience and scopes."
	case e.Stage == auth.StageAPI:
		advice = "The authentication server issued a token, but Command does not accept it: check that Command knows that server, and client_id and scope."
	case e.Mode == auth.ModeOAuth:
		advice = "Check client id, client secret, grant type, scopes and token URL."
	default:
		advice = "Check the client certificate, client_id and scope."
	}
	if e.Final {
		advice += " It is not tried again in this run, so that no account is locked."
	}
	return advice
}

// logAttempt writes one HTTP attempt to the log: no headers, no bodies, no
// query values. Log fields are scalars.
func (s *Session) logAttempt(ctx context.Context, e transport.Event) {
	tflog.Debug(ctx, "HTTP request", map[string]any{
		"method": e.Method, "host": e.Host, "path": s.Line(e.Path), "attempt": e.Attempt, "status": e.Status,
		"duration_ms": e.Duration.Milliseconds(), "sent_bytes": e.Sent, "received_bytes": e.Received,
		"failure": e.Failure, "wait_ms": e.Wait.Milliseconds(),
	})
}
