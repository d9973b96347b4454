package transport

import (
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

func TestSlowIsFinal_GatewayTimeout(t *testing.T) {
	var requests atomic.Int64
	tr, server, _ := start(t, func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.WriteHeader(http.StatusGatewayTimeout)
	}, nil)
	resp, err := tr.RoundTrip(request(t, SlowIsFinal(t.Context()), "GET", server.URL, ""))
	if err != nil || resp.StatusCode != http.StatusGatewayTimeout {
		t.Fatalf("answer %v, error %v; want the 504", resp, err)
	}
	if n := requests.Load(); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestSlowIsFinal_NoAnswerInTime(t *testing.T) {
	var requests atomic.Int64
	tr, server, _ := start(t, func(_ http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		<-r.Context().Done()
	}, func(o *Options) { o.RequestTimeout = time.Second })
	_, err := tr.RoundTrip(request(t, SlowIsFinal(t.Context()), "GET", server.URL, ""))
	var slow *TimeoutError
	if !errors.As(err, &slow) {
		t.Fatalf("error = %v, want a time-out", err)
	}
	if n := requests.Load(); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestSlowIsFinal_OtherFailuresAreRepeated(t *testing.T) {
	var requests atomic.Int64
	tr, server, _ := start(t, func(w http.ResponseWriter, _ *http.Request) {
		if requests.Add(1) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}, nil)
	resp, err := tr.RoundTrip(request(t, SlowIsFinal(t.Context()), "GET", server.URL, ""))
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("answer %v, error %v; want a success after two failures", resp, err)
	}
}
