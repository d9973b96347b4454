package certificate_test

import (
	"crypto/x509"
	"strings"
	"testing"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

const typ = "keyfactor_imported_certificate"

// contains fails the test unless text has every one of the words.
func contains(t *testing.T, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%q is missing in:\n%s", w, text)
		}
	}
}

func equal[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func stores(s *simulator.Simulator, n ...int) []any {
	var ids []any
	for _, i := range n {
		ids = append(ids, s.Stores()[i].ID)
	}
	return ids
}

func TestValidate_BadInput(t *testing.T) {
	server := acctest.NewServer(t)
	pem := acctest.New(t, "web.example.com").PEM()
	id := "0b5b8a4c-3f7e-4a57-9d5a-5a8a1a4c2f10"
	with := func(more acctest.Values) acctest.Values {
		more["certificate"] = pem
		return more
	}
	for name, c := range map[string]struct {
		config acctest.Values
		want   string
	}{
		"no certificate":          {acctest.Values{}, `AttributeName("certificate_wo"): Missing certificate: `},
		"both certificates":       {with(acctest.Values{"certificate_wo": pem}), `AttributeName("certificate"): Conflicting certificates: `},
		"both passwords":          {with(acctest.Values{"password": "a", "password_wo": "b"}), `AttributeName("password"): Conflicting passwords: `},
		"both owners":             {with(acctest.Values{"owner_role_id": 1, "owner_role_name": "a"}), `AttributeName("owner_role_id"): Conflicting owners: `},
		"store id is no GUID":     {with(acctest.Values{"store_ids": []any{"store-1"}}), `Invalid store id: "store-1" is not a GUID`},
		"store id twice":          {with(acctest.Values{"store_ids": []any{id, strings.ToUpper(id)}}), `Conflicting store ids: `},
		"store types, no stores":  {with(acctest.Values{"store_types": []any{acctest.Values{"store_type_id": 2}}}), `AttributeName("store_types"): Missing stores: `},
		"schedule, no stores":     {with(acctest.Values{"schedule": "2030-01-01T00:00:00Z"}), `AttributeName("schedule"): Missing stores: `},
		"schedule is no time":     {with(acctest.Values{"store_ids": []any{id}, "schedule": "tomorrow"}), `AttributeName("schedule"): Invalid schedule: "tomorrow" is not an RFC 3339 time`},
		"one type twice":          {with(acctest.Values{"store_ids": []any{id}, "store_types": []any{acctest.Values{"store_type_id": 2}, acctest.Values{"store_type_id": 2, "alias": "b"}}}), `Conflicting store types: `},
		"properties are no array": {with(acctest.Values{"store_ids": []any{id}, "store_types": []any{acctest.Values{"store_type_id": 2, "properties": `{"geheim":1}`}}}), `Invalid properties of a store type: `},
		"on_destroy":              {with(acctest.Values{"on_destroy": "revoke"}), `AttributeName("on_destroy"): Invalid on_destroy: `},
		"metadata twice":          {with(acctest.Values{"metadata": acctest.Values{"Owner": "a", "owner": "b"}}), `Conflicting metadata fields: `},
		"collection":              {with(acctest.Values{"collection_id": 0}), `AttributeName("collection_id"): Invalid collection_id: `},
	} {
		t.Run(name, func(t *testing.T) {
			got := server.Validate(typ, c.config).Errors()
			contains(t, got, c.want)
			if strings.Contains(got, "\n") {
				t.Errorf("more than one error:\n%s", got)
			}
			if strings.Contains(got, "geheim") {
				t.Errorf("the error repeats the properties: %s", got)
			}
		})
	}
}

func TestValidate_UnknownIsNoError(t *testing.T) {
	server := acctest.NewServer(t)
	u := acctest.Unknown
	for _, config := range []acctest.Values{
		{"certificate": u}, {"certificate_wo": u, "password_wo": u},
		{"certificate": u, "metadata": u, "store_ids": u, "store_types": u, "schedule": u, "owner_role_id": u, "on_destroy": u, "collection_id": u},
		{"certificate": u, "store_ids": []any{u}, "store_types": []any{acctest.Values{"store_type_id": u, "properties": u}}, "schedule": u, "metadata": acctest.Values{"a": u}},
	} {
		if got := server.Validate(typ, config).Errors(); got != "" {
			t.Errorf("%v: %s", config, got)
		}
	}
}

func TestPlan_BadFilesAreErrorsAtTheAttribute(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	ca := acctest.NewCA(t)
	leaf := ca.Issue(t, "web.example.com")
	p12 := leaf.PKCS12(t, "right")
	for name, c := range map[string]struct {
		config acctest.Values
		want   string
	}{
		"not a certificate":      {acctest.Values{"certificate": "hello"}, `AttributeName("certificate"): Invalid certificate file: `},
		"empty":                  {acctest.Values{"certificate_wo": ""}, `AttributeName("certificate_wo"): Invalid certificate file: `},
		"wrong password":         {acctest.Values{"certificate_wo": p12, "password_wo": "wrong"}, `AttributeName("password_wo"): Invalid password or damaged file: `},
		"missing password":       {acctest.Values{"certificate_wo": p12}, `AttributeName("password_wo"): Missing password: `},
		"missing password, kept": {acctest.Values{"certificate": p12}, `AttributeName("password"): Missing password: `},
		"CA first":               {acctest.Values{"certificate": ca.PEM() + leaf.PEM()}, `AttributeName("certificate"): Invalid order of certificates: `},
		"schedule past": {acctest.Values{"certificate": leaf.PEM(), "store_ids": stores(s, 0), "schedule": time.Now().Add(-time.Hour).Format(time.RFC3339)},
			`AttributeName("schedule"): Invalid schedule: `},
	} {
		t.Run(name, func(t *testing.T) {
			got := server.Plan(typ, acctest.Object{}, c.config).Diagnostics.Errors()
			contains(t, got, c.want)
			for _, secret := range []string{"wrong", p12[:20], "hello"} {
				if strings.Contains(strings.ReplaceAll(got, "wrong password", ""), secret) {
					t.Errorf("the error repeats %q: %s", secret, got)
				}
			}
		})
	}
	if n := len(s.Journal()); n != 0 {
		t.Errorf("%d requests were sent while planning", n)
	}
}

func TestPlan_ShowsTheFacts(t *testing.T) {
	server := acctest.Serve(t, acctest.Start(t, simulator.Options{}), nil)
	c := acctest.New(t, "web.example.com")
	p := server.Plan(typ, acctest.Object{}, acctest.Values{"certificate_wo": c.PKCS12(t, "pw"), "password_wo": "pw"})
	if text := p.Diagnostics.Errors() + p.Diagnostics.Warnings(); text != "" {
		t.Error(text)
	}
	equal(t, "thumbprint", p.Get("thumbprint"), c.Thumbprint())
	equal(t, "thumbprint_sha256", p.Get("thumbprint_sha256"), c.ThumbprintSHA256())
	equal(t, "format", p.Get("format"), "pkcs12")
	equal(t, "subject", p.Get("subject"), "CN=web.example.com,O=Key Example")
	equal(t, "has_private_key", p.Get("has_private_key"), "true")
	equal(t, "key_algorithm", p.Get("key_algorithm"), "ECDSA")
	equal(t, "certificate_wo", p.Get("certificate_wo"), "null")
	equal(t, "password_wo", p.Get("password_wo"), "null")
	equal(t, "id", p.Get("id"), "unknown")
	equal(t, "invalid_key_stores", p.Get("invalid_key_stores"), "unknown")
}

func TestPlan_Warnings(t *testing.T) {
	server := acctest.Serve(t, acctest.Start(t, simulator.Options{}), nil)
	ca := acctest.NewCA(t)
	leaf := ca.Issue(t, "web.example.com")
	expired := ca.Issue(t, "old.example.com", func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().AddDate(-2, 0, 0), time.Now().AddDate(-1, 0, 0)
	})
	future := ca.Issue(t, "new.example.com", func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().AddDate(1, 0, 0), time.Now().AddDate(2, 0, 0)
	})
	for name, c := range map[string]struct {
		config acctest.Values
		want   []string
	}{
		"expired":          {acctest.Values{"certificate": expired.PEM()}, []string{"Certificate has expired: "}},
		"not yet valid":    {acctest.Values{"certificate": future.PEM()}, []string{"Certificate is not yet valid: "}},
		"key in PEM":       {acctest.Values{"certificate_wo": leaf.PEM() + leaf.KeyPEM(t)}, []string{`AttributeName("certificate_wo"): Private key in PEM is not imported: `}},
		"key in state":     {acctest.Values{"certificate": leaf.PKCS12(t, "pw"), "password_wo": "pw"}, []string{`AttributeName("certificate"): Private key is kept in state: `, "certificate_wo"}},
		"content unknown":  {acctest.Values{"certificate": acctest.Unknown}, nil},
		"password unknown": {acctest.Values{"certificate_wo": leaf.PKCS12(t, "pw"), "password_wo": acctest.Unknown}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p := server.Plan(typ, acctest.Object{}, c.config)
			equal(t, "errors", p.Diagnostics.Errors(), "")
			contains(t, p.Diagnostics.Warnings(), c.want...)
			if len(c.want) == 0 {
				equal(t, "warnings", p.Diagnostics.Warnings(), "")
				equal(t, "thumbprint", p.Get("thumbprint"), "unknown")
			}
		})
	}
	p := server.Plan(typ, acctest.Object{}, acctest.Values{"certificate_wo": leaf.PKCS12(t, "pw"), "password": "pw"})
	contains(t, p.Diagnostics.Warnings(), `AttributeName("password"): Password is kept in state: `, "password_wo")
}

func TestPlan_SameCertificateInAnotherFormChangesNothingOnTheServer(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	ca := acctest.NewCA(t)
	c := ca.Issue(t, "web.example.com")
	o, _ := server.Create(typ, acctest.Values{"certificate": c.PEM()})
	imports := s.Count("POST", "/Certificates/Import")
	for name, config := range map[string]acctest.Values{
		"DER":              {"certificate": c.Base64()},
		"chain behind":     {"certificate": c.PEM() + ca.PEM()},
		"white space":      {"certificate": "\n\n" + c.PEM() + "\n"},
		"write-only":       {"certificate_wo": c.PEM()},
		"write-only base":  {"certificate_wo": c.Base64()},
		"text before":      {"certificate": "web server\n" + c.PEM()},
		"windows newlines": {"certificate": strings.ReplaceAll(c.PEM(), "\n", "\r\n")},
	} {
		t.Run(name, func(t *testing.T) {
			changed, _ := server.Change(typ, o, config)
			equal(t, "thumbprint", changed.Get("thumbprint"), c.Thumbprint())
			again := server.Plan(typ, changed, config)
			if !again.Value.Equal(changed.Value) {
				t.Error("the next plan is not empty")
			}
		})
	}
	equal(t, "imports", s.Count("POST", "/Certificates/Import"), imports)
	equal(t, "metadata calls", s.Count("PUT", "*"), 0)
}

func TestPlan_AnotherCertificateReplaces(t *testing.T) {
	server := acctest.Serve(t, acctest.Start(t, simulator.Options{}), nil)
	old, renewed := acctest.New(t, "web.example.com"), acctest.New(t, "web.example.com")
	for name, argument := range map[string]string{"in state": "certificate", "write-only": "certificate_wo"} {
		t.Run(name, func(t *testing.T) {
			server := acctest.Serve(t, acctest.Start(t, simulator.Options{}), nil)
			o, _ := server.Create(typ, acctest.Values{argument: old.PEM()})
			p := server.Plan(typ, o, acctest.Values{argument: renewed.PEM()})
			equal(t, "errors", p.Diagnostics.Errors(), "")
			equal(t, "planned thumbprint", p.Get("thumbprint"), renewed.Thumbprint())
			equal(t, "replacements", strings.Join(p.RequiresReplace, " "), `AttributeName("thumbprint")`)
		})
	}
	o, _ := server.Create(typ, acctest.Values{"certificate_wo": old.PEM()})
	p := server.Plan(typ, o, acctest.Values{"certificate_wo": acctest.Unknown})
	equal(t, "unknown: replacements", strings.Join(p.RequiresReplace, " "), `AttributeName("thumbprint")`)
	contains(t, p.Diagnostics.Warnings(), `AttributeName("certificate_wo"): Certificate is not known yet: `, "A replacement is assumed")
}

func TestPlan_KnownContentIsNotParsedAgain(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	c := acctest.New(t, "web.example.com")
	config := acctest.Values{"certificate_wo": c.PKCS12(t, "pw"), "password_wo": "pw"}
	o, _ := server.Create(typ, config)
	for name, password := range map[string]any{"unknown": acctest.Unknown, "wrong": "wrong", "missing": nil} {
		p := server.Plan(typ, o, acctest.Values{"certificate_wo": config["certificate_wo"], "password_wo": password})
		if text := p.Diagnostics.Errors() + p.Diagnostics.Warnings(); text != "" || !p.Value.Equal(o.Value) {
			t.Errorf("password %s: the plan is not empty: %s", name, text)
		}
	}
	// Unless it will be sent: then a wrong password has to show.
	p := server.Plan(typ, o, acctest.Values{"certificate_wo": config["certificate_wo"], "password_wo": "wrong", "store_ids": stores(s, 0)})
	contains(t, p.Diagnostics.Errors(), `AttributeName("password_wo"): Invalid password or damaged file: `)
}

// The content is known and not read again; that it gets into state now is said all the same.
func TestPlan_PrivateKeyMovesIntoState(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	ca := acctest.NewCA(t)
	pkcs12, withKey, without := ca.Issue(t, "a.example.com"), ca.Issue(t, "b.example.com"), ca.Issue(t, "c.example.com")
	for name, c := range map[string]struct {
		file string
		want string
	}{
		"PKCS#12":      {pkcs12.PKCS12(t, "pw"), `AttributeName("certificate"): Private key is kept in state: `},
		"PEM with key": {withKey.PEM() + withKey.KeyPEM(t), `AttributeName("certificate"): Private key is kept in state: `},
		"PEM":          {without.PEM(), ""},
	} {
		t.Run(name, func(t *testing.T) {
			o, _ := server.Create(typ, acctest.Values{"certificate_wo": c.file, "password_wo": "pw"})
			moved := acctest.Values{"certificate": c.file, "password_wo": "pw"}
			p := server.Plan(typ, o, moved)
			contains(t, p.Diagnostics.Warnings(), c.want)
			if c.want == "" {
				equal(t, "warnings", p.Diagnostics.Warnings(), "")
			}
			o, d := server.Apply(typ, p)
			equal(t, "errors", d.Errors(), "")
			equal(t, "warnings once it is there", server.Plan(typ, o, moved).Diagnostics.Warnings(), "")
		})
	}
}

func TestPlan_StoreThatRefusedDoesNotKeepTheCertificate(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	refused, took := s.Stores()[0].ID, s.Stores()[1].ID
	s.Configure(func(o *simulator.Options) { o.RefusedStores = map[string]simulator.Refusal{refused: {Reason: 1}} })
	server := acctest.Serve(t, s, nil)
	cert := acctest.New(t, "web.example.com").PEM()
	o, _ := server.Create(typ, acctest.Values{"certificate": cert, "store_ids": stores(s, 0, 1)})
	p := server.Plan(typ, o, acctest.Values{"certificate": cert})
	contains(t, p.Diagnostics.Warnings(), "Certificate stays installed: ", "it stays in "+took+".")
	equal(t, "warnings", server.Plan(typ, o, acctest.Values{"certificate": cert, "store_ids": stores(s, 1)}).Diagnostics.Warnings(), "")
}
