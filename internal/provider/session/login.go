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
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/venafi"
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
			return nil, fmt.Errorf("%w The client certificate comes from %s", err, set.Origin)
		}
		config.OnSecret = s.redactor.Add
		return auth.NewVenafi(config, s.transportOptions(), origin), nil
	}
	return nil, errors.New("no authentication mode was chosen")
}

// explainLogin explains a login that failed: by whom it was refused, in which
// mode, and where the credentials came from.
func (s *Session) explainLogin(e *auth.Error) string {
	text := s.loginOutcome(e) + fmt.Sprintf(" The mode is %s, the credentials come from %s.", e.Mode, e.Origin)
	if words := s.loginWords(e); words != "" {
		text += " " + words
	}
	if e.Diagnosis != "" {
		text += " " + Sentence(s.Line(e.Diagnosis))
	}
	text += " " + s.loginAdvice(e)
	if e.Final {
		text += " The login is not tried again in this run, so that no account is locked."
	}
	return text
}

// loginOutcome says who answered what.
func (s *Session) loginOutcome(e *auth.Error) string {
	server := "The token endpoint"
	if e.Stage == auth.StageVedauth {
		server = "The authentication server (vedauth)"
	}
	switch {
	case e.Stage == auth.StageAPI:
		return fmt.Sprintf("Command on %s refused the credentials (%s).", e.Host, statusText(e.Status))
	case e.Status == 0:
		return fmt.Sprintf("%s on %s answered something that is no token, so Command was not called.", server, e.Host)
	case e.Final && !misplaced(e.Status):
		return fmt.Sprintf("%s on %s refused the credentials (%s), so Command was not called.", server, e.Host, statusText(e.Status))
	}
	return fmt.Sprintf("%s on %s answered %s and gave no token, so Command was not called.", server, e.Host, statusText(e.Status))
}

// misplaced tells that a status is about the address or form of the request:
// nobody looked at the credentials.
func misplaced(status int) bool {
	switch status {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone,
		http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
		return true
	}
	return false
}

// loginWords are the server's own words as a sentence, "" when it said nothing.
func (s *Session) loginWords(e *auth.Error) string {
	if e.Status == 0 { // the description is package auth's own
		return Sentence(s.Line(e.Description))
	}
	words := strings.Trim(e.Code+": "+e.Description, ": ")
	switch {
	case words == "":
		words = e.Reason
	case e.Reason != "":
		words += " (" + e.Reason + ")"
	}
	if words = s.Line(words); words == "" {
		return ""
	}
	return "The server said: " + Sentence(words)
}

// loginAdvice says what the reader can do.
func (s *Session) loginAdvice(e *auth.Error) string {
	switch {
	case e.Stage == auth.StageAPI:
		return apiAdvice(e)
	case e.Stage == auth.StageVedauth:
		return vedauthAdvice(e.Status, e.Code, "venafi_certificate.")
	}
	return tokenEndpointAdvice(e.Status, e.Code)
}

// apiAdvice is for Command itself having refused.
func apiAdvice(e *auth.Error) string {
	switch e.Mode {
	case auth.ModeBasic:
		if e.Diagnosis != "" { // the server offers other schemes: nobody looked at the credentials
			return ""
		}
		advice := "Check user name, password and domain."
		if e.NonASCII {
			advice += " User name or password has characters outside ASCII: they are sent as UTF-8, and the server may expect another encoding."
		}
		return advice
	case auth.ModeAccessToken:
		return "The token may have ended, and it cannot be renewed: get a new one."
	case auth.ModeOAuth:
		return "The identity provider issued a token, but Command does not accept it: check that Command knows this identity provider, and audience and scopes."
	}
	return "The authentication server issued a token, but Command does not accept it: check that Command knows that server, and client_id and scope."
}

// tokenEndpointAdvice is for an identity provider's answer, by the error codes
// of RFC 6749 section 5.2.
func tokenEndpointAdvice(status int, code string) string {
	const place = "Check oauth.token_url: it is the token endpoint itself, in Keycloak https://HOST/realms/REALM/protocol/openid-connect/token."
	switch code {
	case "invalid_client":
		return "Check client_id and client_secret, and whether the identity provider wants them in the header (client_authentication)."
	case "unauthorized_client", "unsupported_grant_type":
		return "Check that the identity provider allows this client the grant type that is configured."
	case "invalid_grant":
		return "Check username and password."
	case "invalid_scope", "invalid_target":
		return "Check scopes and audience."
	}
	switch {
	case status < 400, status == http.StatusNotFound, status == http.StatusMethodNotAllowed:
		return place
	case status >= 500, status == http.StatusRequestTimeout, status == http.StatusTooManyRequests:
		return "The token endpoint or something before it is overloaded or failing; apply again when it is well."
	}
	return "Check client_id, client_secret, grant_type and scopes. " + place
}

// vedauthAdvice is for vedauth's answer; prefix goes before the arguments' names.
func vedauthAdvice(status int, code, prefix string) string {
	place := fmt.Sprintf("Check %surl: it is the authentication server, https://HOST/vedauth.", prefix)
	switch code {
	case "invalid_client":
		return fmt.Sprintf("Check that %sclient_id is the id of an API integration, in its exact case, and that the client certificate's issuer is among the server's trusted certificate authorities.", prefix)
	case "unauthorized_client":
		return "Have the certificate's user allowed to use the API integration."
	case "invalid_scope", "insufficient_scope":
		return fmt.Sprintf("Check that %sscope is all or a part of the API integration's scope.", prefix)
	}
	switch {
	case status < 400, status == http.StatusNotFound, status == http.StatusMethodNotAllowed:
		return place
	case status >= 500, status == http.StatusRequestTimeout, status == http.StatusTooManyRequests:
		return "The server or something before it is overloaded or failing; apply again when it is well."
	}
	return fmt.Sprintf("Check the client certificate, %sclient_id and %sscope.", prefix, prefix)
}

// ExplainVedauth explains a failure of a login at vedauth apart from the
// provider's own, whose arguments have no prefix.
func (s *Session) ExplainVedauth(err error) string {
	var answer *venafi.Error
	switch {
	case errors.Is(err, venafi.ErrNotRevoked):
		return "The server answered 202 to GET revoke/token, which means that it revoked nothing."
	case errors.As(err, &answer):
		return s.explainVedauthAnswer(answer)
	}
	return s.explainOther(err, place{what: "vedauth", setting: "url", apart: true})
}

func (s *Session) explainVedauthAnswer(e *venafi.Error) string {
	text := fmt.Sprintf("The authentication server (vedauth) on %s answered %s to %s.", e.Host, statusText(e.Status), e.Call)
	words := s.loginWords(&auth.Error{Status: e.Status, Code: e.Code, Description: e.Description, Reason: e.Reason})
	if words != "" {
		text += " " + words
	}
	if e.Diagnosis != "" {
		text += " " + Sentence(s.Line(e.Diagnosis))
	}
	return text + " " + vedauthAdvice(e.Status, e.Code, "")
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
