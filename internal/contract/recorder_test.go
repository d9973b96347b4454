package contract

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

// recorder stands between the provider and the simulator and keeps what passes.
type recorder struct {
	server *httptest.Server
	ca     string // what the provider has to trust: this server and the simulator's others

	mu        sync.Mutex
	exchanges []exchange
}

func record(t *testing.T, s *simulator.Simulator) *recorder {
	t.Helper()
	target, err := url.Parse(s.Endpoint())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(s.CAPEM())) {
		t.Fatal("the simulator's authority cannot be read")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableCompression: true}
	r := &recorder{}
	r.server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		x, err := forward(transport, target.Host, request)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		r.mu.Lock()
		r.exchanges = append(r.exchanges, x)
		r.mu.Unlock()
		maps.Copy(w.Header(), x.answerHeader)
		w.WriteHeader(x.status)
		_, _ = w.Write(x.answer)
	}))
	t.Cleanup(func() { r.server.Close(); transport.CloseIdleConnections() })
	r.ca = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: r.server.Certificate().Raw})) + s.CAPEM()
	return r
}

// forward sends a request on, without compression: the documents describe what is inside.
func forward(transport http.RoundTripper, host string, request *http.Request) (exchange, error) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return exchange{}, err
	}
	address := *request.URL
	address.Scheme, address.Host = "https", host
	out, err := http.NewRequestWithContext(request.Context(), request.Method, address.String(), bytes.NewReader(body))
	if err != nil {
		return exchange{}, err
	}
	out.Header = request.Header.Clone()
	out.Header.Del("Accept-Encoding")
	response, err := transport.RoundTrip(out)
	if err != nil {
		return exchange{}, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	return exchange{
		method: request.Method, url: &address, header: out.Header, body: body,
		status: response.StatusCode, answerHeader: response.Header, answer: answer,
	}, err
}

func (r *recorder) all() []exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.exchanges)
}

// serve is the provider in process, sending through the recorder.
func (r *recorder) serve(t *testing.T, s *simulator.Simulator, more acctest.Values) *acctest.Server {
	t.Helper()
	config := acctest.Values{"endpoint": r.server.URL + apiPath, "ca_certificate": r.ca}
	for name, value := range more {
		config[name] = value
	}
	return acctest.Serve(t, s, config)
}
