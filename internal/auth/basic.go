package auth

import (
	"context"
	"encoding/base64"
	"strings"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/secret"
)

type basic struct{ *session }

// NewBasic returns an authenticator for HTTP's Basic scheme. The user name brings its domain, DOMAIN\user or
// user@domain. The pair is sent in UTF-8 (RFC 7617 section 2.1).
func NewBasic(user string, password secret.String, origin Origin) Authenticator {
	pair := user + ":" + password.Reveal()
	return &basic{&session{
		mode: ModeBasic, origin: origin,
		source:   &credential{header: "Basic " + base64.StdEncoding.EncodeToString([]byte(pair))},
		nonASCII: strings.ContainsFunc(pair, func(r rune) bool { return r > '~' }),
	}}
}

func (*basic) Token(context.Context) (Token, error) { return Token{}, ErrNoToken }

// Close does nothing: the server keeps nothing.
func (*basic) Close(context.Context) error { return nil }
