package simulator_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client calls a simulator as anybody could: net/http and nothing of the project.
type client struct {
	t    *testing.T
	s    *simulator.Simulator
	http *http.Client
	user string // name and password of the Basic credential
	pass string
}

// reply is an answer that was read to its end.
type reply struct {
	status int
	reason string
	header http.Header
	body   []byte
}

func start(t *testing.T, o simulator.Options) *client {
	t.Helper()
	s, err := simulator.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, s: s, user: simulator.User, pass: s.Password(), http: &http.Client{Transport: transport(s)}}
	t.Cleanup(func() {
		c.http.CloseIdleConnections()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func roots(s *simulator.Simulator) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(s.CAPEM()))
	return pool
}

func transport(s *simulator.Simulator) *http.Transport {
	return &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: roots(s)}}
}

// as is the same client with another Basic credential.
func (c *client) as(user, pass string) *client {
	next := *c
	next.user, next.pass = user, pass
	return &next
}

func (c *client) request(method, path string, body any) *http.Request {
	c.t.Helper()
	var reader io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			c.t.Fatal(err)
		}
		reader = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.s.Endpoint()+path, reader)
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("X-Keyfactor-Requested-With", "APIClient")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.user != "" {
		r.SetBasicAuth(c.user, c.pass)
	}
	return r
}

func (c *client) do(r *http.Request) reply {
	c.t.Helper()
	resp, err := c.http.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Status, resp.Header, body}
}

func (c *client) call(method, path string, body any) reply {
	c.t.Helper()
	return c.do(c.request(method, path, body))
}

// get calls with query parameters given as name, value, name, value…
func (c *client) get(path string, parameters ...string) reply {
	c.t.Helper()
	query := url.Values{}
	for i := 0; i+1 < len(parameters); i += 2 {
		query.Set(parameters[i], parameters[i+1])
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return c.call(http.MethodGet, path, nil)
}

func (r reply) want(t *testing.T, status int) reply {
	t.Helper()
	if r.status != status {
		t.Fatalf("status %d, want %d: %s", r.status, status, r.body)
	}
	return r
}

// list decodes an array of objects.
func (r reply) list(t *testing.T) []map[string]any {
	t.Helper()
	var out []map[string]any
	if err := json.Unmarshal(r.body, &out); err != nil {
		t.Fatalf("%v: %s", err, r.body)
	}
	return out
}

func (r reply) object(t *testing.T) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal(r.body, &out); err != nil {
		t.Fatalf("%v: %s", err, r.body)
	}
	return out
}

func (r reply) has(t *testing.T, text string) {
	t.Helper()
	if !strings.Contains(string(r.body), text) {
		t.Errorf("%q is not in %s", text, r.body)
	}
}
