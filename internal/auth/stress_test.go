package auth

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestOAuth_FaultsOfAllKindsAtOnce lets tokens end, connections break and callers give up at random. Every request
// must come to an end, none with a refusal, and few tokens may be fetched.
func TestOAuth_FaultsOfAllKindsAtOnce(t *testing.T) {
	for seed := range uint64(2) {
		random := rand.New(rand.NewPCG(seed, 0))
		w := newWorld(t)
		fault := func(rw http.ResponseWriter) bool {
			switch random.IntN(12) {
			case 0:
				conn, _, _ := http.NewResponseController(rw).Hijack()
				_ = conn.Close()
				return true
			case 1:
				rw.WriteHeader(503)
				return true
			}
			return false
		}
		ended, uses := 0, 0 // uses of the newest token; it ends when all who waited for it have long had it
		w.token = func(rw http.ResponseWriter, _ int) bool {
			uses = 0
			return fault(rw)
		}
		w.api = func(rw http.ResponseWriter, _ int) bool {
			if uses++; uses == 40 {
				clear(w.valid)
				ended++
			}
			return fault(rw)
		}
		a := w.oauth(nil)
		client := w.base.Client(a.Wrap)
		var mu sync.Mutex
		served, gaveUp, failed := 0, 0, 0
		var wg sync.WaitGroup
		parallel := make(chan struct{}, 10) // as many as Terraform walks at a time
		for i := range 200 {
			parallel <- struct{}{}
			wg.Go(func() {
				defer func() { <-parallel }()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if i%10 == 0 {
					ctx, cancel = context.WithTimeout(ctx, time.Duration(i)*20*time.Microsecond)
					defer cancel()
				}
				req, _ := http.NewRequestWithContext(ctx, "PUT", w.server.URL+"/KeyfactorAPI/x", strings.NewReader("the body"))
				resp, err := client.Do(req)
				mu.Lock()
				defer mu.Unlock()
				var refusal *Error
				switch {
				case err == nil && resp.StatusCode == 200:
					served++
				case ctx.Err() != nil:
					gaveUp++
				case errors.As(err, &refusal):
					t.Errorf("seed %d: %v", seed, err)
				default:
					failed++ // out of attempts
				}
			})
		}
		wg.Wait()
		w.mu.Lock() // requests that were given up may still be served
		defer w.mu.Unlock()
		if served < 150 || ended == 0 {
			t.Errorf("seed %d: %d served, %d gave up, %d failed, tokens ended %d times", seed, served, gaveUp, failed, ended)
		}
		if len(w.forms) > 6*(ended+1) {
			t.Errorf("seed %d: %d token requests for %d ends", seed, len(w.forms), ended)
		}
		t.Logf("seed %d: %d served, %d gave up, %d failed; %d API requests, %d token requests, tokens ended %d times",
			seed, served, gaveUp, failed, len(w.calls), len(w.forms), ended)
	}
}
