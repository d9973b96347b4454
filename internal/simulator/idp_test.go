package simulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

// token posts a form given as name, value… to the token endpoint; header credentials are sent when id is not empty.
func (c *client) token(id, secret string, form ...string) reply {
	c.t.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(form); i += 2 {
		values.Set(form[i], form[i+1])
	}
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.s.TokenURL(), strings.NewReader(values.Encode()))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if id != "" {
		r.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret))
	}
	return c.do(r)
}

func (c *client) clientCredentials(more ...string) reply {
	c.t.Helper()
	return c.token("", "", append([]string{
		"grant_type", "client_credentials", "client_id", simulator.ClientID, "client_secret", c.s.ClientSecret(),
	}, more...)...)
}

// bearer calls Command with a token and returns the status.
func (c *client) bearer(token string) int {
	c.t.Helper()
	r := c.as("", "").request("GET", "/Status/Endpoints", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return c.do(r).status
}

func TestIDP_ClientCredentialsInHeaderAndBody(t *testing.T) {
	c := start(t, simulator.Options{})
	c.s.AddAccount(simulator.Account{ClientID: "id with:colon", ClientSecret: "s%crät+ /", Roles: []string{"Read Only"}})
	body := c.clientCredentials("scope", "a b", "audience", "x").want(t, 200).object(t)
	if body["expires_in"] != 3600.0 || body["token_type"] != "Bearer" || body["scope"] != "a b" || c.bearer(body["access_token"].(string)) != 200 {
		t.Errorf("answer %v", body)
	}
	facts := c.s.Requests("POST", "/realms/**")[0].Facts
	want := map[string]any{
		"grant_type": "client_credentials", "client_id": simulator.ClientID, "credentials": "body", "scope": "a b", "audience": "x",
	}
	if !reflect.DeepEqual(facts, want) {
		t.Errorf("facts %v", facts)
	}
	header := c.token("id with:colon", "s%crät+ /", "grant_type", "client_credentials").want(t, 200).object(t)
	if got := c.bearer(header["access_token"].(string)); got != 200 {
		t.Errorf("status %d", got)
	}
	if c.s.LiveTokens() != 2 {
		t.Errorf("%d live tokens", c.s.LiveTokens())
	}
	both := c.token(simulator.ClientID, c.s.ClientSecret(), "grant_type", "client_credentials", "client_secret", "x").want(t, 400)
	if both.object(t)["error"] != "invalid_request" {
		t.Errorf("both places: %s", both.body)
	}
}

func TestIDP_PasswordGrant(t *testing.T) {
	c := start(t, simulator.Options{})
	form := []string{
		"grant_type", "password", "client_id", simulator.ClientID, "client_secret", c.s.ClientSecret(),
		"username", simulator.User, "password", c.s.Password(),
	}
	if got := c.bearer(c.token("", "", form...).want(t, 200).object(t)["access_token"].(string)); got != 200 {
		t.Errorf("status %d", got)
	}
	form[len(form)-1] = "wrong"
	if got := c.token("", "", form...).want(t, 400).object(t); got["error"] != "invalid_grant" {
		t.Errorf("answer %v", got)
	}
}

func TestIDP_Refusals(t *testing.T) {
	c := start(t, simulator.Options{})
	knob := func(set func(*simulator.IDPOptions)) {
		c.s.Configure(func(o *simulator.Options) { o.IDP = simulator.IDPOptions{}; set(&o.IDP) })
	}
	check := func(got reply, status int, code string) {
		t.Helper()
		if got.want(t, status).object(t)["error"] != code {
			t.Errorf("answer %s, want %s", got.body, code)
		}
	}
	wrong := []string{"grant_type", "client_credentials", "client_id", simulator.ClientID, "client_secret", "wrong"}
	check(c.token("", "", wrong...), 401, "invalid_client")
	check(c.token(simulator.ClientID, "wrong", "grant_type", "client_credentials"), 401, "invalid_client")
	check(c.clientCredentials("grant_type", "authorization_code"), 400, "unsupported_grant_type")
	check(c.token(simulator.ClientID, c.s.ClientSecret(), "scope", "x"), 400, "invalid_request") // RFC 6749 section 5.2
	knob(func(o *simulator.IDPOptions) { o.RefusedClients = []string{simulator.ClientID} })
	check(c.clientCredentials(), 400, "unauthorized_client")
	knob(func(o *simulator.IDPOptions) { o.RequiredScope = "keyfactor" })
	check(c.clientCredentials("scope", "openid"), 400, "invalid_scope")
	c.clientCredentials("scope", "openid keyfactor").want(t, 200)
	knob(func(o *simulator.IDPOptions) { o.RequiredAudience = "command" })
	check(c.clientCredentials(), 400, "invalid_request")
	c.clientCredentials("audience", "command").want(t, 200)
	knob(func(o *simulator.IDPOptions) { o.HeaderOnly = true })
	check(c.clientCredentials(), 401, "invalid_client")
	knob(func(o *simulator.IDPOptions) { o.BodyOnly = true })
	check(c.token(simulator.ClientID, c.s.ClientSecret(), "grant_type", "client_credentials"), 401, "invalid_client")
	knob(func(o *simulator.IDPOptions) { o.HTML = 503 })
	c.clientCredentials().want(t, 503).has(t, "<!DOCTYPE html>")
	knob(func(o *simulator.IDPOptions) { o.EchoRequest = true })
	c.token("", "", wrong...).want(t, 401).has(t, "client_secret=wrong")
	knob(func(o *simulator.IDPOptions) { o.NoExpiresIn = true })
	if _, ok := c.clientCredentials().want(t, 200).object(t)["expires_in"]; ok {
		t.Error("expires_in is there")
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.s.TokenURL(), strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	check(c.do(r), 400, "invalid_request")
}

func TestIDP_TokensEnd(t *testing.T) {
	clock := time.Now()
	c := start(t, simulator.Options{TokenLifetime: time.Minute, Now: func() time.Time { return clock }})
	token := c.clientCredentials().object(t)["access_token"].(string)
	if c.bearer(token) != 200 {
		t.Error("a fresh token is refused")
	}
	clock = clock.Add(time.Minute)
	if c.bearer(token) != 401 || c.s.LiveTokens() != 0 {
		t.Error("the token lives on")
	}
	token = c.clientCredentials().object(t)["access_token"].(string)
	c.s.EndTokens()
	if c.bearer(token) != 401 || c.bearer(c.s.AccessToken()) != 200 {
		t.Error("EndTokens ends tokens of the provider only")
	}
	c.s.RevokeTokens()
	if c.bearer(c.s.AccessToken()) != 401 {
		t.Error("the static token lives on")
	}
}

func TestControl(t *testing.T) {
	c := start(t, simulator.Options{})
	leaf := made(t, "www.keyexample.com", made(t, "Test root", nil))
	c.imported(leaf)
	control := func(method, path, token, body string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, c.s.ControlURL()+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Close = true
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(text)
	}
	token := c.s.ControlToken()
	for _, wrong := range []string{"", "nobody", c.s.AccessToken()} {
		if status, body := control("GET", "/journal", wrong, ""); status != 401 || strings.Contains(body, "Import") {
			t.Errorf("token %q: %d %s", wrong, status, body)
		}
	}
	var entries []simulator.Entry
	if _, body := control("GET", "/journal", token, ""); json.Unmarshal([]byte(body), &entries) != nil || len(entries) != 1 {
		t.Errorf("journal %s", body)
	}
	var state struct{ Certificates []simulator.CertificateRecord }
	if _, body := control("GET", "/state", token, ""); json.Unmarshal([]byte(body), &state) != nil || state.Certificates[0].Thumbprint != leaf.thumbprint() {
		t.Errorf("state %s", body)
	}
	for _, one := range []struct {
		method, path, body string
		status             int
	}{
		{"POST", "/act", `{"Name":"set-metadata","Thumbprint":"` + leaf.thumbprint() + `","Key":"Notes","Value":"x"}`, 204},
		{"POST", "/act", `{"Name":"nothing"}`, 400},
		{"POST", "/act", `{"Name":"revoke","Nobody":1}`, 400},
		{"POST", "/faults", `[{"Kind":"status","Status":503,"Path":"/Certificates","Count":1}]`, 204},
		{"POST", "/faults", `[{"Kind":"nothing"}]`, 400},
		{"GET", "/nothing", "", 404},
	} {
		if status, body := control(one.method, one.path, token, one.body); status != one.status {
			t.Errorf("%s %s: %d %s", one.method, one.body, status, body)
		}
	}
	if record, _ := c.s.Certificate(leaf.thumbprint()); record.Metadata["Notes"] != "x" {
		t.Errorf("metadata %v", record.Metadata)
	}
	c.get("/Certificates").want(t, 503)
	c.get("/Certificates").want(t, 200)
	control("POST", "/faults", token, `[{"Kind":"status","Status":500}]`)
	control("DELETE", "/faults", token, "")
	c.get("/Certificates").want(t, 200)
	control("DELETE", "/journal", token, "")
	if n := len(c.s.Journal()); n != 0 {
		t.Errorf("%d entries", n)
	}
}

func TestPerform_EveryAct(t *testing.T) {
	c := start(t, simulator.Options{HoldJobs: true})
	leaf := made(t, "www.keyexample.com", made(t, "Test root", nil))
	c.imported(leaf)
	store := c.s.Stores()[0].ID
	token := c.clientCredentials().object(t)["access_token"].(string)
	identities := len(c.s.Identities())
	for _, a := range []simulator.Act{
		{Name: "set-owner", Value: "Web Team"}, {Name: "remove-private-key"}, {Name: "revoke"}, {Name: "add-to-store", Key: store, Value: "a"},
		{Name: "run-jobs"}, {Name: "renumber"}, {Name: "remove-from-store", Key: store}, {Name: "add-identity", Value: `A\b`},
		{Name: "end-tokens"}, {Name: "revoke-tokens"},
	} {
		a.Thumbprint = leaf.thumbprint()
		if err := c.s.Perform(a); err != nil {
			t.Errorf("%s: %v", a.Name, err)
		}
	}
	got, _ := c.s.Certificate(leaf.thumbprint())
	if got.OwnerRoleName != "Web Team" || !got.Revoked || got.ID != 2 || len(got.Locations) != 0 {
		t.Errorf("record %+v", got)
	}
	if len(c.s.Identities()) != identities+1 || c.bearer(token) != 401 {
		t.Error("the other acts did nothing")
	}
	if err := c.s.Perform(simulator.Act{Name: "remove-identity", ID: 1}); err != nil || len(c.s.Identities()) != identities {
		t.Errorf("remove-identity: %v", err)
	}
	if err := c.s.Perform(simulator.Act{Name: "remove-certificate", ID: got.ID}); err != nil || len(c.s.Certificates()) != 0 {
		t.Errorf("remove-certificate: %v", err)
	}
	if c.s.Perform(simulator.Act{Name: "revoke", Thumbprint: "00"}) == nil {
		t.Error("nothing was revoked")
	}
}
