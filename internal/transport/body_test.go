package transport

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestRoundTrip_TruncatedBodies(t *testing.T) {
	answers := map[string]string{
		"length":  "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
		"chunked": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
		"headers": "HTTP/1.1 200 OK\r\nContent-Le",
		"5xx":     "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 100\r\n\r\nhalf",
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			var requests atomic.Int32
			tr, server, _ := plain(t, func(w http.ResponseWriter, _ *http.Request) {
				if requests.Add(1) == 1 {
					conn := hijack(w)
					_, _ = io.WriteString(conn, answer)
					_ = conn.Close()
					return
				}
				_, _ = io.WriteString(w, "whole")
			}, nil)
			resp, err := tr.Client(nil).Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			if got := text(t, resp); got != "whole" || AttemptsOf(resp) != 2 {
				t.Errorf("%q after %d", got, AttemptsOf(resp))
			}
			requests.Store(0)
			_, err = tr.Client(nil).Post(server.URL, "", strings.NewReader("x"))
			if got := cause[*Error](t, err); !got.MayHaveBeenCarriedOut || got.Attempts != 1 || name != "headers" && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestRoundTrip_NotFoundIsAskedForAgainWhereItsBodyIsCut(t *testing.T) {
	for method, want := range map[string]int{"GET": 3, "DELETE": 3, "POST": 1} {
		for name, cuts := range map[string]int32{"twice": 2, "always": 100} {
			var requests atomic.Int32
			tr, server, _ := plain(t, func(w http.ResponseWriter, _ *http.Request) {
				if requests.Add(1) > cuts {
					w.WriteHeader(404)
					_, _ = io.WriteString(w, "whole")
					return
				}
				conn := hijack(w)
				_, _ = io.WriteString(conn, "HTTP/1.1 404 Not Found\r\nContent-Length: 100\r\n\r\nhalf")
				_ = conn.Close()
			}, func(o *Options) { o.MaxRetries = 2 })
			resp, err := tr.RoundTrip(request(t, t.Context(), method, server.URL, ""))
			if err != nil {
				t.Fatal(err)
			}
			body := "half"
			if name == "twice" && want > 1 {
				body = "whole"
			}
			if got := text(t, resp); resp.StatusCode != 404 || got != body || AttemptsOf(resp) != want || MayHaveBeenCarriedOut(resp) {
				t.Errorf("%s, cut %s: %d, %q after %d attempts, may have been carried out: %t", method, name, resp.StatusCode, got, AttemptsOf(resp), MayHaveBeenCarriedOut(resp))
			}
		}
	}
}

func TestRoundTrip_RefusalStandsThoughItsBodyIsCut(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"cut": func(w http.ResponseWriter, _ *http.Request) {
			conn := hijack(w)
			_, _ = io.WriteString(conn, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 100\r\n\r\nhalf")
			_ = conn.Close()
		},
		"never ends": func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(401)
			_, _ = io.WriteString(w, "half")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
		"too large": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(401)
			_, _ = io.WriteString(w, "half"+strings.Repeat("x", 5000))
		},
	} {
		t.Run(name, func(t *testing.T) {
			var requests atomic.Int32
			tr, server, _ := plain(t, func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				handler(w, r)
			}, func(o *Options) { o.RequestTimeout, o.MaxBody = 500*time.Millisecond, 1000 })
			resp, err := tr.Client(nil).Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			if got := text(t, resp); resp.StatusCode != 401 || !strings.HasPrefix(got, "half") || len(got) > 1000 || requests.Load() != 1 {
				t.Errorf("%d, %d bytes after %d requests", resp.StatusCode, len(got), requests.Load())
			}
		})
	}
}

func TestRoundTrip_AnswerTooLargeIsAskedForOnceMore(t *testing.T) {
	for method, want := range map[string]int32{"GET": 2, "PUT": 2, "DELETE": 2, "POST": 1} {
		for name, c := range map[string]struct {
			large int32 // so many answers are too large
			err   bool
		}{"once": {1, method == "POST"}, "always": {100, true}} {
			var requests atomic.Int32
			tr, server, _ := start(t, func(w http.ResponseWriter, _ *http.Request) {
				if requests.Add(1) <= c.large {
					_, _ = w.Write(make([]byte, 5000))
				}
			}, func(o *Options) { o.MaxBody = 1000 })
			_, err := tr.RoundTrip(request(t, t.Context(), method, server.URL, ""))
			if requests.Load() != want || (err != nil) != c.err {
				t.Errorf("%s, too large %s: %d requests, %v", method, name, requests.Load(), err)
			}
			var failed *Error
			if errors.As(err, &failed) && failed.MayHaveBeenCarriedOut != (method != "GET") {
				t.Errorf("%s, too large %s: may have been carried out: %t", method, name, failed.MayHaveBeenCarriedOut)
			}
		}
	}
}

func TestRoundTrip_BodyLimitCountsDecompressedBytes(t *testing.T) {
	var bomb bytes.Buffer
	packer := gzip.NewWriter(&bomb)
	_, _ = packer.Write(make([]byte, 1<<20))
	_ = packer.Close()
	var requests atomic.Int32
	tr, server, _ := start(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		switch r.URL.Path {
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
		case "/announced":
			w.Header().Set("Content-Length", "100001")
			_, _ = w.Write(make([]byte, 100_001))
		case "/exact":
			_, _ = w.Write(make([]byte, 100_000))
		}
	}, func(o *Options) { o.MaxBody = 100_000 })
	if bomb.Len() > 2000 {
		t.Fatal("not a bomb")
	}
	for _, path := range []string{"/bomb", "/announced"} {
		requests.Store(0)
		_, err := tr.Client(nil).Get(server.URL + path)
		if got := cause[*LimitError](t, err); got.Limit != 100_000 || requests.Load() != 2 {
			t.Errorf("%s: %+v after %d requests", path, got, requests.Load())
		}
	}
	for limit, ok := range map[int64]bool{99_999: false, 100_000: true, 1 << 40: true} {
		_, err := tr.RoundTrip(request(t, AtMost(t.Context(), limit), "GET", server.URL+"/exact", ""))
		if (err == nil) != ok {
			t.Errorf("at most %d: %v", limit, err)
		}
	}
	resp, err := tr.Client(nil).Get(server.URL + "/exact")
	if err != nil || resp.ContentLength != 100_000 || len(text(t, resp)) != 100_000 {
		t.Errorf("%v, %v", resp, err)
	}
}

func TestRoundTrip_BodyWithoutGetBodyIsRepeatedWhole(t *testing.T) {
	var bodies []string
	tr, server, _ := start(t, func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		bodies = append(bodies, string(data))
		if len(bodies) < 3 {
			w.WriteHeader(500)
		}
	}, nil)
	req := request(t, t.Context(), "PUT", server.URL, "")
	req.Body = io.NopCloser(io.MultiReader(strings.NewReader("one "), strings.NewReader("two")))
	req.ContentLength = -1
	if _, err := tr.RoundTrip(req); err != nil || strings.Join(bodies, ",") != "one two,one two,one two" {
		t.Errorf("%q, %v", bodies, err)
	}
}
