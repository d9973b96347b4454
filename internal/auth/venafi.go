package auth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/venafi"
)

const (
	closeTimeout = 1500 * time.Millisecond // Terraform kills a provider that takes longer than two seconds to end
	revokeAtOnce = 8
)

type vedauth struct {
	*session
	tokens *tokens
	client *venafi.Client
	keep   bool

	mu     sync.Mutex
	grants []venafi.Grant // every one obtained and not revoked
}

// NewVenafi returns an authenticator that gets its tokens from vedauth by mutual TLS, over connections of its own
// made with base's options. Close revokes every grant that it was given, unless the configuration keeps them.
func NewVenafi(c venafi.Config, base transport.Options, origin Origin) Authenticator {
	c.Transport = base
	if c.Now == nil {
		c.Now = time.Now
	}
	v := &vedauth{keep: c.KeepGrants}
	client, err := venafi.New(c)
	v.client = client
	// A token that ended is replaced by a new grant; the old one is revoked at the end, not at once, for requests
	// may be under way with it.
	v.tokens = &tokens{now: c.Now, finish: !v.keep, fetch: func(ctx context.Context) (Token, error) {
		if err != nil {
			return Token{}, err
		}
		grant, err := client.Authorize(ctx)
		if err != nil {
			return Token{}, explainVedauth(err, origin)
		}
		v.mu.Lock()
		defer v.mu.Unlock()
		v.grants = append(v.grants, grant)
		return Token{AccessToken: grant.AccessToken, Type: grant.TokenType, ExpiresAt: grant.ExpiresAt}, nil
	}}
	v.session = &session{mode: ModeVenafi, origin: origin, source: v.tokens, renewable: true}
	return v
}

func (v *vedauth) Token(ctx context.Context) (Token, error) {
	got, _, err := v.tokens.get(ctx, nil)
	if err != nil {
		return Token{}, err
	}
	return got.token, nil
}

// Close revokes the live grants. What it could not revoke is named in the error, by its cause.
func (v *vedauth) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, closeTimeout)
	defer cancel()
	v.tokens.close(ctx)
	if v.client == nil {
		return nil
	}
	defer v.client.CloseIdleConnections()
	if v.keep {
		return nil
	}
	v.mu.Lock()
	grants := v.grants
	v.grants = nil
	v.mu.Unlock()

	failures := make([]error, len(grants))
	var group errgroup.Group
	group.SetLimit(revokeAtOnce)
	for i, grant := range grants {
		if !grant.Live() {
			continue
		}
		group.Go(func() error {
			if err := v.client.Revoke(ctx, grant.AccessToken, grant.RefreshToken); err != nil {
				failures[i] = fmt.Errorf("revoking a grant: %w", err)
			}
			return nil
		})
	}
	_ = group.Wait() // each failure is kept, not only the first
	return errors.Join(failures...)
}

// explainVedauth makes a refusal an [*Error] and leaves what the network did as it is.
func explainVedauth(err error, origin Origin) error {
	var answered *venafi.Error
	if !errors.As(err, &answered) {
		return fmt.Errorf("fetching a token: %w", err)
	}
	return &Error{
		Mode: ModeVenafi, Origin: origin, Stage: StageVedauth, Host: answered.Host, Status: answered.Status,
		Code: answered.Code, Description: answered.Description, Reason: answered.Reason, Diagnosis: answered.Diagnosis,
		Final: finalStatus(answered.Status), Err: err,
	}
}
