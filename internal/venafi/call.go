package venafi

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/secret"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
)

// answer is what came back, read and closed.
type answer struct {
	call    string
	host    string
	ch      *channel
	started time.Time // before the request
	status  int
	reason  string // the status line's own words, "" when they are the standard ones
	header  http.Header
	body    []byte
	version uint16 // of TLS, 0 without
	tls12   error  // why a second try with TLS 1.2 brought no answer
}

func (a answer) refused() bool {
	return a.status == http.StatusUnauthorized || a.status == http.StatusForbidden
}

// call makes a request and, where it is refused over TLS 1.3 without the client certificate having been asked for,
// once more with TLS 1.2. The way that was not refused is used from then on.
func (c *Client) call(ctx context.Context, method, call string, body []byte, bearer secret.String) (answer, error) {
	ch := c.channel()
	first, err := c.do(ctx, ch, method, call, body, bearer)
	if err != nil || !first.refused() || ch.asked.Load() || first.version < tls.VersionTLS13 {
		return first, err
	}
	ch = newChannel(c.config, tls.VersionTLS12)
	second, failed := c.do(ctx, ch, method, call, body, bearer)
	if failed == nil && !second.refused() {
		c.use(ch)
		return second, nil
	}
	ch.transport.CloseIdleConnections()
	if failed != nil {
		first.tls12 = failed
		return first, nil //nolint:nilerr // the refusal says more than the second try
	}
	return second, nil
}

func (c *Client) do(ctx context.Context, ch *channel, method, call string, body []byte, bearer secret.String) (answer, error) {
	a := answer{call: call, ch: ch, started: c.config.Now()}
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(context.WithValue(ctx, requestKey{}, true), method, c.base+"/"+call, reader)
	if err != nil {
		return a, errURL
	}
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer.Reveal())
	}
	resp, err := ch.transport.Client(nil).Do(req)
	if err != nil {
		return a, ch.explain(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if a.body, err = io.ReadAll(resp.Body); err != nil {
		return a, err
	}
	a.host, a.status, a.header = req.URL.Host, resp.StatusCode, resp.Header
	if _, phrase, _ := strings.Cut(resp.Status, " "); phrase != http.StatusText(resp.StatusCode) {
		a.reason = phrase
	}
	if resp.TLS != nil {
		a.version = resp.TLS.Version
	}
	return a, nil
}

// explain takes away net/http's own sentence, and names the client certificate where the server broke off TLS after
// it had asked for it.
func (ch *channel) explain(err error) error {
	var failed *transport.Error
	if !errors.As(err, &failed) {
		return err
	}
	if alert := transport.RemoteAlert(failed); alert != "" && ch.asked.Load() {
		return &CertificateRefusedError{Alert: alert, Err: failed}
	}
	return failed
}
