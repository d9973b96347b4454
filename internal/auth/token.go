package auth

import (
	"context"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/secret"
)

type accessToken struct {
	*session
	token Token
}

// NewAccessToken returns an authenticator for a token that the user already has. It is never renewed.
func NewAccessToken(token secret.String, origin Origin) Authenticator {
	return &accessToken{
		session: &session{
			mode: ModeAccessToken, origin: origin,
			source: &credential{header: "Bearer " + token.Reveal()},
		},
		token: Token{AccessToken: token, Type: "Bearer"},
	}
}

func (a *accessToken) Token(context.Context) (Token, error) { return a.token, nil }

// Close does nothing: the token is the user's.
func (*accessToken) Close(context.Context) error { return nil }
