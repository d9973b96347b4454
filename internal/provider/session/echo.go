package session

import (
	"encoding/json"
	"io"
	"net/http"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/secret"
)

// guarded wraps a login so that what a request gives away is known to the
// redactor before its answer is shown: careless servers repeat a request in
// their error. A certificate file and its password belong to one resource and
// not to the provider's configuration, so the redactor learns of them here, for
// every call that sends them.
func (s *Session) guarded(wrap func(http.RoundTripper) http.RoundTripper) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return &echoGuard{next: wrap(next), redactor: s.redactor}
	}
}

type echoGuard struct {
	next     http.RoundTripper
	redactor *secret.Redactor
}

func (g *echoGuard) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := g.next.RoundTrip(req)
	if err == nil && req.Method == http.MethodPost && req.GetBody != nil {
		g.learn(req, resp.StatusCode >= http.StatusBadRequest)
	}
	return resp, err
}

// learn reads the members that hold secrets in POST /Certificates/Import and
// /Certificates/Analyze. The file itself is learnt of only where the call
// failed, for it is large.
func (g *echoGuard) learn(req *http.Request, failed bool) {
	body, err := req.GetBody()
	if err != nil {
		return
	}
	defer func() { _ = body.Close() }()
	data, err := io.ReadAll(body)
	if err != nil {
		return
	}
	var sent struct {
		Certificate, Password string
		StoreTypes            []struct{ Properties []map[string]any }
	}
	if json.Unmarshal(data, &sent) != nil { // no object: nothing of that kind was sent
		return
	}
	g.redactor.Add(secret.String(sent.Password))
	for _, storeType := range sent.StoreTypes {
		for _, properties := range storeType.Properties {
			for _, value := range properties {
				if text, ok := value.(string); ok {
					g.redactor.Add(secret.String(text))
				}
			}
		}
	}
	if failed {
		g.redactor.Add(secret.String(sent.Certificate))
	}
}
