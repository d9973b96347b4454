// Package session holds what one Configure of the provider makes: the resolved
// settings, the client of Command with its credentials, and what this run has
// done so far.
//
// A process may be configured more than once (aliases, tests, -debug), and two
// configurations share nothing: logins that were refused, tokens, lists that
// were read and thumbprints that were imported all live in a [Session], never
// in a package variable.
//
// Nothing here touches the network before the first request needs it. It must
// not know what a resource or data source does with the client.
package session

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/auth"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/secret"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/settings"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
)

// Session is one configured provider.
type Session struct {
	// Ledger keeps concurrent work on one certificate in order.
	Ledger *Ledger

	// Lists keeps what was read from Command in this run.
	Lists Lists

	resolved  settings.Result
	userAgent string
	redactor  *secret.Redactor

	mu            sync.Mutex
	transport     *transport.Transport
	client        *keyfactor.Client
	authenticator auth.Authenticator
}

// New makes a session from resolved settings. It neither reads nor sends anything.
func New(resolved settings.Result, userAgent string) *Session {
	redactor := &secret.Redactor{}
	redactor.Add(resolved.Secrets()...)
	if b := resolved.Settings.Basic; resolved.Settings.Mode == settings.ModeBasic {
		redactor.AddBasic(b.Username, b.Password)
	}
	// In the header of a token request the pair is escaped first (RFC 6749 section 2.3.1).
	if o := resolved.Settings.OAuth; resolved.Settings.Mode == settings.ModeOAuth {
		redactor.AddBasic(url.QueryEscape(o.ClientID), secret.String(url.QueryEscape(o.ClientSecret.Reveal())))
	}
	return &Session{Ledger: newLedger(), resolved: resolved, userAgent: userAgent, redactor: redactor}
}

// Client is the client of Command, made at the first call. What the provider's
// configuration lacks for it is reported here, by whoever needs Command.
func (s *Session) Client() (*keyfactor.Client, diag.Diagnostics) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.client != nil {
		return s.client, nil
	}
	authenticator, diags := s.login()
	if diags.HasError() {
		return nil, diags
	}
	s.client = keyfactor.New(s.base().Client(s.watched(s.guarded(authenticator.Wrap))), s.resolved.Settings.Endpoint)
	return s.client, nil
}

// Authenticator is the provider's own login, made at the first call.
func (s *Session) Authenticator() (auth.Authenticator, diag.Diagnostics) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.login()
}

// UnknownSettings are the paths of provider arguments that are not known yet
// and that Command cannot be called without.
func (s *Session) UnknownSettings() []string { return s.resolved.Unknown }

// Host is the host and port of the endpoint, in lower case, "" where there is none.
func (s *Session) Host() string {
	u, err := url.Parse(s.resolved.Settings.Endpoint)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Host)
}

// apiPath is the path of the endpoint, without trailing slash.
func (s *Session) apiPath() string {
	u, err := url.Parse(s.resolved.Settings.Endpoint)
	if err != nil {
		return ""
	}
	return strings.TrimRight(u.Path, "/")
}

// Format keeps the settings out of whatever prints a session: fmt calls no
// methods on what lies in unexported fields.
func (s *Session) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "session") }

// Redactor knows every secret of this configuration.
func (s *Session) Redactor() *secret.Redactor { return s.redactor }

// Close ends what the session holds on servers: grants are revoked, best
// effort, bounded by ctx.
func (s *Session) Close(ctx context.Context) {
	s.mu.Lock()
	authenticator, base := s.authenticator, s.transport
	s.mu.Unlock()
	if authenticator != nil {
		_ = authenticator.Close(ctx)
	}
	if base != nil {
		base.CloseIdleConnections()
	}
}

// login makes the authenticator; the caller holds s.mu.
func (s *Session) login() (auth.Authenticator, diag.Diagnostics) {
	if s.authenticator != nil {
		return s.authenticator, nil
	}
	diags := s.needs()
	if diags.HasError() {
		return nil, diags
	}
	authenticator, err := s.newAuthenticator()
	if err != nil {
		diags.AddAttributeError(path.Root("venafi_certificate"), "Invalid client certificate", Sentence(err.Error()))
		return nil, diags
	}
	s.authenticator = authenticator
	return authenticator, nil
}

// needs reports what is missing or not known yet.
func (s *Session) needs() diag.Diagnostics {
	var diags diag.Diagnostics
	if unknown := s.resolved.Unknown; len(unknown) > 0 {
		diags.AddError("Unknown provider configuration",
			"Command cannot be called: the value of "+quotedList(unknown)+" in the provider block is not known yet. "+
				"It depends on something that is applied in this run. Apply that first (-target), or give a value that is known at plan time.")
		return diags
	}
	for _, p := range s.resolved.Problems {
		if p.Kind != settings.Warning {
			diags.AddError(p.Summary, p.Detail)
		}
	}
	return diags
}

// base makes the transport that Command, token endpoint and vedauth share; the
// caller holds s.mu.
func (s *Session) base() *transport.Transport {
	if s.transport == nil {
		s.transport = transport.New(s.transportOptions())
	}
	return s.transport
}

func (s *Session) transportOptions() transport.Options {
	set := s.resolved.Settings
	return transport.Options{
		CAPEM: set.CAPEM, SkipTLSVerify: set.SkipTLSVerify,
		RequestTimeout: set.RequestTimeout, MaxRetries: set.MaxRetries,
		AllowedHosts: set.AllowedHosts, UserAgent: s.userAgent,
		Observe: s.logAttempt,
	}
}
