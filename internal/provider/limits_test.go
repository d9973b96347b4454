package provider_test

import (
	"encoding/asn1"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

const importedCertificate = "keyfactor_imported_certificate"

// TestLimits_OfAnswers has servers that send too much or send elsewhere, and holds what the user reads.
func TestLimits_OfAnswers(t *testing.T) {
	lookUp := simulator.Fault{Server: "command", Method: "GET", Path: "/Certificates"}
	with := func(f simulator.Fault, change func(*simulator.Fault)) simulator.Fault {
		change(&f)
		return f
	}
	redirect := func(to string) func(*simulator.Fault) {
		return func(f *simulator.Fault) {
			f.Kind, f.Status, f.Header = simulator.FaultStatus, 307, map[string]string{"Location": to}
		}
	}
	for name, c := range map[string]struct {
		fault    simulator.Fault
		requests int // to the failing path
		sent     int // most bytes that the server sent for one of them
		want     []string
	}{
		"100 MB": {
			with(lookUp, func(f *simulator.Fault) { f.Kind = simulator.FaultFlood }), 2, 100 << 20,
			[]string{"Unable to look up the certificate", "GET https://127.0.0.1:", "/KeyfactorAPI/Certificates", "16777216 bytes"},
		},
		"a bomb of 100 MB, compressed": {
			with(lookUp, func(f *simulator.Fault) { f.Kind, f.Gzip = simulator.FaultFlood, true }), 2, 1 << 20,
			[]string{"Unable to look up the certificate", "16777216 bytes"},
		},
		"redirect to another host": {
			with(lookUp, redirect("https://login.example/sign-in?secret=1")), 1, 0,
			[]string{"Unable to look up the certificate", "307", "https://login.example", "Only a GET is redirected, and only to the same scheme, host and port"},
		},
		"redirect in a circle": {
			with(lookUp, redirect("/KeyfactorAPI/Certificates?again=1")), 11, 0,
			[]string{"Unable to look up the certificate", "more than 10 redirects in a row"},
		},
		"redirect of the import": {
			with(simulator.Fault{Server: "command", Method: "POST", Path: "/Certificates/Import"}, redirect("/KeyfactorAPI/Certificates/Import2")), 1, 0,
			[]string{"Unable to import the certificate", "307", "not followed for POST"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := acctest.Start(t, simulator.Options{})
			if err := s.Inject(c.fault); err != nil {
				t.Fatal(err)
			}
			server := acctest.Serve(t, s, acctest.Values{"max_retries": 3})
			o, d := server.Apply(importedCertificate, server.Plan(importedCertificate, acctest.Object{}, acctest.Values{
				"certificate": acctest.New(t, "web.example.com").PEM(),
			}))
			if o.Exists() {
				t.Error("the object is in state")
			}
			reads(t, d.Errors(), c.want...)
			if strings.Contains(d.Errors(), "secret=1") {
				t.Error("the query of a redirect is shown")
			}
			requests := s.Requests(c.fault.Method, c.fault.Path)
			if len(requests) != c.requests {
				t.Errorf("%d requests, want %d", len(requests), c.requests)
			}
			for _, r := range requests {
				if r.ResponseBytes > c.sent {
					t.Errorf("the server sent %d bytes, want at most %d", r.ResponseBytes, c.sent)
				}
			}
		})
	}
}

// TestLimits_OfLists has a server that sends the first page for every page.
func TestLimits_OfLists(t *testing.T) {
	s := acctest.Start(t, simulator.Options{Identities: 200, IgnorePaging: true, NoTotalCount: true})
	_, d := acctest.Serve(t, s, nil).DataSource("keyfactor_security_identities", nil)
	reads(t, d.Errors(), "Security/Identities", "the server ignored the paging parameters")
	if n := s.Count("GET", "/Security/Identities"); n > 10 {
		t.Errorf("%d requests until that was noticed", n)
	}
}

// TestLimits_OfFiles has files that are too large or too costly; nothing is sent.
func TestLimits_OfFiles(t *testing.T) {
	cert := acctest.New(t, "web.example.com")
	for name, c := range map[string]struct {
		config acctest.Values
		want   []string
	}{
		"5 MB": {
			acctest.Values{"certificate": base64.StdEncoding.EncodeToString(append([]byte{0x30, 0x83, 0x4f, 0xff, 0xfb}, make([]byte, 5<<20)...))},
			[]string{`AttributeName("certificate")`, "Invalid certificate file", "4 MiB"},
		},
		"100 MB of text": {
			acctest.Values{"certificate_wo": strings.Repeat("MIIB", 25<<20)},
			[]string{`AttributeName("certificate_wo")`, "Invalid certificate file", "MiB"},
		},
		"2³¹-1 iterations": {
			acctest.Values{"certificate_wo": withIterations(t, cert.PKCS12(t, "secret-of-file"), 1<<31-1), "password_wo": "secret-of-file"},
			[]string{`AttributeName("certificate_wo")`, "Invalid certificate file", "key derivation"},
		},
		"many certificates": {
			acctest.Values{"certificate": strings.Repeat(cert.PEM(), 1001)},
			[]string{`AttributeName("certificate")`, "Invalid certificate file", "1000"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := acctest.Start(t, simulator.Options{})
			d := acctest.Serve(t, s, nil).Plan(importedCertificate, acctest.Object{}, c.config).Diagnostics
			reads(t, d.Errors(), c.want...)
			if strings.Contains(d.Errors(), "MIIB") || strings.Contains(d.Errors(), "secret-of-file") {
				t.Error("the error repeats a part of the file or the password")
			}
			if n := s.Count("*", "*"); n != 0 {
				t.Errorf("%d requests were sent", n)
			}
		})
	}
}

// withIterations rewrites the iteration count of a PKCS#12 file's MAC (RFC 7292 section 4).
func withIterations(t *testing.T, content string, iterations int) string {
	t.Helper()
	var pfx struct {
		Version  int
		AuthSafe asn1.RawValue
		MAC      struct {
			Digest     asn1.RawValue
			Salt       []byte
			Iterations int
		}
	}
	data, err := base64.StdEncoding.DecodeString(content)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := asn1.Unmarshal(data, &pfx); err != nil {
		t.Fatal(err)
	}
	pfx.MAC.Iterations = iterations
	if data, err = asn1.Marshal(pfx); err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(data)
}

func reads(t *testing.T, got string, want ...string) {
	t.Helper()
	for _, part := range want {
		if !strings.Contains(got, part) {
			t.Errorf("%q is missing in:\n%s", part, got)
		}
	}
}
