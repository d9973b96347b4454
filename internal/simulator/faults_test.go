package simulator_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

func (c *client) inject(list ...simulator.Fault) {
	c.t.Helper()
	c.s.ClearFaults()
	if err := c.s.Inject(list...); err != nil {
		c.t.Fatal(err)
	}
}

// try is do for requests that may fail: the error is that of the request or of reading the answer.
func (c *client) try(r *http.Request) (reply, error) {
	resp, err := c.http.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Status, resp.Header, body}, err
}

// overHTTP1 is the same client without HTTP/2 and without kept connections.
func (c *client) overHTTP1() *client {
	next := *c
	own := transport(c.s)
	own.ForceAttemptHTTP2, own.DisableKeepAlives = false, true
	next.http = &http.Client{Transport: own}
	return &next
}

func TestFaults_Statuses(t *testing.T) {
	c := start(t, simulator.Options{})
	for _, one := range []struct {
		fault       simulator.Fault
		contentType string
	}{
		{simulator.Fault{Status: 503, Body: `{"Message":"later"}`, RetryAfter: 7}, "application/json"},
		{simulator.Fault{Status: 502, Body: "<html></html>"}, "text/html"},
		{simulator.Fault{Status: 500}, ""},
		{simulator.Fault{Status: 200, Body: `"text"`}, "application/json"},
		{simulator.Fault{Status: 302, Header: map[string]string{"Location": "https://127.0.0.2/x"}}, ""},
		{simulator.Fault{Status: 500, Body: "plain", ContentType: "text/plain"}, "text/plain"},
	} {
		one.fault.Kind, one.fault.Count = simulator.FaultStatus, 1
		c.inject(one.fault)
		c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		got := c.get("/Status/Endpoints").want(t, one.fault.Status)
		if string(got.body) != one.fault.Body || got.header.Get("Content-Type") != one.contentType {
			t.Errorf("%+v: %q %s", one.fault, got.header.Get("Content-Type"), got.body)
		}
		if one.fault.RetryAfter != 0 && got.header.Get("Retry-After") != strconv.Itoa(one.fault.RetryAfter) {
			t.Errorf("Retry-After %q", got.header.Get("Retry-After"))
		}
		c.get("/Status/Endpoints").want(t, 200)
	}
	c.inject(simulator.Fault{Kind: simulator.FaultStatus, Status: 429, RetryAfter: 60, RetryAfterDate: true})
	at, err := http.ParseTime(c.get("/Status/Endpoints").want(t, 429).header.Get("Retry-After"))
	if left := time.Until(at); err != nil || left < 50*time.Second || left > 61*time.Second {
		t.Errorf("Retry-After in %s, %v", left, err)
	}
}

func TestFaults_WhichRequests(t *testing.T) {
	c := start(t, simulator.Options{})
	c.inject(simulator.Fault{Kind: simulator.FaultStatus, Status: 500, Method: "GET", Path: "/Security/*", Skip: 1, Count: 2})
	var got []int
	for range 5 {
		got = append(got, c.get("/Security/Roles").status)
	}
	if want := []int{200, 500, 500, 200, 200}; !reflect.DeepEqual(got, want) {
		t.Errorf("statuses %v, want %v", got, want)
	}
	c.inject(
		simulator.Fault{Kind: simulator.FaultStatus, Status: 500, Server: "idp"},
		simulator.Fault{Kind: simulator.FaultStatus, Status: 501, Path: "/certificates/**"},
	)
	for path, want := range map[string]int{"/Certificates/Locations/1": 501, "/Certificates": 200, "/CertificateStores": 200} {
		c.get(path).want(t, want)
	}
	c.clientCredentials().want(t, 500)
	if c.s.Injected() != 4 {
		t.Errorf("%d injected", c.s.Injected())
	}
}

func TestFaults_Resets(t *testing.T) {
	base := start(t, simulator.Options{})
	leaf := made(t, "www.keyexample.com", made(t, "Test root", nil))
	body := map[string]string{"Certificate": encode(leaf.Raw)}
	for name, c := range map[string]*client{"HTTP/2": base, "HTTP/1.1": base.overHTTP1()} {
		for _, one := range []struct {
			kind       simulator.Kind
			carriedOut int
		}{{simulator.FaultReset, 0}, {simulator.FaultLoseAnswer, 1}, {simulator.FaultCut, 1}} {
			c.s.ClearFaults()
			if record, ok := c.s.Certificate(leaf.thumbprint()); ok {
				if err := c.s.RemoveCertificate(record.ID); err != nil {
					t.Fatal(err)
				}
			}
			c.s.ResetJournal()
			c.inject(simulator.Fault{Kind: one.kind, Method: "POST"})
			if got, err := c.try(c.request("POST", "/Certificates/Import", body)); err == nil {
				t.Errorf("%s %s: an answer came: %d %s", name, one.kind, got.status, got.body)
			}
			if n := len(c.s.Certificates()); n != one.carriedOut {
				t.Errorf("%s %s: %d certificates, want %d", name, one.kind, n, one.carriedOut)
			}
			entry := c.s.Journal()[0]
			if entry.Fault != string(one.kind) || (one.kind != simulator.FaultCut && entry.Status != 0) {
				t.Errorf("%s %s: entry %+v", name, one.kind, entry)
			}
			if want := map[bool]any{true: 200, false: nil}[one.carriedOut == 1]; entry.Facts["carriedOut"] != want {
				t.Errorf("%s %s: carried out %v", name, one.kind, entry.Facts["carriedOut"])
			}
		}
	}
	one := base.overHTTP1()
	base.inject(simulator.Fault{Kind: simulator.FaultReset})
	if _, err := one.try(one.request("POST", "/Certificates/Import", body)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("not a reset: %v", err)
	}
}

func TestFaults_SilenceEndsWithTheClientOrTheSimulator(t *testing.T) {
	c := start(t, simulator.Options{})
	for kind, carriedOut := range map[simulator.Kind]int{simulator.FaultHang: 0, simulator.FaultHangAfter: 1} {
		c.inject(simulator.Fault{Kind: kind, Method: "POST"})
		leaf := made(t, "www.keyexample.com", made(t, "Test root", nil))
		before := len(c.s.Certificates())
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		_, err := c.try(c.request("POST", "/Certificates/Import", map[string]string{"Certificate": encode(leaf.Raw)}).WithContext(ctx))
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) || len(c.s.Certificates())-before != carriedOut {
			t.Errorf("%s: %v, %d more certificates", kind, err, len(c.s.Certificates())-before)
		}
	}
	s, err := simulator.Start(simulator.Options{Faults: []simulator.Fault{{Kind: simulator.FaultHang}}})
	if err != nil {
		t.Fatal(err)
	}
	other := &client{t: t, s: s, http: &http.Client{Transport: transport(s)}, user: simulator.User, pass: s.Password()}
	defer other.http.CloseIdleConnections()
	failed := make(chan error)
	request := other.request("GET", "/Certificates", nil)
	go func() { _, err := other.try(request); failed <- err }()
	for len(s.Journal()) == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if <-failed == nil {
		t.Error("an answer came")
	}
}

func TestFaults_LargeAndSlowBodies(t *testing.T) {
	c := start(t, simulator.Options{})
	c.inject(simulator.Fault{Kind: simulator.FaultTrickle, Delay: time.Microsecond})
	c.get("/Security/Roles/1").want(t, 200).has(t, "Administrator")
	c.inject(simulator.Fault{Kind: simulator.FaultFlood, Size: 3 << 20})
	if got := c.get("/Certificates").want(t, 200); len(got.body) != 3<<20+2 {
		t.Errorf("%d bytes", len(got.body))
	}
	c.inject(simulator.Fault{Kind: simulator.FaultFlood, Size: 3 << 20, Gzip: true, Status: 502})
	got := c.get("/Certificates").want(t, 502)
	if sent := c.s.Journal()[2].ResponseBytes; len(got.body) != 3<<20+2 || sent > 1<<16 {
		t.Errorf("%d bytes of %d sent", len(got.body), sent)
	}
	c.inject(simulator.Fault{Kind: simulator.FaultFlood})
	r, err := c.http.Do(c.request("GET", "/Certificates", nil))
	if err != nil {
		t.Fatal(err)
	}
	// Without a size it is 100 MB; a part of them is enough here.
	if n, err := io.CopyN(io.Discard, r.Body, 4<<20); n != 4<<20 || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	r.Body.Close()
}

func TestFaults_RefusedForAWhile(t *testing.T) {
	c := start(t, simulator.Options{}).overHTTP1()
	c.inject(simulator.Fault{Kind: simulator.FaultRefuse, Count: 1, Delay: 300 * time.Millisecond})
	if _, err := c.try(c.request("GET", "/Certificates", nil)); err == nil {
		t.Error("an answer came")
	}
	refused := 0
	for deadline := time.Now().Add(10 * time.Second); ; {
		got, err := c.try(c.request("GET", "/Certificates", nil))
		if err == nil && got.status == 200 {
			break
		}
		if errors.Is(err, syscall.ECONNREFUSED) {
			refused++
		}
		if time.Now().After(deadline) {
			t.Fatal("the port stays shut")
		}
		time.Sleep(5 * time.Millisecond)
	}
	if refused == 0 {
		t.Error("no connection was refused")
	}
}

func TestStart_PortsFixedAndTaken(t *testing.T) {
	c := start(t, simulator.Options{})
	endpoint, err := url.Parse(c.s.Endpoint())
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(endpoint.Port())
	if err != nil {
		t.Fatal(err)
	}
	o := simulator.Options{Ports: simulator.Ports{IDP: port}}
	if _, err := simulator.Start(o); !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), "idp") {
		t.Errorf("a taken port: %v", err)
	}
	if err := c.s.Close(); err != nil {
		t.Fatal(err)
	}
	next := start(t, o)
	if !strings.HasPrefix(next.s.TokenURL(), "https://"+endpoint.Host+"/") {
		t.Errorf("token URL %s", next.s.TokenURL())
	}
}

func TestStopListening(t *testing.T) {
	c := start(t, simulator.Options{})
	c.get("/Certificates").want(t, 200)
	c.s.StopListening("command")
	if _, err := c.try(c.request("GET", "/Certificates", nil)); err == nil {
		t.Error("an answer came")
	}
	var refused *net.OpError
	if _, err := c.try(c.request("GET", "/Certificates", nil)); !errors.As(err, &refused) || !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("not refused: %v", err)
	}
	if err := c.s.Listen("command"); err != nil {
		t.Fatal(err)
	}
	c.get("/Certificates").want(t, 200)
}

func TestFaults_CertificateChanged(t *testing.T) {
	c := start(t, simulator.Options{}).overHTTP1()
	serial := func() string {
		t.Helper()
		resp, err := c.http.Do(c.request("GET", "/Status/Endpoints", nil))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.TLS.PeerCertificates[0].SerialNumber.String()
	}
	first := serial()
	c.inject(simulator.Fault{Kind: simulator.FaultChangeCertificate, Trusted: true, Count: 1})
	if _, err := c.try(c.request("GET", "/Certificates", nil)); err == nil {
		t.Error("an answer came")
	}
	if serial() == first {
		t.Error("the certificate is the same")
	}
	c.inject(simulator.Fault{Kind: simulator.FaultChangeCertificate, Count: 1, Delay: time.Hour})
	if _, err := c.try(c.request("GET", "/Certificates", nil)); err == nil {
		t.Error("an answer came")
	}
	var untrusted x509.UnknownAuthorityError
	if _, err := c.try(c.request("GET", "/Certificates", nil)); !errors.As(err, &untrusted) {
		t.Errorf("trusted: %v", err)
	}
	if err := c.s.ChangeCertificate("command", true); err != nil {
		t.Fatal(err)
	}
	c.get("/Certificates").want(t, 200)
}

func TestFaults_ThatHandleTheRequest(t *testing.T) {
	c := start(t, simulator.Options{Identities: 100})
	root := made(t, "Test root", nil)
	leaf := made(t, "a", root)
	c.imported(leaf)
	c.imported(made(t, "b", root))
	token := c.clientCredentials().object(t)["access_token"].(string)

	c.inject(simulator.Fault{Kind: simulator.FaultIgnoreQuery})
	if got := c.ids("QueryString", `CN -eq "a"`); len(got) != 2 {
		t.Errorf("query ignored: %v", got)
	}
	c.inject(simulator.Fault{Kind: simulator.FaultIgnorePaging})
	if got, _ := c.page("/Security/Identities", "PageReturned", "2", "ReturnLimit", "20"); len(got) != 50 || got[0] != 1 {
		t.Errorf("paging ignored: %v", got)
	}
	c.inject(simulator.Fault{Kind: simulator.FaultEndTokens})
	if got := c.bearer(token); got != 401 {
		t.Errorf("token ended: %d", got)
	}
	c.inject(simulator.Fault{Kind: simulator.FaultAct, Act: simulator.Act{Name: "remove-certificate", Thumbprint: leaf.thumbprint()}, Count: 1})
	if got := c.ids(); len(got) != 1 {
		t.Errorf("removed by a second actor: %v", got)
	}
	c.inject(simulator.Fault{Kind: simulator.FaultAct, Do: func(s *simulator.Simulator) { s.AddIdentity(simulator.Identity{AccountName: "x"}) }})
	if _, total := c.page("/Security/Identities"); total != "106" {
		t.Errorf("added by a second actor: %s", total)
	}
	c.inject(simulator.Fault{Kind: simulator.FaultEcho})
	got := c.call("PUT", "/Certificates/Metadata", map[string]any{"Id": 1, "Metadata": map[string]string{"Notes": "marker"}}).want(t, 400)
	got.has(t, "marker")
	got.has(t, "Authorization: Basic ")
}

func TestInject_RefusesRulesThatCannotBeFollowed(t *testing.T) {
	c := start(t, simulator.Options{})
	for _, f := range []simulator.Fault{
		{}, {Kind: "nothing"}, {Kind: simulator.FaultStatus}, {Kind: simulator.FaultStatus, Status: 99},
		{Kind: simulator.FaultReset, Probability: 1.5}, {Kind: simulator.FaultAct},
	} {
		if err := c.s.Inject(f); !errors.Is(err, simulator.ErrFault) {
			t.Errorf("%+v: %v", f, err)
		}
	}
	if _, err := simulator.Start(simulator.Options{Faults: []simulator.Fault{{}}}); !errors.Is(err, simulator.ErrFault) {
		t.Errorf("start: %v", err)
	}
}

// pattern sends n requests and returns which of them failed.
func pattern(t *testing.T, seed uint64, n int) string {
	t.Helper()
	c := start(t, simulator.Options{Seed: seed, Faults: []simulator.Fault{
		{Kind: simulator.FaultStatus, Status: 500, Probability: 0.2}, {Kind: simulator.FaultStatus, Status: 502, Probability: 0.1},
	}})
	var out strings.Builder
	for i := range n {
		fmt.Fprint(&out, c.get("/Certificates/"+strconv.Itoa(i%7)).status/100)
	}
	return out.String()
}

func TestFaults_SameSeedSameFaults(t *testing.T) {
	one, again, other := pattern(t, 7, 200), pattern(t, 7, 200), pattern(t, 8, 200)
	if one != again || one == other {
		t.Errorf("seed 7: %s and %s, seed 8: %s", one, again, other)
	}
	if n := strings.Count(one, "5"); n < 30 || n > 85 { // 28 % of 200 are expected: 56, with a deviation of 6.4
		t.Errorf("%d of 200 failed", n)
	}
}

func TestDoses(t *testing.T) {
	for name, one := range map[string]struct {
		faults   []simulator.Fault
		from, to int
	}{
		"small":      {simulator.Small(1), 3, 40},
		"every 20 %": {simulator.Every(1, 0.2), 60, 140},
	} {
		c := start(t, simulator.Options{})
		// What a rule does is tested above; here only how often rules apply.
		for i := range one.faults {
			one.faults[i].Kind, one.faults[i].Status = simulator.FaultStatus, 500
		}
		c.inject(one.faults...)
		for i := range 500 {
			c.get("/Certificates/" + strconv.Itoa(i))
		}
		if n := c.s.Injected(); n < one.from || n > one.to {
			t.Errorf("%s: %d of 500 failed", name, n)
		}
	}
}
