package venafi

import (
	"context"
	"errors"
	"net/http"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/secret"
)

// Revoke ends the grant, refresh token included. Where the access token has ended before the grant, the refresh token
// is used once to be able to. A grant that the server no longer knows counts as revoked.
// Errors: [ErrNotRevoked], [*Error], [*transport.Error].
func (g Grant) Revoke(ctx context.Context) error {
	if g.client == nil {
		return errors.New("this grant came from nowhere: there is nothing to revoke")
	}
	defer g.client.CloseIdleConnections()
	return g.client.Revoke(ctx, g.AccessToken, g.RefreshToken)
}

// Live tells whether there is something to revoke: the access token or a refresh token has not ended.
func (g Grant) Live() bool {
	if g.client == nil {
		return false
	}
	now := g.client.config.Now()
	token := g.ExpiresAt.IsZero() || now.Before(g.ExpiresAt)
	return token || g.RefreshToken != "" && (g.RefreshUntil.IsZero() || now.Before(g.RefreshUntil))
}

// Revoke ends a grant of which only the tokens are left; see [Grant.Revoke]. The refresh token may be empty.
func Revoke(ctx context.Context, c Config, access, refresh secret.String) error {
	client, err := New(c)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	return client.Revoke(ctx, access, refresh)
}

// Revoke is [Revoke] over the client's connections.
func (c *Client) Revoke(ctx context.Context, access, refresh secret.String) error {
	err := c.revoke(ctx, access)
	if err == nil || refresh == "" || !tokenEnded(err) {
		return unlessUnknown(err)
	}
	renewed, refused := c.refresh(ctx, refresh)
	if refused == nil {
		return unlessUnknown(c.revoke(ctx, renewed.AccessToken))
	}
	var answered *Error
	if errors.As(refused, &answered) && answered.Status >= 400 && answered.Status < 500 {
		return nil // neither token is known any more
	}
	return refused
}

// revoke makes the call. It is a GET, and 202 means that nothing was revoked.
func (c *Client) revoke(ctx context.Context, access secret.String) error {
	answer, err := c.call(ctx, http.MethodGet, "revoke/token", nil, access)
	switch {
	case err != nil:
		return err
	case answer.status == http.StatusOK:
		return nil
	case answer.status == http.StatusAccepted:
		return ErrNotRevoked
	}
	return answer.failure()
}

// tokenEnded tells whether the server did not take the access token.
func tokenEnded(err error) bool {
	var answered *Error
	return errors.Is(err, ErrNotRevoked) || errors.As(err, &answered) && answered.Status == http.StatusUnauthorized
}

// unlessUnknown drops the error of a server that says that it does not know the token.
func unlessUnknown(err error) error {
	var answered *Error
	if errors.As(err, &answered) && answered.Status == http.StatusUnauthorized && answered.Code == "invalid_token" {
		return nil
	}
	return err
}
