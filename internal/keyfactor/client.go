// Package keyfactor is a client of the Keyfactor Command API.
//
// It speaks HTTP and JSON as the vendor documents them (Web API reference,
// versions 10 to 25) and hides the vendor's oddities behind sane names: paging
// parameters in two spellings, an inverted sort flag, two API versions of the
// same resource, error bodies that may be JSON, HTML or nothing.
//
// It is handed an *http.Client that already authenticates, retries, limits and
// times out. It must know neither how a caller authenticates nor Terraform.
//
// Every method takes a context, which bounds the call, and returns an
// [*Error] for an answer that is not a success; [IsNotFound] and
// [Error.Status] tell kinds of refusal apart. Errors of the connection are
// passed on as the transport made them.
package keyfactor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
)

// Client calls one Command server. It is safe for concurrent use.
type Client struct {
	http    *http.Client
	base    string
	version atomic.Pointer[string]

	// prefixed remembers, per list endpoint, that the server only understood
	// the older "pq." spelling of the query parameters.
	prefixed sync.Map

	finder *Finder
}

// New makes a client for the API at endpoint, an https URL with the API path
// and no trailing slash, e.g. "https://keyfactor.example.com/KeyfactorAPI".
func New(client *http.Client, endpoint string) *Client {
	c := &Client{http: client, base: strings.TrimRight(endpoint, "/")}
	c.finder = newFinder(c)
	return c
}

// Finder answers look-ups of certificates that run side by side.
func (c *Client) Finder() *Finder { return c.finder }

// Endpoint is the URL that New was given.
func (c *Client) Endpoint() string { return c.base }

// ProductVersion is the four-part version that the server last named in the
// x-keyfactor-product-version header, "" while none was seen.
func (c *Client) ProductVersion() string {
	if v := c.version.Load(); v != nil {
		return *v
	}
	return ""
}

// Major is the first number of ProductVersion, 0 while it is not known.
func (c *Client) Major() int {
	major, _, _ := strings.Cut(c.ProductVersion(), ".")
	n, err := strconv.Atoi(major)
	if err != nil {
		return 0
	}
	return n
}

// maxAnswer is how large an answer may be, in bytes, that is not a page of a
// list: hundreds of certificates with metadata are a hundredth of it.
const maxAnswer = 16 << 20

// maxValues is how many values such an answer may hold: {} takes three bytes
// as text, and a hundred times as many in memory.
const maxValues = 500_000

// call is one request. Its zero values mean: API version 1, no query, no body.
type call struct {
	method     string
	path       string // below the API path, without leading slash
	query      url.Values
	apiVersion int
	body       any
}

// do sends the call and decodes a JSON answer into the value that into points
// to; with into nil a 2xx answer without content, or with any JSON, will do.
func (c *Client) do(ctx context.Context, k call, into any) error {
	resp, body, err := c.send(ctx, k) //nolint:bodyclose // send reads and closes it
	if err != nil {
		return err
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return newError(k, resp, body)
	}
	if into == nil {
		// Documented is 204. A page with a 200 is somebody else's answer, and nothing was done.
		if body = bytes.TrimSpace(body); len(body) == 0 || json.Valid(body) {
			return nil
		}
		return newFormatError(k, resp, body, nil)
	}
	if bytes.Count(body, []byte(",")) >= maxValues {
		return &TooManyRowsError{Method: k.method, Path: resp.Request.URL.Path, Host: resp.Request.URL.Host, Most: maxValues}
	}
	if err := json.Unmarshal(body, into); err != nil {
		return newFormatError(k, resp, body, err)
	}
	return nil
}

// send makes one exchange and reads the whole answer.
func (c *Client) send(ctx context.Context, k call) (*http.Response, []byte, error) {
	req, err := c.request(transport.AtMost(ctx, maxAnswer), k)
	if err != nil {
		return nil, nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, nil, exchangeError(req, err)
	}
	defer resp.Body.Close()
	var body bytes.Buffer
	body.Grow(int(max(min(resp.ContentLength, maxAnswer), 0)) + bytes.MinRead) // the transport knows how long it is
	if _, err := body.ReadFrom(resp.Body); err != nil {
		return nil, nil, fmt.Errorf("%s %s: reading the answer: %w", k.method, req.URL.Path, err)
	}
	if v := resp.Header.Get("x-keyfactor-product-version"); v != "" && v != c.ProductVersion() {
		c.version.Store(&v)
	}
	return resp, body.Bytes(), nil
}

func (c *Client) request(ctx context.Context, k call) (*http.Request, error) {
	target := c.base + "/" + k.path
	if len(k.query) > 0 {
		// %20 and not "+": a server that takes "+" literally would compare
		// with it. Both are allowed in a query.
		target += "?" + strings.ReplaceAll(k.query.Encode(), "+", "%20")
	}
	var body io.Reader
	if k.body != nil {
		b, err := json.Marshal(k.body)
		if err != nil {
			return nil, fmt.Errorf("%s %s: encoding the request: %w", k.method, k.path, err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, k.method, target, body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", k.method, k.path, err)
	}
	version := k.apiVersion
	if version == 0 {
		version = 1
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("x-keyfactor-requested-with", "APIClient")
	req.Header.Set("x-keyfactor-api-version", strconv.Itoa(version))
	if k.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// exchangeError names the request that brought no answer. The end of the
// caller's own time names no server, so that is done here. net/http's
// *url.Error is dropped: its text repeats the whole URL, query included.
func exchangeError(req *http.Request, err error) error {
	if u, ok := err.(*url.Error); ok { //nolint:errorlint // only the outermost layer is dropped
		err = u.Err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s %s: waiting for the answer of %s: %w", req.Method, req.URL.Path, req.URL.Host, err)
	}
	return fmt.Errorf("%s %s: %w", req.Method, req.URL.Path, err)
}
