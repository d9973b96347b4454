// Package settings decides what the provider is configured with: which server, which authentication mode, which
// credentials, and where each of them comes from.
//
// There is one table of settings (Table): the argument of the provider block, the environment variables and the key of
// the vendor's configuration file that hold the same thing. Resolve walks it. Configuration beats environment beats
// file, setting by setting, with these exceptions:
//
//   - A mode written in the configuration decides alone; its missing settings come from the environment, then the file.
//   - Without one, KEYFACTOR_AUTH_MODE decides; without that, the one mode whose settings are complete in the
//     environment, else in the file, else in both together. An access token beside client settings is access_token.
//   - VENAFI_* variables are read only when the venafi_certificate block is there or KEYFACTOR_AUTH_MODE names it.
//   - config_file or profile written in the configuration: the file is always read, and the environment is not read for
//     anything that a file can hold, nor for credentials of any mode, so that an endpoint and credentials never come
//     from two places that know nothing of each other. KEYFACTOR_AUTH_MODE then only settles which of several complete
//     modes of that file is used.
//   - A file that is only named by the environment, or found at the vendor's default path, is read where neither
//     configuration nor environment names the endpoint.
//   - A ca_certificate in the configuration counts as skip_tls_verify = false unless true is written there too.
//
// An empty environment variable counts as unset, except VENAFI_P12_PASSWORD: an empty password is a password. In the
// file, null, an empty text, an empty list and, in port and client_timeout, 0 count as unset. An empty text in the
// configuration is an error where a text is needed, and elsewhere (basic.domain, oauth.audience, oauth.scopes) means "none, whatever the
// environment says".
//
// The package knows nothing of Terraform: values come in as Value with a State, problems go out as Problem with the
// path of an attribute. It opens no connection and, apart from Environment, touches nothing outside of its arguments.
// No Problem, Source or Origin ever holds a secret, a part of a certificate file or an address with credentials in it.
package settings

import (
	"fmt"
	"io"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/secret"
)

// State tells an argument that is not there from one whose value is not known yet.
type State int

// Null is the zero value: an argument that is not written.
const (
	Null State = iota
	Unknown
	Known
)

// Value is one argument of the provider block. It may hold a secret: it prints as its state only.
type Value struct {
	State State
	Text  string   // booleans as true or false, numbers in decimal
	Items []string // for lists
}

// Text returns a known value.
func Text(text string) Value { return Value{State: Known, Text: text} }

// List returns a known list.
func List(items ...string) Value { return Value{State: Known, Items: items} }

// Format keeps values out of whatever prints an Input.
func (v Value) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, [...]string{Null: "null", Unknown: "unknown", Known: "[redacted]"}[v.State])
}

// Input is what the provider block says.
type Input struct {
	Values map[string]Value // by path: "endpoint", "access_token", "basic.username", "oauth.scopes", …
	Blocks map[string]State // "basic", "oauth", "venafi_certificate"; without Known here a block's values do not count
}

// Mode is a way to authenticate to Command.
type Mode string

// Modes, in the order in which messages name them.
const (
	ModeBasic       Mode = "basic"
	ModeOAuth       Mode = "oauth"
	ModeAccessToken Mode = "access_token"
	ModeVenafi      Mode = "venafi_certificate"
)

// Modes returns all modes in the order in which messages name them.
func Modes() []Mode { return []Mode{ModeBasic, ModeOAuth, ModeAccessToken, ModeVenafi} }

// SourceKind is where a setting comes from, the one with the highest precedence first.
type SourceKind int

// A lower number beats a higher one.
const (
	Configuration SourceKind = iota
	FromEnvironment
	File
	Default
)

func (k SourceKind) String() string {
	return [...]string{"configuration", "environment", "file", "default"}[k]
}

// Source is where a setting comes from.
type Source struct {
	Kind SourceKind
	Name string // attribute path, variable name, or file path#servers.<profile>.<key>; empty for a default
}

// Settings is what the provider works with. It is complete only if the Result that holds it has no problem other than
// warnings and no unknown value.
type Settings struct {
	Endpoint       string // https://host[:port]/path, without a trailing slash; http:// on a loopback address only
	CAPEM          []byte // certificates only, PEM; nil when none
	SkipTLSVerify  bool
	RequestTimeout time.Duration // of one attempt; more than zero
	MaxRetries     int           // attempts after the first, 0 to 20
	AllowedHosts   []string      // host or host:port, lower case, IPv6 in brackets with a port only; nil: any host

	Mode        Mode // empty when none could be chosen
	Basic       Basic
	OAuth       OAuth
	AccessToken secret.String // one line, without "Bearer "
	Venafi      Venafi

	Sources map[string]Source // by attribute path; "mode" and "allowed_hosts" too
	Origin  string            // where the credentials come from, to go after "from": names, never values
}

// Basic is the mode basic.
type Basic struct {
	Username string // as it is sent: user, DOMAIN\user or user@domain
	Password secret.String
}

// OAuth is the mode oauth.
type OAuth struct {
	TokenURL             string
	ClientID             string
	ClientSecret         secret.String
	Scopes               []string
	Audience             string
	GrantType            string // client_credentials or password
	Username             string // for the grant password only
	Password             secret.String
	ClientAuthentication string // body or header
}

// Venafi is the mode venafi_certificate: either PKCS12 or the PEM pair is set.
type Venafi struct {
	URL            string // https://host[:port][/prefix]/vedauth
	ClientID       string
	Scope          string
	PKCS12         secret.Bytes // the file itself, not parsed
	PKCS12Password secret.String
	CertificatePEM string
	PrivateKeyPEM  secret.String
	RevokeOnExit   bool
}

// Kind says who reports a Problem.
type Kind int

const (
	// Invalid is an error of the provider block.
	Invalid Kind = iota
	// Conflicting is an error of the provider block.
	Conflicting
	// Missing is an error for whoever needs Command, and for nobody else: something is not there, or what the
	// environment holds (a variable, or a file that the configuration does not name) cannot be used. It must not stop
	// what works without Command, whatever the environment holds.
	Missing
	// Warning stops nothing.
	Warning
)

// Problem is what a user has to know.
type Problem struct {
	Path    string // attribute path as in Input; empty for the provider block as a whole
	Kind    Kind
	Summary string // starts with Missing, Conflicting or Invalid unless it is a warning
	Detail  string
}

// Result is what Resolve found out.
type Result struct {
	Settings Settings
	Problems []Problem
	Unknown  []string // paths of arguments that are not known yet and could change whom the provider talks to, or as whom
	// A pointer, because package fmt prints what an unexported field holds without asking secret.String how.
	secrets *[]secret.String
}

// Secrets returns every secret value that was seen, in whichever source, used or not.
func (r Result) Secrets() []secret.String {
	if r.secrets == nil {
		return nil
	}
	return *r.secrets
}
