package session

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/settings"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/venafi"
)

// place is one of the servers that the provider talks to, and the setting that
// names it.
type place struct {
	what    string // "" for Command
	setting string
	login   bool // a request for the token of the provider's own mode
	apart   bool // the provider's configuration and the environment count for nothing there
}

// placeOf finds out which server a request that failed was for.
func (s *Session) placeOf(err error) place {
	var broken *transport.Error
	if !errors.As(err, &broken) {
		return place{setting: "endpoint"}
	}
	set := s.resolved.Settings
	switch {
	case set.Mode == settings.ModeOAuth && broken.URL == set.OAuth.TokenURL:
		return place{what: "the token endpoint", setting: "oauth.token_url", login: true}
	case set.Mode == settings.ModeVenafi && strings.HasPrefix(broken.URL, set.Venafi.URL+"/"):
		return place{what: "vedauth", setting: "venafi_certificate.url", login: true}
	}
	return place{setting: "endpoint"}
}

// prefix tells a reader who configured Command why another server is named.
func (p place) prefix() string {
	if !p.login {
		return ""
	}
	return "No token could be fetched from " + p.what + ", so Command was not called. "
}

// explainConnection explains a request that brought no usable answer: which
// server, after how many attempts and how long, and what to do.
func (s *Session) explainConnection(e *transport.Error, at place) string {
	var (
		redirect    *transport.RedirectError
		limit       *transport.LimitError
		host        *transport.HostError
		retryAfter  *transport.RetryAfterError
		certificate *transport.CertificateError
		proxy       *transport.ProxyError
		lookup      *net.DNSError
		record      tls.RecordHeaderError
		timeout     interface{ Timeout() bool }
	)
	call := e.Method + " " + e.URL
	effort := tries(e.Attempts, e.Elapsed)
	switch {
	case errors.As(e.Err, &host):
		return fmt.Sprintf("%s was not sent: the host %s is not in KEYFACTOR_ALLOWED_HOSTS.", call, host.Host)
	case errors.As(e.Err, &redirect):
		return fmt.Sprintf("%s: %s. %s", call, s.Line(redirect.Error()), redirectAdvice(redirect, at))
	case errors.As(e.Err, &limit):
		return fmt.Sprintf("%s: the server sent %s. Nothing that it should send is that large; look what answers there.", call, limit.Error())
	case errors.As(e.Err, &retryAfter):
		return fmt.Sprintf("%s%s: %s. Apply again after that time.", call, effort, retryAfter.Error())
	case errors.As(e.Err, &certificate):
		return s.explainCertificate(call, e, certificate, at)
	case errors.As(e.Err, &proxy):
		return fmt.Sprintf("%s: %s%s. The proxy comes from the environment (HTTPS_PROXY, HTTP_PROXY). %s", call, s.Line(proxy.Error()), effort, proxyAdvice(proxy))
	case errors.As(e.Err, &lookup):
		return fmt.Sprintf("%s: the host name %s cannot be resolved%s (%s). Check %s and this machine's DNS.", call, s.Line(lookup.Name), effort, s.Line(lookup.Err), at.setting)
	case errors.Is(e.Err, syscall.ECONNREFUSED):
		return fmt.Sprintf("%s: %s refused the connection%s. Check host and port in %s, and that the server is running.", call, e.Host, effort, at.setting)
	case strings.Contains(e.Err.Error(), "tls: no renegotiation"): // crypto/tls has no type for it
		return fmt.Sprintf("%s: %s asks for a client certificate after it has read the request (TLS 1.2 renegotiation). This provider shows one to vedauth only: "+
			"have the web server accept requests to this path without a client certificate.", call, e.Host)
	case errors.As(e.Err, &record):
		return fmt.Sprintf("%s: what answers on %s does not speak TLS. Check the port in %s.", call, e.Host, at.setting)
	case errors.Is(e.Err, context.Canceled):
		return fmt.Sprintf("%s was cancelled%s.", call, effort)
	case errors.As(e.Err, &timeout) && timeout.Timeout(), errors.Is(e.Err, context.DeadlineExceeded):
		return fmt.Sprintf("%s: no complete answer from %s in time%s: %s. %s", call, e.Host, effort, s.Line(e.Err.Error()), timeoutAdvice(e.Err, at))
	}
	return fmt.Sprintf("%s: the connection to %s failed%s: %s.", call, e.Host, effort, s.Line(e.Err.Error()))
}

func redirectAdvice(e *transport.RedirectError, at place) string {
	advice := "Only a GET is redirected, and only to the same scheme, host and port."
	if at.setting == "endpoint" {
		return advice + " If that target is the right server, write it into the endpoint; a redirect to a login page means that the endpoint is not Command's API."
	}
	if e.To == "" {
		return fmt.Sprintf("%s Check %s.", advice, at.setting)
	}
	return fmt.Sprintf("%s If that target is the right server, write it into %s.", advice, at.setting)
}

func proxyAdvice(e *transport.ProxyError) string {
	if e.Status == http.StatusProxyAuthRequired {
		return "It wants other credentials than that address holds."
	}
	if e.Status == 0 {
		return "Check that address, or name the host in NO_PROXY."
	}
	return "Check that it may connect there, or name the host in NO_PROXY."
}

func timeoutAdvice(err error, at place) string {
	var attempt *transport.TimeoutError
	if errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &attempt) {
		return "The operation's own time-out ended: raise it in the timeouts argument, or look why the server is slow."
	}
	if at.apart {
		return "Look why the server is slow."
	}
	return "Raise request_timeout, or look why the server is slow."
}

func (s *Session) explainCertificate(call string, e *transport.Error, c *transport.CertificateError, at place) string {
	text := fmt.Sprintf("%s: the certificate of %s is not trusted%s (%s).", call, e.Host, tries(e.Attempts, e.Elapsed), s.Line(c.Err.Error()))
	var (
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
	)
	switch {
	case errors.As(c.Err, &name):
		return text + " It was issued for another host: write a name that it holds into " + at.setting + ", or give the server a certificate for this one."
	case errors.As(c.Err, &invalid) && invalid.Reason == x509.Expired:
		return text + " Renew it on the server, or set this machine's clock."
	}
	if c.Issuer != "" {
		text += fmt.Sprintf(" Its issuer is \"%s\".", s.Line(c.Issuer))
	}
	where := "ca_certificate (or KEYFACTOR_CA_CERT)"
	if at.apart {
		where = "ca_certificate"
	}
	return text + " If that is your own CA, give its certificate in " + where + ": it is added to the system's roots."
}

// explainHandshake is for a server that broke off TLS after it had asked for
// the client certificate.
func (s *Session) explainHandshake(e *venafi.CertificateRefusedError) string {
	call, host := "The request", "the server"
	var broken *transport.Error
	if errors.As(e, &broken) {
		call, host = broken.Method+" "+broken.URL, broken.Host
	}
	return fmt.Sprintf("%s: %s asked for the client certificate and then ended the TLS connection (%s). "+
		"Check that the certificate has not ended or been revoked, and that its issuer is among the certificate authorities that the server trusts.", call, host, s.Line(e.Alert))
}

// tries says after how many attempts and how long.
func tries(attempts int, elapsed time.Duration) string {
	spent := elapsed.Round(100 * time.Millisecond).String()
	if elapsed < 100*time.Millisecond {
		spent = "less than 0.1s"
	}
	switch attempts {
	case 0:
		return ""
	case 1:
		return " (1 attempt in " + spent + ")"
	}
	return fmt.Sprintf(" (%d attempts in %s)", attempts, spent)
}
