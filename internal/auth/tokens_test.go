package auth

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/secret"
)

func must(text string) *url.URL {
	u, err := url.Parse(text)
	if err != nil {
		panic(err)
	}
	return u
}

func secretString(s string) secret.String { return secret.String(s) }

// minting counts fetches; each takes a second and gives a token with the lifetime.
type minting struct {
	mu       sync.Mutex
	n        int
	lifetime time.Duration
	fail     error
}

func (m *minting) fetch(ctx context.Context) (Token, error) {
	began := time.Now()
	select {
	case <-time.After(time.Second):
	case <-ctx.Done():
		return Token{}, ctx.Err()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.n++
	if m.fail != nil {
		return Token{}, m.fail
	}
	token := Token{AccessToken: secret.String(fmt.Sprint("token-", m.n))}
	if m.lifetime > 0 {
		token.ExpiresAt = began.Add(m.lifetime)
	}
	return token, nil
}

func together(n int, f func()) {
	var wg sync.WaitGroup
	for range n {
		wg.Go(f)
	}
	wg.Wait()
}

func TestTokens_OneFetchForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &minting{lifetime: time.Hour}
		src := &tokens{fetch: m.fetch, now: time.Now}
		together(50, func() {
			c, _, err := src.get(t.Context(), nil)
			if err != nil || c.header != "Bearer token-1" {
				t.Errorf("%v, %v", c, err)
			}
		})
		if m.n != 1 {
			t.Errorf("%d fetches", m.n)
		}
	})
}

func TestTokens_OneFetchAfterFiftyRefusalsOfTheSameToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &minting{}
		src := &tokens{fetch: m.fetch, now: time.Now}
		old, _, _ := src.get(t.Context(), nil)
		together(50, func() {
			c, _, err := src.get(t.Context(), old)
			if err != nil || c.header != "Bearer token-2" {
				t.Errorf("%v, %v", c, err)
			}
		})
		if c, _, _ := src.get(t.Context(), old); c.header != "Bearer token-2" || m.n != 2 {
			t.Errorf("a late refusal of the old token: %s, %d fetches", c.header, m.n)
		}
	})
}

func TestTokens_RenewedBeforeTheEnd(t *testing.T) {
	for lifetime, margin := range map[time.Duration]time.Duration{
		10 * time.Second: time.Second, time.Hour: 30 * time.Second, 100 * time.Second: 10 * time.Second,
	} {
		synctest.Test(t, func(t *testing.T) {
			m := &minting{lifetime: lifetime}
			src := &tokens{fetch: m.fetch, now: time.Now}
			began := time.Now()
			for _, step := range []struct {
				at   time.Duration
				want string
			}{{0, "token-1"}, {lifetime - margin - time.Millisecond, "token-1"}, {lifetime - margin, "token-2"}} {
				time.Sleep(step.at - time.Since(began))
				if c, _, err := src.get(t.Context(), nil); err != nil || c.token.AccessToken.Reveal() != step.want {
					t.Errorf("lifetime %s, at %s: %v, %v", lifetime, step.at, c, err)
				}
			}
		})
	}
}

func TestTokens_ShortLifetimesAreNoStorm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &minting{lifetime: 2 * time.Second}
		src := &tokens{fetch: m.fetch, now: time.Now}
		together(50, func() {
			for range 20 { // for four seconds and the time that fetching takes
				if _, _, err := src.get(t.Context(), nil); err != nil {
					t.Error(err)
				}
				time.Sleep(200 * time.Millisecond)
			}
		})
		if m.n > 6 {
			t.Errorf("%d fetches for 1000 requests", m.n)
		}
	})
}

func TestTokens_LifetimeShorterThanItsFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &minting{lifetime: 500 * time.Millisecond}
		src := &tokens{fetch: m.fetch, now: time.Now}
		together(10, func() {
			if _, _, err := src.get(t.Context(), nil); err != nil {
				t.Error(err)
			}
		})
		if m.n != 1 {
			t.Errorf("%d fetches", m.n)
		}
	})
}

func TestTokens_WaiterWhoGivesUpDoesNotEndTheFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &minting{}
		src := &tokens{fetch: m.fetch, now: time.Now}
		first, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() {
			start := time.Now()
			if _, _, err := src.get(first, nil); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 100*time.Millisecond {
				t.Errorf("%v after %s", err, time.Since(start))
			}
		})
		synctest.Wait()
		if c, _, err := src.get(t.Context(), nil); err != nil || c.header != "Bearer token-1" {
			t.Error(c, err)
		}
		wg.Wait()
	})
}

func TestTokens_FetchThatNobodyWaitsForEnds(t *testing.T) {
	for _, finish := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			m := &minting{}
			src := &tokens{fetch: m.fetch, now: time.Now, finish: finish}
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			_, _, _ = src.get(ctx, nil)
			c, _, err := src.get(t.Context(), nil)
			if err != nil || c.header != "Bearer token-1" || m.n != 1 {
				t.Errorf("%v, %v, %d fetches", c, err, m.n)
			}
		})
	}
}

func TestTokens_RefusalIsFinal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &minting{fail: &Error{Status: 400, Final: true}}
		src := &tokens{fetch: m.fetch, now: time.Now}
		together(50, func() {
			if _, _, err := src.get(t.Context(), nil); !errors.Is(err, m.fail) {
				t.Error(err)
			}
		})
		if _, _, err := src.get(t.Context(), nil); !errors.Is(err, m.fail) || m.n != 1 {
			t.Errorf("%v after %d fetches", err, m.n)
		}
	})
}

func TestTokens_OtherFailuresAreTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &minting{fail: &Error{Status: 503}}
		src := &tokens{fetch: m.fetch, now: time.Now}
		together(50, func() {
			if _, _, err := src.get(t.Context(), nil); !errors.Is(err, m.fail) {
				t.Error(err)
			}
		})
		if m.n != 1 {
			t.Errorf("%d fetches", m.n)
		}
		m.fail = nil
		if c, _, err := src.get(t.Context(), nil); err != nil || c.header != "Bearer token-2" {
			t.Error(c, err)
		}
	})
}

func TestTokens_RenewalFailsWhileTheOldTokenIsValid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &minting{lifetime: 100 * time.Second}
		src := &tokens{fetch: m.fetch, now: time.Now}
		old, _, _ := src.get(t.Context(), nil)
		m.fail = errors.New("down")
		time.Sleep(92 * time.Second)
		if c, _, err := src.get(t.Context(), nil); err != nil || c != old {
			t.Errorf("before the end: %v, %v", c, err)
		}
		if c, _, err := src.get(t.Context(), old); !errors.Is(err, m.fail) {
			t.Errorf("after a refusal of it: %v, %v", c, err)
		}
		time.Sleep(10 * time.Second)
		if c, _, err := src.get(t.Context(), nil); !errors.Is(err, m.fail) {
			t.Errorf("after the end: %v, %v", c, err)
		}
	})
}

func TestTokens_Close(t *testing.T) {
	for _, finish := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			m := &minting{}
			src := &tokens{fetch: m.fetch, now: time.Now, finish: finish}
			var wg sync.WaitGroup
			wg.Go(func() {
				if _, _, err := src.get(t.Context(), nil); (err == nil) != finish {
					t.Errorf("finish %t: %v", finish, err)
				}
			})
			synctest.Wait()
			start := time.Now()
			src.close(t.Context())
			if took := time.Since(start); (took == time.Second) != finish {
				t.Errorf("finish %t: took %s", finish, took)
			}
			wg.Wait()
			if _, _, err := src.get(t.Context(), nil); !errors.Is(err, ErrClosed) {
				t.Error(err)
			}
		})
	}
}
