package session

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/auth"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/secret"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/settings"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/venafi"
)

const (
	command  = "https://keyfactor.keyexample.com/KeyfactorAPI"
	tokenURL = "https://login.keyexample.com/oauth2/token"
	vedauth  = "https://tpp.venafi.example/vedauth"
)

// sessionIn is a session in a mode, whose secret is "hunter2".
func sessionIn(mode settings.Mode) *Session {
	s := New(settings.Result{Settings: settings.Settings{
		Mode: mode, Endpoint: command, OAuth: settings.OAuth{TokenURL: tokenURL}, Venafi: settings.Venafi{URL: vedauth},
	}}, "test")
	s.redactor.Add(secret.String("hunter2"))
	return s
}

// explained is an error and the whole text that a user reads.
type explained struct {
	mode       settings.Mode
	err        error
	permission string
	want       string
}

func check(t *testing.T, cases map[string]explained) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := sessionIn(c.mode).Explain(fmt.Errorf("looking up a certificate: %w", c.err), c.permission)
			if got != c.want {
				t.Errorf("said\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

const retired = " The login is not tried again in this run, so that no account is locked."

func TestExplain_LoginRefusedByCommand(t *testing.T) {
	refused := func(mode, origin string, change func(*auth.Error)) error {
		e := &auth.Error{Mode: mode, Origin: auth.Origin(origin), Stage: auth.StageAPI, Host: "keyfactor.keyexample.com", Status: 401, Final: true}
		if change != nil {
			change(e)
		}
		return e
	}
	const opening = "Command on keyfactor.keyexample.com refused the credentials (401 Unauthorized). "
	check(t, map[string]explained{
		"basic": {settings.ModeBasic, refused(auth.ModeBasic, "the environment variables KEYFACTOR_USERNAME and KEYFACTOR_PASSWORD", nil), "",
			opening + "The mode is basic, the credentials come from the environment variables KEYFACTOR_USERNAME and KEYFACTOR_PASSWORD. Check user name, password and domain." + retired},
		"basic, not ASCII": {settings.ModeBasic, refused(auth.ModeBasic, "the provider configuration (basic.username, basic.password)", func(e *auth.Error) { e.NonASCII = true }), "",
			opening + "The mode is basic, the credentials come from the provider configuration (basic.username, basic.password). Check user name, password and domain. " +
				"User name or password has characters outside ASCII: they are sent as UTF-8, and the server may expect another encoding." + retired},
		"access token": {settings.ModeAccessToken, refused(auth.ModeAccessToken, "the environment variable KEYFACTOR_AUTH_ACCESS_TOKEN", func(e *auth.Error) { e.Code, e.Description = "invalid_token", "The token expired" }), "",
			opening + "The mode is access_token, the credentials come from the environment variable KEYFACTOR_AUTH_ACCESS_TOKEN. " +
				"The server said: invalid_token: The token expired. The token may have ended, and it cannot be renewed: get a new one." + retired},
		"oauth": {settings.ModeOAuth, refused(auth.ModeOAuth, "the provider configuration (oauth.client_id)", nil), "",
			opening + "The mode is oauth, the credentials come from the provider configuration (oauth.client_id). " +
				"The identity provider issued a token, but Command does not accept it: check that Command knows this identity provider, and audience and scopes." + retired},
		"oauth, later in the run": {settings.ModeOAuth, refused(auth.ModeOAuth, "the provider configuration (oauth.client_id)", func(e *auth.Error) { e.Final = false }), "",
			opening + "The mode is oauth, the credentials come from the provider configuration (oauth.client_id). " +
				"The identity provider issued a token, but Command does not accept it: check that Command knows this identity provider, and audience and scopes."},
		"venafi_certificate": {settings.ModeVenafi, refused(auth.ModeVenafi, "the provider configuration (venafi_certificate.pkcs12)", nil), "",
			opening + "The mode is venafi_certificate, the credentials come from the provider configuration (venafi_certificate.pkcs12). " +
				"The authentication server issued a token, but Command does not accept it: check that Command knows that server, and client_id and scope." + retired},
		"the server repeats a secret, with a line break and an escape": {settings.ModeBasic,
			refused(auth.ModeBasic, "the provider configuration (basic.password)", func(e *auth.Error) {
				e.Description, e.Reason = "no \x1b[31mhunter2\nfor you \u202e", "Not hunter2!"
			}), "",
			opening + "The mode is basic, the credentials come from the provider configuration (basic.password). " +
				`The server said: no \x1b[31m[redacted]\nfor you \u202e (Not [redacted]!). Check user name, password and domain.` + retired},
	})
}

func TestExplain_LoginRefusedByTokenEndpoint(t *testing.T) {
	refused := func(status int, final bool, code, description string) error {
		return &auth.Error{Mode: auth.ModeOAuth, Origin: "the provider configuration (oauth.client_id)", Stage: auth.StageToken,
			Host: "login.keyexample.com", Status: status, Final: final, Code: code, Description: description}
	}
	const (
		opening = "The token endpoint on login.keyexample.com refused the credentials (%s), so Command was not called. The mode is oauth, the credentials come from the provider configuration (oauth.client_id). "
		place   = "Check oauth.token_url: it is the token endpoint itself, in Keycloak https://HOST/realms/REALM/protocol/openid-connect/token."
	)
	check(t, map[string]explained{
		"client": {settings.ModeOAuth, refused(401, true, "invalid_client", "Invalid client credentials"), "", fmt.Sprintf(opening, "401 Unauthorized") +
			"The server said: invalid_client: Invalid client credentials. Check client_id and client_secret, and whether the identity provider wants them in the header (client_authentication)." + retired},
		"grant type": {settings.ModeOAuth, refused(400, true, "unauthorized_client", ""), "", fmt.Sprintf(opening, "400 Bad Request") +
			"The server said: unauthorized_client. Check that the identity provider allows this client the grant type that is configured." + retired},
		"user": {settings.ModeOAuth, refused(400, true, "invalid_grant", "hunter2 is wrong"), "", fmt.Sprintf(opening, "400 Bad Request") +
			"The server said: invalid_grant: [redacted] is wrong. Check username and password." + retired},
		"scope": {settings.ModeOAuth, refused(400, true, "invalid_scope", "Invalid scopes: keyfactor"), "", fmt.Sprintf(opening, "400 Bad Request") +
			"The server said: invalid_scope: Invalid scopes: keyfactor. Check scopes and audience." + retired},
		"an unknown code": {settings.ModeOAuth, refused(403, true, "access_denied", ""), "", fmt.Sprintf(opening, "403 Forbidden") +
			"The server said: access_denied. Check client_id, client_secret, grant_type and scopes. " + place + retired},
		"no such page": {settings.ModeOAuth, refused(404, true, "", ""), "", strings.Replace(fmt.Sprintf(opening, "404 Not Found"), "refused the credentials (404 Not Found)", "answered 404 Not Found and gave no token", 1) + place + retired},
		"server fails": {settings.ModeOAuth, refused(502, false, "", ""), "",
			"The token endpoint on login.keyexample.com answered 502 Bad Gateway and gave no token, so Command was not called. The mode is oauth, the credentials come from the provider configuration (oauth.client_id). " +
				"The token endpoint or something before it is overloaded or failing; apply again when it is well."},
		"an HTML page with 200": {settings.ModeOAuth, refused(0, false, "", "The answer is not a token: no JSON with an access_token in it."), "",
			"The token endpoint on login.keyexample.com answered something that is no token, so Command was not called. The mode is oauth, the credentials come from the provider configuration (oauth.client_id). " +
				"The answer is not a token: no JSON with an access_token in it. " + place},
	})
}

func TestExplain_LoginRefusedByVedauth(t *testing.T) {
	refused := func(status int, final bool, change func(*auth.Error)) error {
		e := &auth.Error{Mode: auth.ModeVenafi, Origin: "the environment variables VENAFI_P12_CERTIFICATE and VENAFI_P12_PASSWORD", Stage: auth.StageVedauth,
			Host: "tpp.venafi.example", Status: status, Final: final}
		change(e)
		return e
	}
	const (
		origin  = "The mode is venafi_certificate, the credentials come from the environment variables VENAFI_P12_CERTIFICATE and VENAFI_P12_PASSWORD. "
		opening = "The authentication server (vedauth) on tpp.venafi.example refused the credentials (%s), so Command was not called. " + origin
	)
	check(t, map[string]explained{
		"reason phrase only": {settings.ModeVenafi, refused(403, true, func(e *auth.Error) {
			e.Reason = "Failed to issue grant: User is not authorized for the requested scope"
		}), "", fmt.Sprintf(opening, "403 Forbidden") +
			"The server said: Failed to issue grant: User is not authorized for the requested scope. Check the client certificate, venafi_certificate.client_id and venafi_certificate.scope." + retired},
		"never asked": {settings.ModeVenafi, refused(401, true, func(e *auth.Error) {
			e.Code, e.Diagnosis = "invalid_client", "The server never asked for the client certificate."
		}), "", fmt.Sprintf(opening, "401 Unauthorized") +
			"The server said: invalid_client. The server never asked for the client certificate. " +
			"Check that venafi_certificate.client_id is the id of an API integration, in its exact case, and that the client certificate's issuer is among the server's trusted certificate authorities." + retired},
		"user": {settings.ModeVenafi, refused(400, true, func(e *auth.Error) {
			e.Code, e.Description = "unauthorized_client", "User is not authorized to use application 'MyApp'"
		}), "", fmt.Sprintf(opening, "400 Bad Request") +
			"The server said: unauthorized_client: User is not authorized to use application 'MyApp'. Have the certificate's user allowed to use the API integration." + retired},
		"scope": {settings.ModeVenafi, refused(400, true, func(e *auth.Error) { e.Code = "invalid_scope" }), "", fmt.Sprintf(opening, "400 Bad Request") +
			"The server said: invalid_scope. Check that venafi_certificate.scope is all or a part of the API integration's scope." + retired},
		"no such page": {settings.ModeVenafi, refused(404, true, func(*auth.Error) {}), "", strings.Replace(fmt.Sprintf(opening, "404 Not Found"), "refused the credentials (404 Not Found)", "answered 404 Not Found and gave no token", 1) +
			"Check venafi_certificate.url: it is the authentication server, https://HOST/vedauth." + retired},
		"server fails": {settings.ModeVenafi, refused(503, false, func(*auth.Error) {}), "",
			"The authentication server (vedauth) on tpp.venafi.example answered 503 Service Unavailable and gave no token, so Command was not called. " + origin +
				"The server or something before it is overloaded or failing; apply again when it is well."},
	})
}

func TestExplain_Permission(t *testing.T) {
	forbidden := func(message string) error {
		return &keyfactor.Error{Method: "POST", Path: "/KeyfactorAPI/Certificates/Import", Host: "keyfactor.keyexample.com", Status: 403, Message: message, Code: "0xA0130002"}
	}
	const opening = "POST /KeyfactorAPI/Certificates/Import on keyfactor.keyexample.com answered 403 Forbidden. The server said: "
	check(t, map[string]explained{
		"documented": {settings.ModeBasic, forbidden("You do not have the required permissions"), "/certificates/import/",
			opening + "You do not have the required permissions (ErrorCode 0xA0130002). The call needs the permission /certificates/import/: ask an administrator of Command to grant it to a security role of this account."},
		"not documented": {settings.ModeBasic, forbidden("Denied for hunter2"), "",
			opening + "Denied for [redacted] (ErrorCode 0xA0130002). The account is known to Command but lacks the permission: ask an administrator of Command for a security role that has it."},
	})
}

func TestExplain_ServerNotReached(t *testing.T) {
	failed := func(method, url string, attempts int, elapsed time.Duration, cause error) error {
		host := strings.Split(url, "/")[2]
		return &transport.Error{Method: method, URL: url, Host: host, Attempts: attempts, Elapsed: elapsed, Err: cause}
	}
	const (
		noToken   = "No token could be fetched from the token endpoint, so Command was not called. POST " + tokenURL
		noGrant   = "No token could be fetched from vedauth, so Command was not called. POST " + vedauth + "/authorize/certificate"
		get       = "GET " + command + "/Certificates"
		authorize = vedauth + "/authorize/certificate"
	)
	refused := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	check(t, map[string]explained{
		"connection refused": {settings.ModeBasic, failed("GET", command+"/Certificates", 5, 7600*time.Millisecond, refused), "",
			get + ": keyfactor.keyexample.com refused the connection (5 attempts in 7.6s). Check host and port in endpoint, and that the server is running."},
		"token endpoint refuses the connection": {settings.ModeOAuth, failed("POST", tokenURL, 1, time.Millisecond, refused), "",
			noToken + ": login.keyexample.com refused the connection (1 attempt in less than 0.1s). Check host and port in oauth.token_url, and that the server is running."},
		"vedauth refuses the connection": {settings.ModeVenafi, failed("POST", authorize, 2, 600*time.Millisecond, refused), "",
			noGrant + ": tpp.venafi.example refused the connection (2 attempts in 600ms). Check host and port in venafi_certificate.url, and that the server is running."},
		"unknown host": {settings.ModeOAuth, failed("POST", tokenURL, 1, time.Second, &net.DNSError{Name: "login.keyexample.com", Err: "no such host"}), "",
			noToken + ": the host name login.keyexample.com cannot be resolved (1 attempt in 1s) (no such host). Check oauth.token_url and this machine's DNS."},
		"time-out": {settings.ModeOAuth, failed("POST", tokenURL, 3, 183*time.Second, &transport.TimeoutError{Phase: "waiting for the complete answer", Limit: time.Minute}), "",
			noToken + ": no complete answer from login.keyexample.com in time (3 attempts in 3m3s): timed out after 1m0s waiting for the complete answer. Raise request_timeout, or look why the server is slow."},
		"untrusted certificate": {settings.ModeVenafi, failed("POST", authorize, 1, time.Second, &transport.CertificateError{Issuer: "CN=Corp Root", Err: errors.New("x509: certificate signed by unknown authority")}), "",
			noGrant + `: the certificate of tpp.venafi.example is not trusted (1 attempt in 1s) (x509: certificate signed by unknown authority). Its issuer is "CN=Corp Root". ` +
				"If that is your own CA, give its certificate in ca_certificate (or KEYFACTOR_CA_CERT): it is added to the system's roots."},
		"certificate of another host": {settings.ModeBasic, failed("GET", command+"/Certificates", 1, time.Second, &transport.CertificateError{Err: x509.HostnameError{Certificate: &x509.Certificate{DNSNames: []string{"cmd.keyexample.com"}}, Host: "keyfactor.keyexample.com"}}), "",
			"GET " + command + "/Certificates: the certificate of keyfactor.keyexample.com is not trusted (1 attempt in 1s) (x509: certificate is valid for cmd.keyexample.com, not keyfactor.keyexample.com). " +
				"It was issued for another host: write a name that it holds into endpoint, or give the server a certificate for this one."},
		"expired certificate": {settings.ModeBasic, failed("GET", command+"/Certificates", 1, time.Second, &transport.CertificateError{Err: x509.CertificateInvalidError{Reason: x509.Expired, Detail: "it ended"}}), "",
			"GET " + command + "/Certificates: the certificate of keyfactor.keyexample.com is not trusted (1 attempt in 1s) (x509: certificate has expired or is not yet valid: it ended). " +
				"Renew it on the server, or set this machine's clock."},
		"redirect of a login": {settings.ModeOAuth, failed("POST", tokenURL, 1, time.Second, &transport.RedirectError{Method: "POST", Status: 307, From: "https://login.keyexample.com", To: "https://evil.example"}), "",
			noToken + ": the server answered 307, a redirect to https://evil.example, which is not followed for POST. Only a GET is redirected, and only to the same scheme, host and port. " +
				"If that target is the right server, write it into oauth.token_url."},
		"redirect of a call": {settings.ModeBasic, failed("GET", command+"/Certificates", 1, time.Second, &transport.RedirectError{Method: "GET", Status: 302, From: "https://keyfactor.keyexample.com", To: "https://sso.keyexample.com"}), "",
			get + ": the server answered 302, a redirect from https://keyfactor.keyexample.com to https://sso.keyexample.com, which is not followed. Only a GET is redirected, and only to the same scheme, host and port. " +
				"If that target is the right server, write it into the endpoint; a redirect to a login page means that the endpoint is not Command's API."},
		"host not allowed": {settings.ModeOAuth, failed("POST", tokenURL, 0, 0, &transport.HostError{Host: "login.keyexample.com"}), "",
			noToken + " was not sent: the host login.keyexample.com is not in KEYFACTOR_ALLOWED_HOSTS."},
		"proxy wants a password": {settings.ModeBasic, failed("GET", command+"/Certificates", 1, time.Second, &transport.ProxyError{Status: 407}), "",
			get + ": the proxy answered 407 (Proxy Authentication Required) instead of connecting (1 attempt in 1s). The proxy comes from the environment (HTTPS_PROXY, HTTP_PROXY). It wants other credentials than that address holds."},
		"client certificate asked for late": {settings.ModeBasic, failed("GET", command+"/Certificates", 1, time.Second, errors.New("local error: tls: no renegotiation")), "",
			get + ": keyfactor.keyexample.com asks for a client certificate after it has read the request (TLS 1.2 renegotiation). This provider shows one to vedauth only: " +
				"have the web server accept requests to this path without a client certificate."},
		"proxy is away": {settings.ModeBasic, failed("GET", command+"/Certificates", 2, time.Second, &transport.ProxyError{Host: "proxy:3128", Err: syscall.ECONNREFUSED}), "",
			get + ": the proxy proxy:3128 cannot be reached: connection refused (2 attempts in 1s). The proxy comes from the environment (HTTPS_PROXY, HTTP_PROXY). Check that address, or name the host in NO_PROXY."},
		"proxy does not connect": {settings.ModeBasic, failed("GET", command+"/Certificates", 1, time.Second, &transport.ProxyError{Status: 403}), "",
			get + ": the proxy answered 403 (Forbidden) instead of connecting (1 attempt in 1s). The proxy comes from the environment (HTTPS_PROXY, HTTP_PROXY). Check that it may connect there, or name the host in NO_PROXY."},
		"no TLS there": {settings.ModeBasic, failed("GET", command+"/Certificates", 1, time.Second, tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}), "",
			get + ": what answers on keyfactor.keyexample.com does not speak TLS. Check the port in endpoint."},
		"client certificate refused in the handshake": {settings.ModeVenafi, &venafi.CertificateRefusedError{Alert: "unknown certificate authority", Err: failed("POST", authorize, 1, time.Second, io.EOF)}, "",
			noGrant + ": tpp.venafi.example asked for the client certificate and then ended the TLS connection (unknown certificate authority). " +
				"Check that the certificate has not ended or been revoked, and that its issuer is among the certificate authorities that the server trusts."},
		"asked to wait": {settings.ModeOAuth, failed("POST", tokenURL, 1, time.Second, &transport.RetryAfterError{Status: 429, After: time.Hour, Limit: 2 * time.Minute}), "",
			noToken + " (1 attempt in 1s): the server answered 429 and asked to wait 1h0m0s; at most 2m0s is waited for. Apply again after that time."},
		"connection lost": {settings.ModeBasic, failed("GET", command+"/Certificates", 5, time.Minute, io.ErrUnexpectedEOF), "",
			get + ": the connection to keyfactor.keyexample.com failed (5 attempts in 1m0s): unexpected EOF."},
		"the operation's own time-out": {settings.ModeOAuth, fmt.Errorf("waiting for a token: %w", context.DeadlineExceeded), "",
			"The operation's time-out ended: looking up a certificate: waiting for a token: context deadline exceeded. Raise it in the timeouts attribute, or look why the server is slow."},
	})
}

func TestExplain_NotCommand(t *testing.T) {
	page := &keyfactor.Error{Method: "GET", Path: "/Certificates", Host: "www.keyexample.com", Status: 200, NotCommand: true, FirstLine: "Sign in hunter2 \u202eto continue"}
	check(t, map[string]explained{"login page": {settings.ModeBasic, page, "",
		`GET /Certificates on www.keyexample.com answered 200 OK, but the answer does not look like Command's API. It begins with: "Sign in [redacted] \u202eto continue". ` +
			"Check the endpoint's host and API path (usually /KeyfactorAPI), and that no login page or proxy answers in its place."}})
}

func TestExplain_ForbiddenByAWebServer(t *testing.T) {
	s := New(settings.Result{}, "test")
	text := s.Explain(&keyfactor.Error{Method: "GET", Path: "/KeyfactorAPI/Certificates", Host: "keyfactor.keyexample.com", Status: 403, FirstLine: "Forbidden by policy", NotCommand: true}, "`/certificates/collections/read/`")
	want := "GET /KeyfactorAPI/Certificates on keyfactor.keyexample.com answered 403 Forbidden. The server said: Forbidden by policy. " +
		"That does not look like Command's own answer: a web server, proxy or firewall before it refuses the request."
	if text != want {
		t.Errorf("said\n%s\nwant\n%s", text, want)
	}
}
