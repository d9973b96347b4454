package certificate_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

const (
	oneCertificate = "keyfactor_certificate"
	certificates   = "keyfactor_certificates"
)

// readData reads a data source and fails on an error.
func readData(t *testing.T, server *acctest.Server, typ string, config acctest.Values) acctest.Object {
	t.Helper()
	v, diags := server.DataSource(typ, config)
	if text := diags.Errors(); text != "" {
		t.Fatalf("reading %s: %s", typ, text)
	}
	return acctest.Object{Value: v}
}

// listed are the elements of keyfactor_certificates.
func listed(t *testing.T, o acctest.Object) []acctest.Object {
	t.Helper()
	var attributes map[string]tftypes.Value
	var elements []tftypes.Value
	if err := o.Value.As(&attributes); err != nil {
		t.Fatal(err)
	}
	if err := attributes["certificates"].As(&elements); err != nil {
		t.Fatal(err)
	}
	var out []acctest.Object
	for _, e := range elements {
		out = append(out, acctest.Object{Value: e})
	}
	return out
}

func thumbprints(t *testing.T, o acctest.Object) []string {
	t.Helper()
	var out []string
	for _, c := range listed(t, o) {
		out = append(out, c.Get("thumbprint"))
	}
	return out
}

func add(t *testing.T, s *simulator.Simulator, c *acctest.Certificate) int {
	t.Helper()
	id, err := s.AddCertificate(c.DER)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestCertificate_WhatCommandHolds(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"10.5.0.0", "11.6.0.0", "12.4.0.0", "25.1.1.0"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			s := acctest.Start(t, simulator.Options{Version: version})
			c := acctest.New(t, "web.example.com")
			add(t, s, acctest.New(t, "other.example.com"))
			id := add(t, s, c)
			must(t, s.SetMetadata(id, "SiteCode", "7"))
			store := s.Stores()[2]
			must(t, s.AddToStore(id, store.ID, "web"))
			server := acctest.Serve(t, s, nil)
			colons := strings.ToLower(regexp.MustCompile(`(..)`).ReplaceAllString(c.Thumbprint(), "$1:"))
			for _, config := range []acctest.Values{{"id": id}, {"thumbprint": strings.TrimRight(colons, ":")}} {
				got := readData(t, server, oneCertificate, config)
				for name, want := range map[string]string{
					"id": fmt.Sprint(id), "thumbprint": c.Thumbprint(), "subject": "CN=web.example.com,O=Key Example", "key_algorithm": "ECDSA",
					"certificate_pem": c.PEM(), "has_private_key": "false", "owner_role_id": "null",
				} {
					if got.Get(name) != want {
						t.Errorf("%s = %s, want %s", name, got.Get(name), want)
					}
				}
				for name, part := range map[string]string{"metadata": `"SiteCode":tftypes.String<"7">`, "dns_names": `"web.example.com"`, "locations": store.ClientMachine} {
					if !strings.Contains(got.Get(name), part) {
						t.Errorf("%s = %s, want %s in it", name, got.Get(name), part)
					}
				}
				if _, err := time.Parse(time.RFC3339, got.Get("import_date")); err != nil {
					t.Errorf("import_date: %v", err)
				}
			}
		})
	}
}

func TestCertificate_OwnerFromVersion12On(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	id := add(t, s, acctest.New(t, "web.example.com"))
	must(t, s.SetOwner(id, "Web Team"))
	got := readData(t, acctest.Serve(t, s, nil), oneCertificate, acctest.Values{"id": id})
	if got.Get("owner_role_name") != "Web Team" || got.Get("owner_role_id") != "5" {
		t.Errorf("owner = %s, %s", got.Get("owner_role_id"), got.Get("owner_role_name"))
	}
}

func TestCertificate_RevokedIsFound(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	id := add(t, s, acctest.New(t, "web.example.com"))
	must(t, s.Revoke(id))
	if got := readData(t, acctest.Serve(t, s, nil), oneCertificate, acctest.Values{"id": id}); got.Get("state") != "Revoked" {
		t.Errorf("state = %s", got.Get("state"))
	}
}

func TestCertificate_NotFound(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	add(t, s, acctest.New(t, "web.example.com"))
	missing := acctest.New(t, "missing.example.com").Thumbprint()
	for name, config := range map[string]acctest.Values{
		`AttributeName("id"): Unable to find the certificate: Command lists no certificate with the id 99`:              {"id": 99},
		`AttributeName("thumbprint"): Unable to find the certificate: Command lists no certificate with the thumbprint`: {"thumbprint": missing},
	} {
		_, diags := acctest.Serve(t, s, nil).DataSource(oneCertificate, config)
		if !strings.Contains(diags.Errors(), name) {
			t.Errorf("got %s, want %s", diags.Errors(), name)
		}
	}
}

func TestCertificate_ServerThatIgnoresTheQuery(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{IgnoreQuery: true})
	add(t, s, acctest.New(t, "other.example.com"))
	id := add(t, s, acctest.New(t, "web.example.com"))
	_, diags := acctest.Serve(t, s, nil).DataSource(oneCertificate, acctest.Values{"id": id})
	if !strings.Contains(diags.Errors(), "not asked for") {
		t.Errorf("errors = %s", diags.Errors())
	}
}

func TestCertificate_InvalidArguments(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	for arguments, message := range map[string]string{
		"":                       "Neither `id` nor `thumbprint`",
		`thumbprint = "not hex"`: `Invalid thumbprint`,
		"id = 1\n thumbprint = \"" + strings.Repeat("AB", 20) + "\"": "Both `id` and `thumbprint`",
		`thumbprint = "` + strings.Repeat("AB", 32) + `"`:            `SHA-256`,
	} {
		resource.UnitTest(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Factories(),
			Steps: []resource.TestStep{{
				Config:   acctest.ProviderBlock(s) + "data \"keyfactor_certificate\" \"test\" {\n " + arguments + "\n}\n",
				PlanOnly: true, ExpectError: regexp.MustCompile(message),
			}},
		})
	}
	if n := len(s.Journal()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestCertificates_ByQueryToTheLastPage(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]simulator.Options{
		"documented": {}, "version 10": {Version: "10.5.0.0"}, "camelCase": {Version: "11.6.0.0"}, "page size capped": {MaxPageSize: 3},
		"no total": {NoTotalCount: true}, "older names only, unlike its version": {PrefixedNamesOnly: true}, "older names only": {Version: "10.5.0.0", PrefixedNamesOnly: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := acctest.Start(t, options)
			ca := acctest.NewCA(t)
			var want []string
			for n := range 12 {
				c := ca.Issue(t, fmt.Sprintf("pay%d.example.com", n))
				add(t, s, c)
				want = append(want, c.Thumbprint())
				add(t, s, ca.Issue(t, fmt.Sprintf("web%d.example.com", n)))
			}
			got := thumbprints(t, readData(t, acctest.Serve(t, s, nil), certificates, acctest.Values{"query": `CN -contains "pay"`, "page_size": 5}))
			if !slices.Equal(got, want) {
				t.Errorf("%d certificates: %v, want %d: %v", len(got), got, len(want), want)
			}
		})
	}
}

func TestCertificates_IncludesAreOffUnlessAskedFor(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	id := add(t, s, acctest.New(t, "web.example.com"))
	gone := add(t, s, acctest.New(t, "gone.example.com"))
	must(t, s.Revoke(gone))
	must(t, s.SetMetadata(id, "SiteCode", "7"))
	must(t, s.AddToStore(id, s.Stores()[0].ID, "web"))
	server := acctest.Serve(t, s, nil)
	plain := listed(t, readData(t, server, certificates, nil))
	if len(plain) != 1 || plain[0].Get("metadata") != "null" || plain[0].Get("locations") != "null" {
		t.Errorf("%d certificates; metadata = %s, locations = %s", len(plain), plain[0].Get("metadata"), plain[0].Get("locations"))
	}
	full := listed(t, readData(t, server, certificates, acctest.Values{"include_revoked": true, "include_expired": true, "include_metadata": true, "include_locations": true}))
	if len(full) != 2 || !strings.Contains(full[0].Get("metadata"), `"7"`) || !strings.Contains(full[0].Get("locations"), s.Stores()[0].ID) {
		t.Errorf("%d certificates; metadata = %s, locations = %s", len(full), full[0].Get("metadata"), full[0].Get("locations"))
	}
}

func TestCertificates_QueryThatTheServerRefuses(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	_, diags := acctest.Serve(t, s, nil).DataSource(certificates, acctest.Values{"query": "no query at all"})
	if text := diags.Errors(); !strings.Contains(text, "Unable to list certificates") || !strings.Contains(text, "400 Bad Request") {
		t.Errorf("errors = %s", text)
	}
}

func TestCertificates_ImportMakesTheListBeReadAgain(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	for range 3 {
		if n := len(listed(t, readData(t, server, certificates, nil))); n != 0 {
			t.Fatalf("%d certificates before the import", n)
		}
	}
	if n := s.Count("GET", "/Certificates"); n != 1 {
		t.Errorf("%d list requests for one list", n)
	}
	server.Create("keyfactor_imported_certificate", acctest.Values{"certificate": acctest.New(t, "web.example.com").PEM()})
	if n := len(listed(t, readData(t, server, certificates, nil))); n != 1 {
		t.Errorf("%d certificates after the import", n)
	}
}

// Certificates that Command holds already are adopted without any file.
func TestCertificates_AdoptedWithImportBlocks(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	ca := acctest.NewCA(t)
	for n := range 2 {
		add(t, s, ca.Issue(t, fmt.Sprintf("web%d.example.com", n)))
	}
	config := acctest.ProviderBlock(s) + `
data "keyfactor_certificates" "web" {
  query = "CN -endswith \".example.com\""
}

locals {
  adopted = data.keyfactor_certificates.web.certificates
}

# With count, because the test library knows no for_each; examples use for_each.
import {
  to = keyfactor_imported_certificate.adopted[0]
  id = local.adopted[0].thumbprint
}

import {
  to = keyfactor_imported_certificate.adopted[1]
  id = local.adopted[1].thumbprint
}

resource "keyfactor_imported_certificate" "adopted" {
  count       = 2
  certificate = local.adopted[count.index].certificate_pem
}
`
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{
			{
				Config: config,
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue("data.keyfactor_certificates.web", tfjsonpath.New("certificates"), knownvalue.ListSizeExact(2)),
				},
			},
			{Config: config, ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}},
		},
	})
	if n := s.Count("POST", "/Certificates/Import"); n != 0 {
		t.Errorf("%d imports were sent", n)
	}
	if n := s.Count("DELETE", "**"); n != 0 {
		t.Errorf("%d certificates that were there before were deleted", n)
	}
}
