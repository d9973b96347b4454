package certificate_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

func TestImport_EveryForm(t *testing.T) {
	s := acctest.Start(t, simulator.Options{Collections: map[int]string{7: `CN -contains "web"`}})
	c := acctest.New(t, "web.example.com")
	id, err := s.AddCertificate(c.DER)
	if err != nil {
		t.Fatal(err)
	}
	colons := strings.ToLower(c.Thumbprint()[:2]) + ":" + c.Thumbprint()[2:4] + ":" + c.Thumbprint()[4:]
	for name, form := range map[string]struct {
		id         string
		identity   acctest.Values
		collection string
	}{
		"id":                         {itoa(id), nil, "null"},
		"thumbprint":                 {c.Thumbprint(), nil, "null"},
		"thumbprint with colons":     {colons, nil, "null"},
		"collection and id":          {"7/" + itoa(id), nil, "7"},
		"collection and thumbprint":  {"7/" + c.Thumbprint(), nil, "7"},
		"identity":                   {"", acctest.Values{"thumbprint": c.Thumbprint()}, "null"},
		"identity in lower case too": {"", acctest.Values{"thumbprint": strings.ToLower(c.Thumbprint())}, "null"},
	} {
		t.Run(name, func(t *testing.T) {
			o, d := acctest.Serve(t, s, nil).Import(typ, form.id, form.identity)
			if d.Errors() != "" {
				t.Fatal(d.Errors())
			}
			equal(t, "id", o.Get("id"), itoa(id))
			equal(t, "thumbprint", o.Get("thumbprint"), c.Thumbprint())
			equal(t, "thumbprint_sha256", o.Get("thumbprint_sha256"), c.ThumbprintSHA256())
			equal(t, "subject", o.Get("subject"), "CN=web.example.com,O=Key Example")
			equal(t, "preexisting", o.Get("preexisting"), "true")
			equal(t, "collection_id", o.Get("collection_id"), form.collection)
			equal(t, "has_private_key", o.Get("has_private_key"), "false")
			for _, null := range []string{"certificate", "metadata", "owner_role_id", "owner_role_name", "store_ids", "schedule", "on_destroy"} {
				equal(t, null, o.Get(null), "null")
			}
		})
	}
}

func TestImport_Refused(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	for id, want := range map[string]string{
		"web":                    "Invalid import id: ",
		"0":                      "Invalid import id: ",
		"a/5":                    "Invalid import id: ",
		"4711":                   "Unable to find the certificate to import: Command lists no such certificate to this account: id 4711",
		strings.Repeat("AB", 20): "Unable to find the certificate to import: ",
		strings.Repeat("AB", 32): "Invalid import id: ",
	} {
		_, d := server.Import(typ, id, nil)
		contains(t, d.Errors(), want)
	}
}

func TestImport_RecordsWithoutARequestWhatCommandHas(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	c := acctest.New(t, "web.example.com")
	id, err := s.AddCertificate(c.DER)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		s.SetMetadata(id, "Notes", "old"), s.SetMetadata(id, "SiteCode", "42"), s.SetOwner(id, "Web Team"), s.AddToStore(id, s.Stores()[0].ID, "web"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	o, _ := server.Import(typ, itoa(id), nil)
	s.ResetJournal()
	config := acctest.Values{
		"certificate": c.PEM(), "metadata": acctest.Values{"Notes": "old"}, "owner_role_name": "Web Team", "store_ids": stores(s, 0), "on_destroy": "delete",
	}
	p := server.Plan(typ, o, config)
	equal(t, "errors", p.Diagnostics.Errors(), "")
	equal(t, "replacements", len(p.RequiresReplace), 0)
	o, d := server.Apply(typ, p)
	equal(t, "errors", d.Errors(), "")
	equal(t, "changes sent", s.Count("PUT", "*")+s.Count("POST", "*"), 0)
	equal(t, "site code", only(t, s).Metadata["SiteCode"], "42")
	if p := server.Plan(typ, o, config); !p.Value.Equal(o.Value) {
		t.Error("the plan after is not empty")
	}

	// The control: what Command does not have is sent.
	config["store_ids"], config["metadata"] = stores(s, 0, 1), acctest.Values{"Notes": "new"}
	_, _ = server.Change(typ, o, config)
	equal(t, "imports", s.Count("POST", "/Certificates/Import"), 1)
	equal(t, "metadata calls", s.Count("PUT", "/Certificates/Metadata"), 1)
}

func TestImport_FileWithAnotherCertificate(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	c, other := acctest.New(t, "web.example.com"), acctest.New(t, "web.example.com")
	id, err := s.AddCertificate(c.DER)
	if err != nil {
		t.Fatal(err)
	}
	server := acctest.Serve(t, s, nil)
	o, _ := server.Import(typ, itoa(id), nil)
	// In the run of the import block: an error that names both.
	contains(t, server.Plan(typ, o, acctest.Values{"certificate": other.PEM()}).Diagnostics.Errors(),
		`AttributeName("certificate"): Conflicting certificates: `, c.Thumbprint(), other.Thumbprint())
	// In a later run, after terraform import: a replacement like any other.
	p := acctest.Serve(t, s, nil).Plan(typ, o, acctest.Values{"certificate": other.PEM()})
	equal(t, "errors", p.Diagnostics.Errors(), "")
	equal(t, "replacements", len(p.RequiresReplace), 1)
}

// unreadable is a PKCS#12 file whose MAC has an algorithm that does not exist:
// only the simulator is told which certificate it holds.
func unreadable(t *testing.T) []byte {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(acctest.New(t, "web.example.com").PKCS12(t, "pw"))
	if err != nil {
		t.Fatal(err)
	}
	sha256OID := []byte{0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01}
	other := append(bytes.Clone(sha256OID[:8]), 0x6f)
	changed := bytes.ReplaceAll(data, sha256OID, other)
	if bytes.Equal(changed, data) {
		t.Fatal("the file has no SHA-256 MAC")
	}
	return changed
}

func TestUnreadableFile_IsLeftToTheServer(t *testing.T) {
	file := unreadable(t)
	c := acctest.New(t, "web.example.com")
	sum := sha256.Sum256(file)
	s := acctest.Start(t, simulator.Options{KnownFiles: map[string]simulator.KnownFile{hex.EncodeToString(sum[:]): {Leaf: c.DER, HasKey: true}}})
	server := acctest.Serve(t, s, nil)
	config := acctest.Values{"certificate_wo": base64.StdEncoding.EncodeToString(file), "password_wo": "pw"}
	p := server.Plan(typ, acctest.Object{}, config)
	if p.Diagnostics.Errors() != "" {
		t.Fatalf("the test's file is refused: %s", p.Diagnostics.Errors())
	}
	contains(t, p.Diagnostics.Warnings(), `AttributeName("certificate_wo"): Certificate file cannot be read here: `)
	equal(t, "thumbprint in the plan", p.Get("thumbprint"), "unknown")
	o, d := server.Apply(typ, p)
	equal(t, "errors", d.Errors(), "")
	equal(t, "thumbprint", o.Get("thumbprint"), c.Thumbprint())
	equal(t, "subject", o.Get("subject"), "CN=web.example.com,O=Key Example")
	equal(t, "has_private_key", o.Get("has_private_key"), "true")
	journal := s.Journal()
	equal(t, "first request", journal[0].Path, "/KeyfactorAPI/Certificates/Analyze")
	if p := server.Plan(typ, o, config); !p.Value.Equal(o.Value) {
		t.Error("known content that cannot be read here shows in the plan")
	}

	// After an import into state: in place, and another certificate is refused.
	adopted, _ := server.Import(typ, c.Thumbprint(), nil)
	changed, d := server.Change(typ, adopted, config)
	equal(t, "errors", d.Errors(), "")
	equal(t, "thumbprint", changed.Get("thumbprint"), c.Thumbprint())
	equal(t, "format", changed.Get("format"), "pkcs12")
	other := acctest.New(t, "mail.example.com")
	if _, err := s.AddCertificate(other.DER); err != nil {
		t.Fatal(err)
	}
	adopted, _ = server.Import(typ, other.Thumbprint(), nil)
	p = server.Plan(typ, adopted, config)
	equal(t, "replacements", len(p.RequiresReplace), 0)
	_, d = server.Apply(typ, p)
	contains(t, d.Errors(), "Conflicting certificates: ", c.Thumbprint(), other.Thumbprint(), "-replace")
}
