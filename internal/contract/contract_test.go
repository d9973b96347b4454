package contract

import (
	"strings"
	"testing"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

const typ = "keyfactor_imported_certificate"

// versions are the generations of Command, with the document that describes each.
var versions = []struct {
	version, document string
}{
	{"10.5.0.0", official},
	{"11.6.0.0", derived},
	{"12.4.0.0", derived},
	{"25.1.1.0", derived},
}

func TestContract(t *testing.T) {
	needed := map[string]int{}
	for _, v := range versions {
		major, _, _ := strings.Cut(v.version, ".")
		t.Run(major, func(t *testing.T) {
			documents := map[string]*document{official: load(t, official), derived: load(t, derived)}
			s := acctest.Start(t, simulator.Options{Version: v.version, Identities: 60, Collections: map[int]string{7: `CN -contains "example"`}})
			r := record(t, s)
			l := life{t: t, s: s, r: r, owners: major != "10" && major != "11", claims: major != "10"}
			l.run()
			exchanges := r.all()
			for _, x := range exchanges {
				for _, violation := range judge(documents, v.document, major, x, needed) {
					t.Errorf("%v: %s", x, violation)
				}
			}
			covered(t, exchanges, l.operations())
			t.Logf("%d exchanges held against %s", len(exchanges), v.document)
		})
	}
	if t.Failed() || len(needed) == 0 { // skipped
		return
	}
	for _, e := range exceptions {
		if needed[e.name] == 0 {
			t.Errorf("the exception %q is not needed any more", e.name)
		}
	}
	t.Logf("exceptions that were needed, and how often: %v", needed)
}

// judge gives the violations of one exchange that are no listed exception.
func judge(documents map[string]*document, name, major string, x exchange, needed map[string]int) []string {
	for _, e := range exceptions {
		if e.prepare != nil && e.applies(major, x) {
			x, name = e.prepare(documents, x, name)
			needed[e.name]++
		}
	}
	var left []string
next:
	for _, violation := range documents[name].violations(x) {
		for _, e := range exceptions {
			if e.prepare == nil && strings.HasPrefix(violation, e.violation) && e.applies(major, x) {
				needed[e.name]++
				continue next
			}
		}
		left = append(left, violation)
	}
	return left
}

// life is the whole life of the provider against one server.
type life struct {
	t              *testing.T
	s              *simulator.Simulator
	r              *recorder
	owners, claims bool
}

func (l life) run() {
	l.t.Helper()
	server := l.r.serve(l.t, l.s, nil)
	l.importAndChange(server)
	l.read(server)
	l.refusals()
	// A token instead of a password, and a certificate that is gone.
	tokens := l.r.serve(l.t, l.s, acctest.Values{"basic": nil, "access_token": l.s.AccessToken()})
	o, _ := tokens.Create(typ, acctest.Values{"certificate": acctest.New(l.t, "gone.example.com").PEM()})
	l.must(l.s.RemoveCertificate(l.s.Certificates()[len(l.s.Certificates())-1].ID))
	if o, d := tokens.Read(typ, o); o.Exists() || d.Errors() != "" {
		l.t.Errorf("what is gone: exists %t, %s", o.Exists(), d.Errors())
	}
}

// importAndChange imports each form of file, changes all that can be changed and destroys.
func (l life) importAndChange(server *acctest.Server) {
	l.t.Helper()
	cert := acctest.New(l.t, "web.example.com")
	config := acctest.Values{
		"certificate_wo": cert.PKCS12(l.t, "secret"), "password_wo": "secret",
		"metadata":    acctest.Values{"Notes": "first", "SiteCode": "23"},
		"store_ids":   []any{l.s.Stores()[0].ID, "00000000-0000-0000-0000-00000000abcd"},
		"store_types": []any{acctest.Values{"store_type_id": l.s.Stores()[0].StoreTypeID, "alias": "web", "overwrite": true, "properties": `[{"sniflag":"0"}]`}},
		"schedule":    "2126-12-01T02:00:00Z", "on_destroy": "delete",
	}
	if l.owners {
		config["owner_role_name"] = "Web Team"
	}
	o, _ := server.Create(typ, config)
	config["metadata"] = acctest.Values{"Notes": "second"}
	config["store_ids"] = []any{l.s.Stores()[0].ID, l.s.Stores()[1].ID}
	if l.owners {
		config["owner_role_name"], config["owner_role_id"] = nil, 6
	}
	o, _ = server.Change(typ, o, config)
	config["owner_role_id"] = nil
	o, _ = server.Change(typ, o, config)
	o, d := l.r.serve(l.t, l.s, nil).Read(typ, o)
	l.fine("refresh", d)
	imported, d := server.Import(typ, cert.Thumbprint(), nil)
	l.fine("import into state", d)
	_, d = l.r.serve(l.t, l.s, nil).Apply(typ, server.Plan(typ, imported, acctest.Values{"certificate": cert.PEM(), "store_ids": []any{l.s.Stores()[0].ID}}))
	l.fine("update after the import into state", d)
	for name, content := range map[string]string{"PEM": acctest.New(l.t, "pem.example.com").PEM(), "DER": acctest.New(l.t, "der.example.com").Base64()} {
		kept := acctest.Values{"certificate": content, "collection_id": 7}
		other, d := server.Create(typ, kept)
		l.fine(name, d)
		fresh := l.r.serve(l.t, l.s, nil)
		_, d = fresh.Apply(typ, fresh.Plan(typ, other, nil)) // on_destroy is unset: the stores are looked at
		l.fine("destroy "+name, d)
	}
	fresh := l.r.serve(l.t, l.s, nil)
	_, d = fresh.Apply(typ, fresh.Plan(typ, o, nil))
	l.fine("destroy", d)
}

// read reads every data source.
func (l life) read(server *acctest.Server) {
	l.t.Helper()
	cert := acctest.New(l.t, "read.example.com")
	id, err := l.s.AddCertificate(cert.DER)
	l.must(err)
	l.must(l.s.AddToStore(id, l.s.Stores()[2].ID, "read"))
	sources := []struct {
		name   string
		config acctest.Values
	}{
		{"keyfactor_security_identities", acctest.Values{"sort_field": "IdentityType", "sort_ascending": false, "page_size": 20, "validate": false}},
		{"keyfactor_security_identity", acctest.Values{"account_name": `KEYEXAMPLE\user00060`}},
		{"keyfactor_security_roles", nil},
		{"keyfactor_security_role", acctest.Values{"name": "Web Team"}},
		{"keyfactor_certificate", acctest.Values{"thumbprint": cert.Thumbprint()}},
		{"keyfactor_certificate", acctest.Values{"id": id}},
		{"keyfactor_certificates", acctest.Values{
			"query": `CN -contains "read"`, "include_expired": true, "include_revoked": true, "include_metadata": true,
			"include_locations": true, "page_size": 10, "collection_id": 7,
		}},
		{"keyfactor_certificate_analysis", acctest.Values{"certificate": cert.PEM()}},
	}
	for _, source := range sources {
		_, d := server.DataSource(source.name, source.config)
		l.fine(source.name, d)
	}
	if l.claims {
		_, d := server.DataSource("keyfactor_security_claims", acctest.Values{"claim_type": "OAuthRole", "description": "PKI administrators"})
		l.fine("keyfactor_security_claims", d)
	}
	_, d := server.Open("keyfactor_certificate_analysis", acctest.Values{"certificate": cert.PKCS12(l.t, "secret"), "password": "secret"})
	l.fine("the ephemeral keyfactor_certificate_analysis", d)
}

// refusals provokes the server's errors.
func (l life) refusals() {
	l.t.Helper()
	l.s.AddAccount(simulator.Account{Name: `KEYEXAMPLE\nobody`, Password: "nothing"})
	l.s.AddAccount(simulator.Account{Name: `KEYEXAMPLE\reader`, Password: "reads", Roles: []string{"Read Only"}, Permissions: []string{"/certificates/collections/read/"}})
	for name, c := range map[string]struct {
		user, password string
		metadata       acctest.Values
	}{
		"400": {simulator.User, l.s.Password(), acctest.Values{"NoSuchField": "x"}},
		"401": {simulator.User, "wrong", nil},
		"403": {`KEYEXAMPLE\reader`, "reads", nil},
	} {
		server := l.r.serve(l.t, l.s, acctest.Values{"basic": acctest.Values{"username": c.user, "password": c.password}})
		config := acctest.Values{"certificate": acctest.New(l.t, "refused.example.com").PEM()}
		if c.metadata != nil {
			config["metadata"] = c.metadata
		}
		if _, d := server.Apply(typ, server.Plan(typ, acctest.Object{}, config)); !strings.Contains(d.Errors(), name) {
			l.t.Errorf("%s was not provoked: %s", name, d.Errors())
		}
	}
}

func (l life) fine(what string, d acctest.Diagnostics) {
	l.t.Helper()
	if text := d.Errors(); text != "" {
		l.t.Fatalf("%s: %s", what, text)
	}
}

func (l life) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// operations are what must have been sent, or the life above is not the provider's whole life.
func (l life) operations() []string {
	list := []string{
		"GET /Certificates", "GET /Certificates/{id}", "GET /Certificates/Locations/{id}", "POST /Certificates/Import",
		"POST /Certificates/Analyze", "PUT /Certificates/Metadata", "DELETE /Certificates/{id}",
		"GET /Security/Identities", "GET /Security/Roles",
	}
	if l.owners {
		list = append(list, "PUT /Certificates/{id}/Owner")
	}
	if l.claims {
		list = append(list, "GET /Security/Claims", "GET /Security/Roles/{id}")
	}
	return list
}

func covered(t *testing.T, exchanges []exchange, operations []string) {
	t.Helper()
	seen := map[string]bool{}
	statuses := map[int]bool{}
	for _, x := range exchanges {
		steps := strings.Split(x.path(), "/")
		for i, step := range steps {
			if step != "" && strings.Trim(step, "0123456789") == "" {
				steps[i] = "{id}"
			}
		}
		seen[x.method+" "+strings.Join(steps, "/")] = true
		statuses[x.status] = true
	}
	for _, operation := range operations {
		if !seen[operation] {
			t.Errorf("%s was never sent: the check saw too little", operation)
		}
		delete(seen, operation)
	}
	for operation := range seen {
		t.Errorf("%s was sent and is not listed here", operation)
	}
	for _, status := range []int{200, 204, 400, 401, 403, 404} {
		if !statuses[status] {
			t.Errorf("no answer with status %d was seen", status)
		}
	}
}
