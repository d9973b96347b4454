package simulator_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

func TestCommand_Unauthorized(t *testing.T) {
	for name, o := range map[string]simulator.Options{
		"": {}, "empty": {EmptyUnauthorizedBody: true}, "html": {HTMLUnauthorizedBody: true},
	} {
		c := start(t, o)
		got := c.as(simulator.User, "wrong").get("/Status/Endpoints").want(t, 401)
		switch name {
		case "empty":
			if len(got.body) != 0 {
				t.Errorf("body %s", got.body)
			}
		case "html":
			got.has(t, "<!DOCTYPE html>")
		default:
			got.has(t, "Authorization has been denied")
		}
		c.as("", "").get("/Status/Endpoints").want(t, 401)
		r := c.request("GET", "/Status/Endpoints", nil)
		r.Header.Set("Authorization", "Bearer nobody")
		c.do(r).want(t, 401)
	}
}

func TestCommand_BasicNames(t *testing.T) {
	c := start(t, simulator.Options{})
	c.s.AddAccount(simulator.Account{Name: `KEYEXAMPLE\jürgen`, Password: "pass:wörd", Roles: []string{"Read Only"}})
	for _, name := range []string{
		`KEYEXAMPLE\svc-terraform`, `keyexample\SVC-Terraform`, "svc-terraform@keyexample", "svc-terraform@keyexample.com", "svc-terraform",
	} {
		c.as(name, c.s.Password()).get("/Status/Endpoints").want(t, 200)
	}
	c.as("svc-terraform@other.com", c.s.Password()).get("/Status/Endpoints").want(t, 401)
	c.as(`KEYEXAMPLE\jürgen`, "pass:wörd").get("/Status/Endpoints").want(t, 200)
	c.s.Configure(func(o *simulator.Options) { o.BasicLatin1 = true })
	c.as(`KEYEXAMPLE\jürgen`, "pass:wörd").get("/Status/Endpoints").want(t, 401)
	r := c.request("GET", "/Status/Endpoints", nil)
	r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("KEYEXAMPLE\\j\xfcrgen:pass:w\xf6rd")))
	c.do(r).want(t, 200)
}

func TestCommand_PermissionsAndRoles(t *testing.T) {
	c := start(t, simulator.Options{})
	c.s.AddAccount(simulator.Account{Name: `KEYEXAMPLE\nobody`, Password: "pw"})
	c.s.AddAccount(simulator.Account{Name: `KEYEXAMPLE\reader`, Password: "pw", Permissions: []string{"/certificates/collections/read/"}})
	got := c.as(`KEYEXAMPLE\nobody`, "pw").get("/Status/Endpoints").want(t, 403).object(t)
	if got["ErrorCode"] != "0xA0140002" || got["Message"] != `User KEYEXAMPLE\nobody doesn't have the required permission` {
		t.Errorf("no role: %v", got)
	}
	reader := c.as(`KEYEXAMPLE\reader`, "pw")
	reader.get("/Certificates").want(t, 200)
	for path, permission := range map[string]string{
		"/MetadataFields": "/metadata/types/read/", "/CertificateStores": "/certificate_stores/read/",
		"/Security/Roles": "/security/read/", "/Security/Identities": "/security/modify/", "/Security/Claims": "/security/read/",
	} {
		got := reader.get(path).want(t, 403).object(t)
		if want := `User KEYEXAMPLE\reader does not have the required permissions: ` + permission + "."; got["Message"] != want {
			t.Errorf("%s: %v", path, got)
		}
	}
	reader.call("POST", "/Certificates/Import", map[string]string{"Certificate": "x"}).want(t, 403)
	reader.get("/Security/My").want(t, 200)
}

func TestCommand_PermissionNamesIn10(t *testing.T) {
	c := start(t, simulator.Options{Version: "10.5.0.0"})
	c.s.AddAccount(simulator.Account{Name: `KEYEXAMPLE\reader`, Password: "pw", Roles: []string{"Read Only"}})
	c.as(`KEYEXAMPLE\reader`, "pw").call("POST", "/Certificates/Import", map[string]string{"Certificate": "x"}).want(t, 403).
		has(t, "Certificates: Import")
}

func TestCommand_RequestedWith(t *testing.T) {
	c := start(t, simulator.Options{})
	r := c.request("GET", "/Status/Endpoints", nil)
	r.Header.Del("X-Keyfactor-Requested-With")
	c.do(r).want(t, 400)
	r.Header.Set("X-Keyfactor-Requested-With", "XMLHttpRequest")
	c.do(r).want(t, 200)
	c.s.Configure(func(o *simulator.Options) { o.AcceptMissingRequestedWith = true })
	r.Header.Del("X-Keyfactor-Requested-With")
	c.do(r).want(t, 200)
}

func TestCommand_VersionsDecideWhatExists(t *testing.T) {
	for version, missing := range map[string][]string{
		"10.5.0.0": {"/Security/Claims", "/Security/My", "/Status/HealthCheck", "/Certificates/1/Owner"},
		"11.6.0.0": {"/Status/HealthCheck", "/Certificates/1/Owner"},
		"12.4.0.0": {}, "25.1.1.0": {},
	} {
		c := start(t, simulator.Options{Version: version})
		if got := c.get("/Status/Endpoints").want(t, 200).header.Get("X-Keyfactor-Product-Version"); got != version {
			t.Errorf("version %q, want %q", got, version)
		}
		for _, path := range []string{"/Security/Claims", "/Security/My", "/Status/HealthCheck", "/Certificates/1/Owner"} {
			method, body := "GET", any(nil)
			if strings.HasSuffix(path, "Owner") {
				method, body = "PUT", map[string]any{"NewRoleId": 1}
			}
			got := c.call(method, path, body)
			absent := got.status == 404 && len(got.body) == 0
			if want := slices.Contains(missing, path); absent != want {
				t.Errorf("%s %s: status %d, missing %v, want %v", version, path, got.status, absent, want)
			}
		}
		id := c.imported(made(t, "www.keyexample.com", made(t, "Test root", nil)))
		row := c.get("/Certificates").want(t, 200).list(t)[0]
		name := "Id"
		if version == "11.6.0.0" {
			name = "id"
		}
		if int(row[name].(float64)) != id {
			t.Errorf("%s: %v", version, row)
		}
		_, owner := row["OwnerRoleId"]
		_, algorithm := row["KeyAlgorithm"]
		_, keyID := row["CertificateKeyId"]
		if owner != (version[:2] >= "12") || algorithm != (version[:2] == "25") || keyID != (version[:2] == "10") {
			t.Errorf("%s: owner %v, algorithm %v, key id %v", version, owner, algorithm, keyID)
		}
	}
}

func TestCommand_CamelCaseIn11(t *testing.T) {
	c := start(t, simulator.Options{Version: "11.6.0.0"})
	c.imported(made(t, "www.keyexample.com", made(t, "Test root", nil)), "Metadata", map[string]string{"Notes": `{"Not":"a name"}`})
	row := c.get("/Certificates", "includeMetadata", "true").list(t)[0]
	for _, name := range []string{"issuedDN", "certStateString", "crlDistributionPoints", "sslLocations", "caRowIndex", "detailedKeyUsage"} {
		if _, ok := row[name]; !ok {
			t.Errorf("no %s in %v", name, row)
		}
	}
	if m := row["metadata"].(map[string]any); m["Notes"] != `{"Not":"a name"}` {
		t.Errorf("metadata %v", m)
	}
	if hex := row["detailedKeyUsage"].(map[string]any)["hexCode"]; hex != "0x80" {
		t.Errorf("hexCode %v", hex)
	}
	if identity := c.get("/Security/Identities").list(t)[0]; identity["sid"] == nil || identity["roles"].([]any)[0].(map[string]any)["name"] == nil {
		t.Errorf("identity %v", identity)
	}
}

func TestCommand_PathsInAnyCaseAndUnknownOnes(t *testing.T) {
	c := start(t, simulator.Options{NoVersionHeader: true})
	r := c.request("GET", "", nil)
	r.URL.Path = "/keyfactorapi/STATUS/endpoints/"
	got := c.do(r).want(t, 200)
	if got.header.Get("X-Keyfactor-Product-Version") != "" {
		t.Error("the version is shown")
	}
	var list []string
	if err := json.Unmarshal(got.body, &list); err != nil || len(list) == 0 {
		t.Errorf("endpoints %s", got.body)
	}
	c.call("GET", "/Nothing", nil).want(t, 404)
	c.call("PATCH", "/Certificates", nil).want(t, 405)
	c.get("/Certificates/abc").want(t, 400)
	r.URL.Path = "/KeyfactorAPIs/Certificates"
	c.do(r).want(t, 404).has(t, "<!DOCTYPE html>")
	r.URL.Path = "/"
	c.do(r).want(t, 404).has(t, "<!DOCTYPE html>")
}

func TestCommand_OffersHTTP2And1(t *testing.T) {
	c := start(t, simulator.Options{})
	c.get("/Status/Endpoints")
	one := transport(c.s)
	one.ForceAttemptHTTP2 = false
	c.http.CloseIdleConnections()
	c.http = &http.Client{Transport: one}
	defer one.CloseIdleConnections()
	c.get("/Status/Endpoints").want(t, 200)
	c.get("/Status/Endpoints").want(t, 200)
	entries := c.s.Journal()
	if entries[0].Proto != "HTTP/2.0" || entries[1].Proto != "HTTP/1.1" || entries[0].TLSVersion != "TLS 1.3" {
		t.Errorf("protocols %q and %q, %s", entries[0].Proto, entries[1].Proto, entries[0].TLSVersion)
	}
	if entries[0].Connection == entries[1].Connection || entries[1].Connection != entries[2].Connection || c.s.Connections("command") != 2 {
		t.Errorf("connections %d, %d, %d", entries[0].Connection, entries[1].Connection, entries[2].Connection)
	}
	only := start(t, simulator.Options{HTTP1Only: true})
	only.get("/Status/Endpoints").want(t, 200)
	if got := only.s.Journal()[0].Proto; got != "HTTP/1.1" {
		t.Errorf("protocol %q", got)
	}
}

func TestJournal_HoldsNoSecret(t *testing.T) {
	c := start(t, simulator.Options{})
	leaf := made(t, "www.keyexample.com", made(t, "Test root", nil))
	c.call("POST", "/Certificates/Import?password=query-secret", map[string]any{
		"Certificate": encode(leaf.pfx(t, "file-secret")), "Password": "file-secret",
	}).want(t, 200)
	entry := c.s.Journal()[0]
	text, err := json.Marshal(c.s.Journal())
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"file-secret", "query-secret", c.s.Password(), encode(leaf.pfx(t, "x"))[:64]} {
		if strings.Contains(string(text), secret) {
			t.Errorf("%q is in the journal", secret)
		}
	}
	// The positive control: what is meant to be there is there.
	if entry.Facts["hasPassword"] != true || entry.Facts["thumbprint"] != leaf.thumbprint() || entry.Caller != simulator.User ||
		entry.Scheme != "basic" || entry.Status != 200 || entry.RequestBytes == 0 || entry.ResponseBytes == 0 ||
		len(entry.BodySHA256) != 64 || !entry.Done {
		t.Errorf("entry %+v", entry)
	}
	c.s.ResetJournal()
	if n := c.s.Count("", ""); n != 0 {
		t.Errorf("%d entries after the reset", n)
	}
}
