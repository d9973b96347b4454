package certificate_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

// only is the one certificate that the server holds.
func only(t *testing.T, s *simulator.Simulator) simulator.CertificateRecord {
	t.Helper()
	all := s.Certificates()
	if len(all) != 1 {
		t.Fatalf("the server holds %d certificates, want 1", len(all))
	}
	return all[0]
}

func destroy(t *testing.T, server *acctest.Server, o acctest.Object) acctest.Diagnostics {
	t.Helper()
	_, d := server.Apply(typ, server.Plan(typ, o, nil))
	return d
}

func TestCreate_SendsNeitherKeyNorTextOfAPEMFile(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	c := acctest.New(t, "web.example.com")
	o, _ := server.Create(typ, acctest.Values{"certificate_wo": "note\n" + c.PEM() + c.KeyPEM(t), "password_wo": "unused"})
	equal(t, "has_private_key", o.Get("has_private_key"), "false")
	facts := s.Requests("POST", "/Certificates/Import")[0].Facts
	equal(t, "hasKey", facts["hasKey"], any(false))
	equal(t, "hasPassword", facts["hasPassword"], any(false))
	equal(t, "format", facts["format"], any("pem"))

	// The control: a PKCS#12 file brings its key and needs its password.
	other := acctest.New(t, "mail.example.com")
	o, _ = server.Create(typ, acctest.Values{"certificate_wo": other.PKCS12(t, "pw"), "password_wo": "pw"})
	equal(t, "has_private_key", o.Get("has_private_key"), "true")
	facts = s.Requests("POST", "/Certificates/Import")[1].Facts
	equal(t, "hasKey", facts["hasKey"], any(true))
	equal(t, "hasPassword", facts["hasPassword"], any(true))
}

func TestMetadata_OnlyNamedFieldsAreManaged(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	c := acctest.New(t, "web.example.com")
	config := func(metadata acctest.Values) acctest.Values {
		return acctest.Values{"certificate": c.PEM(), "metadata": metadata}
	}
	o, _ := server.Create(typ, config(acctest.Values{"AppOwnerFirstName": "John", "appownerlastname": "Doe", "Notes": nil, "SiteCode": ""}))
	row := only(t, s)
	equal(t, "first name", row.Metadata["AppOwnerFirstName"], "John")
	equal(t, "last name", row.Metadata["AppOwnerLastName"], "Doe")
	if err := s.SetMetadata(row.ID, "Notes", "set outside"); err != nil {
		t.Fatal(err)
	}
	same := config(acctest.Values{"AppOwnerFirstName": "John", "appownerlastname": "Doe", "Notes": nil, "SiteCode": ""})
	o, d := server.Read(typ, o)
	equal(t, "read", d.Errors()+d.Warnings(), "")
	if p := server.Plan(typ, o, same); !p.Value.Equal(o.Value) {
		t.Error("a field that is not managed shows in the plan")
	}

	// Changed outside: the plan shows it and apply sets it back.
	if err := s.SetMetadata(row.ID, "AppOwnerFirstName", "Mallory"); err != nil {
		t.Fatal(err)
	}
	o, _ = server.Read(typ, o)
	contains(t, o.Get("metadata"), "Mallory")
	o, _ = server.Change(typ, o, same)
	equal(t, "first name", only(t, s).Metadata["AppOwnerFirstName"], "John")

	// Taken out: cleared, and the others left alone. Only what changes is sent.
	s.ResetJournal()
	o, _ = server.Change(typ, o, config(acctest.Values{"AppOwnerFirstName": "Jane", "Notes": nil, "SiteCode": ""}))
	row = only(t, s)
	equal(t, "first name", row.Metadata["AppOwnerFirstName"], "Jane")
	equal(t, "last name", row.Metadata["AppOwnerLastName"], "")
	equal(t, "notes", row.Metadata["Notes"], "set outside")
	puts := s.Requests("PUT", "/Certificates/Metadata")
	equal(t, "metadata calls", len(puts), 1)
	equal(t, "imports", s.Count("POST", "/Certificates/Import"), 0)

	// All taken out.
	_, _ = server.Change(typ, o, acctest.Values{"certificate": c.PEM()})
	equal(t, "first name", only(t, s).Metadata["AppOwnerFirstName"], "")
	equal(t, "notes", only(t, s).Metadata["Notes"], "set outside")
}

func TestMetadata_WhatTheServerMakesOfAValueIsNoDrift(t *testing.T) {
	s := acctest.Start(t, simulator.Options{NormalizeMetadata: true})
	server := acctest.Serve(t, s, nil)
	c := acctest.New(t, "web.example.com")
	config := acctest.Values{"certificate": c.PEM(), "metadata": acctest.Values{"BusinessCritical": "true", "Notes": " padded "}}
	o, d := server.Create(typ, config)
	contains(t, d.Warnings(), `AttributeName("metadata"): Metadata was not taken as written: `, "BusinessCritical, Notes")
	o, _ = server.Read(typ, o)
	if p := server.Plan(typ, o, config); !p.Value.Equal(o.Value) {
		t.Error("the plan is not empty")
	}
	if err := s.SetMetadata(only(t, s).ID, "BusinessCritical", "False"); err != nil {
		t.Fatal(err)
	}
	o, _ = server.Read(typ, o)
	contains(t, o.Get("metadata"), "False")
}

func TestMetadata_NotTakenByTheImport(t *testing.T) {
	s := acctest.Start(t, simulator.Options{MetadataNotModifiable: true})
	server := acctest.Serve(t, s, nil)
	_, d := server.Create(typ, acctest.Values{"certificate": acctest.New(t, "web.example.com").PEM(), "metadata": acctest.Values{"Notes": "x"}})
	contains(t, d.Warnings(), "Metadata was not taken as written: ", "/metadata/modify/", "Notes")
}

func TestOwner_SetChangedOutsideAndRemoved(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	c := acctest.New(t, "web.example.com")
	byName := acctest.Values{"certificate": c.PEM(), "owner_role_name": "web team"}
	o, d := server.Create(typ, byName)
	equal(t, "warnings", d.Warnings(), "")
	equal(t, "owner", only(t, s).OwnerRoleName, "Web Team")
	equal(t, "owner_role_name", o.Get("owner_role_name"), "web team")
	equal(t, "owner_role_id", o.Get("owner_role_id"), "null")
	o, _ = server.Read(typ, o)
	equal(t, "owner_role_name after read", o.Get("owner_role_name"), "web team")

	if err := s.SetOwner(only(t, s).ID, "Payments Team"); err != nil {
		t.Fatal(err)
	}
	o, _ = server.Read(typ, o)
	equal(t, "owner_role_name after a change outside", o.Get("owner_role_name"), "Payments Team")
	o, _ = server.Change(typ, o, byName)
	equal(t, "owner", only(t, s).OwnerRoleName, "Web Team")

	byID := acctest.Values{"certificate": c.PEM(), "owner_role_id": 6}
	o, _ = server.Change(typ, o, byID)
	equal(t, "owner", only(t, s).OwnerRoleName, "Payments Team")
	equal(t, "imports", s.Count("POST", "/Certificates/Import"), 1)

	// Taken out while somebody else's choice stands: left alone.
	if err := s.SetOwner(only(t, s).ID, "Web Team"); err != nil {
		t.Fatal(err)
	}
	_, d = server.Change(typ, o, acctest.Values{"certificate": c.PEM()})
	contains(t, d.Warnings(), "Owner is left as it is: ")
	equal(t, "owner", only(t, s).OwnerRoleName, "Web Team")

	if err := s.SetOwner(only(t, s).ID, "Payments Team"); err != nil {
		t.Fatal(err)
	}
	_, _ = server.Change(typ, o, acctest.Values{"certificate": c.PEM()})
	equal(t, "owner", only(t, s).OwnerRoleName, "")
}

func TestOwner_NotBefore12(t *testing.T) {
	s := acctest.Start(t, simulator.Options{Version: "11.6.0.0"})
	server := acctest.Serve(t, s, nil)
	config := acctest.Values{"certificate": acctest.New(t, "web.example.com").PEM(), "owner_role_name": "Web Team"}
	_, d := server.Apply(typ, server.Plan(typ, acctest.Object{}, config))
	contains(t, d.Errors(), `AttributeName("owner_role_name"): Invalid owner for this version of Command: `, "11.6.0.0")
	equal(t, "imports", s.Count("POST", "/Certificates/Import"), 0)
}

func TestOwner_NotReadBackIsAWarningAndNoDrift(t *testing.T) {
	s := acctest.Start(t, simulator.Options{HideOwner: true, NoVersionHeader: true})
	server := acctest.Serve(t, s, nil)
	config := acctest.Values{"certificate": acctest.New(t, "web.example.com").PEM(), "owner_role_name": "Web Team"}
	o, d := server.Create(typ, config)
	contains(t, d.Warnings(), "Owner could not be read back: ")
	o, _ = server.Read(typ, o)
	if p := server.Plan(typ, o, config); !p.Value.Equal(o.Value) {
		t.Error("the plan is not empty")
	}
}

func TestStores_RefusedAreTriedAgainByTheNextPlan(t *testing.T) {
	refused := acctest.Start(t, simulator.Options{}).Stores()[1].ID // the seeded world is the same at each start
	s := acctest.Start(t, simulator.Options{RefusedStores: map[string]simulator.Refusal{refused: {Reason: 3, Explanation: "the agent is gone"}}})
	server := acctest.Serve(t, s, nil)
	config := acctest.Values{
		"certificate": acctest.New(t, "web.example.com").PEM(), "store_ids": stores(s, 0, 1),
		"store_types": []any{acctest.Values{"store_type_id": 2, "alias": "web", "overwrite": true}},
		"metadata":    acctest.Values{"Notes": "x"}, "owner_role_id": 5,
	}
	o, d := server.Create(typ, config)
	contains(t, d.Warnings(), `AttributeName("store_ids"): Store refused the certificate: `, refused, "the agent is gone")
	contains(t, o.Get("invalid_key_stores"), refused, "the agent is gone")

	o, _ = server.Read(typ, o)
	p := server.Plan(typ, o, config)
	equal(t, "invalid_key_stores in the plan", p.Get("invalid_key_stores"), "unknown")
	s.ResetJournal()
	o, d = server.Apply(typ, p)
	contains(t, d.Warnings(), refused)
	sent := s.Requests("POST", "/Certificates/Import")
	equal(t, "imports", len(sent), 1)
	facts := sent[0].Facts
	contains(t, strings.Join(facts["stores"].([]string), " "), refused)
	equal(t, "stores sent", len(facts["stores"].([]string)), 1)
	if len(facts["metadata"].([]string)) > 0 || facts["owner"] != nil {
		t.Errorf("the second import carries metadata or owner: %v", facts)
	}

	s.Configure(func(o *simulator.Options) { o.RefusedStores = nil })
	o, d = server.Change(typ, o, config)
	equal(t, "warnings", d.Warnings(), "")
	equal(t, "invalid_key_stores", o.Get("invalid_key_stores"), `tftypes.List[tftypes.Object["alias":tftypes.String, "client_machine":tftypes.String, "explanation":tftypes.String, "reason":tftypes.Number, "store_id":tftypes.String, "store_path":tftypes.String]]<>`)
	if p := server.Plan(typ, o, config); !p.Value.Equal(o.Value) {
		t.Error("the plan is not empty once all stores took the certificate")
	}
}

func TestStores_WhatAChangeSends(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	pem := acctest.New(t, "web.example.com").PEM()
	config := func(more acctest.Values, n ...int) acctest.Values {
		v := acctest.Values{"certificate": pem, "store_ids": stores(s, n...)}
		for name, value := range more {
			v[name] = value
		}
		return v
	}
	o, _ := server.Create(typ, config(nil, 0))
	sent := func(step string, want ...string) {
		t.Helper()
		var got []string
		for _, r := range s.Requests("POST", "/Certificates/Import") {
			got = append(got, strings.Join(r.Facts["stores"].([]string), " "))
		}
		equal(t, step, strings.Join(got, "; "), strings.Join(want, "; "))
		s.ResetJournal()
	}
	sent("create", s.Stores()[0].ID)

	o, _ = server.Change(typ, o, config(nil, 0, 1))
	sent("store added", s.Stores()[1].ID)

	p := server.Plan(typ, o, config(nil, 1))
	contains(t, p.Diagnostics.Warnings(), `AttributeName("store_ids"): Certificate stays installed: `, s.Stores()[0].ID)
	o, _ = server.Apply(typ, p)
	sent("store taken out")

	later := time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)
	p = server.Plan(typ, o, config(acctest.Values{"schedule": later}, 1))
	contains(t, p.Diagnostics.Warnings(), `AttributeName("schedule"): Schedule of existing jobs is unchanged: `)
	o, _ = server.Apply(typ, p)
	sent("schedule alone")

	types := []any{acctest.Values{"store_type_id": 2, "alias": "web", "properties": `[{"a":"b"}]`}}
	o, _ = server.Change(typ, o, config(acctest.Values{"schedule": later, "store_types": types}, 1))
	sent("store types changed", s.Stores()[1].ID)

	if p := server.Plan(typ, o, config(acctest.Values{"schedule": later, "store_types": types}, 1)); !p.Value.Equal(o.Value) {
		t.Error("the plan is not empty")
	}
}

func TestStores_PastScheduleIsLeftOutForARetry(t *testing.T) {
	id := acctest.Start(t, simulator.Options{}).Stores()[0].ID
	s := acctest.Start(t, simulator.Options{RefusedStores: map[string]simulator.Refusal{id: {Reason: 1}}})
	server := acctest.Serve(t, s, nil)
	soon := time.Now().Add(-4 * time.Minute).UTC().Format(time.RFC3339) // within the five minutes of grace
	config := acctest.Values{"certificate": acctest.New(t, "web.example.com").PEM(), "store_ids": []any{id}, "schedule": soon}
	o, _ := server.Create(typ, config)
	past := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	config["schedule"] = past
	o, d := server.Change(typ, o, config)
	contains(t, d.Warnings(), `AttributeName("schedule"): Schedule has passed: `)
	equal(t, "schedule in state", o.Get("schedule"), past)
	imports := s.Requests("POST", "/Certificates/Import")
	if imports[1].Facts["schedule"] != nil && imports[1].Facts["schedule"] != "" {
		t.Errorf("the past schedule was sent: %v", imports[1].Facts)
	}
}

func TestKey_BroughtLaterIsImportedAgainInPlace(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	c := acctest.New(t, "web.example.com")
	o, _ := server.Create(typ, acctest.Values{"certificate": c.PEM(), "metadata": acctest.Values{"Notes": "x"}})
	with := acctest.Values{"certificate_wo": c.PKCS12(t, "pw"), "password_wo": "pw", "metadata": acctest.Values{"Notes": "x"}}
	o, _ = server.Change(typ, o, with)
	equal(t, "has_private_key", o.Get("has_private_key"), "true")
	equal(t, "key on the server", only(t, s).HasPrivateKey, true)
	equal(t, "imports", s.Count("POST", "/Certificates/Import"), 2)

	// Removed outside: noticed, and imported again.
	o, _ = server.Read(typ, o)
	if err := s.RemovePrivateKey(only(t, s).ID); err != nil {
		t.Fatal(err)
	}
	o, _ = server.Read(typ, o)
	equal(t, "has_private_key after removal", o.Get("has_private_key"), "false")
	o, _ = server.Change(typ, o, with)
	equal(t, "has_private_key again", o.Get("has_private_key"), "true")
	equal(t, "key on the server again", only(t, s).HasPrivateKey, true)
}

func TestRead_GoneAndTakenOver(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	o, _ := server.Create(typ, acctest.Values{"certificate": acctest.New(t, "web.example.com").PEM()})
	id, err := s.Renumber(only(t, s).ID)
	if err != nil {
		t.Fatal(err)
	}
	o, d := server.Read(typ, o)
	equal(t, "errors", d.Errors(), "")
	equal(t, "id after it was renumbered", o.Get("id"), itoa(id))

	if err := s.RemoveCertificate(id); err != nil {
		t.Fatal(err)
	}
	s.ResetJournal()
	o, d = acctest.Serve(t, s, nil).Read(typ, o)
	equal(t, "errors", d.Errors(), "")
	equal(t, "still in state", o.Exists(), false)
	equal(t, "GET by id", s.Count("GET", "/Certificates/*"), 1)
	equal(t, "lists", s.Count("GET", "/Certificates"), 2)
}

func TestRead_AnythingElseKeepsState(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	o, _ := server.Create(typ, acctest.Values{"certificate": acctest.New(t, "web.example.com").PEM()})
	for name, fault := range map[string]simulator.Fault{
		"500":          {Kind: simulator.FaultStatus, Status: 500},
		"503 HTML":     {Kind: simulator.FaultStatus, Status: 503, Body: "<html><body>down</body></html>"},
		"404 HTML":     {Kind: simulator.FaultStatus, Status: 404, Body: "<html><head><title>Not Found</title></head></html>"},
		"403":          {Kind: simulator.FaultStatus, Status: 403, Body: `{"ErrorCode":"0xA0140002","Message":"no"}`},
		"login page":   {Kind: simulator.FaultStatus, Status: 200, Body: "<html><body>Log in</body></html>"},
		"reset":        {Kind: simulator.FaultReset},
		"cut":          {Kind: simulator.FaultCut},
		"ignore query": {Kind: simulator.FaultIgnoreQuery},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "ignore query" {
				if _, err := s.AddCertificate(acctest.New(t, "other.example.com").DER); err != nil {
					t.Fatal(err)
				}
			}
			fault.Server = "command"
			if err := s.Inject(fault); err != nil {
				t.Fatal(err)
			}
			defer s.ClearFaults()
			after, d := acctest.Serve(t, s, nil).Read(typ, o)
			if d.Errors() == "" {
				t.Error("no error")
			}
			if strings.Contains(d.Errors(), "<html") {
				t.Errorf("raw HTML in: %s", d.Errors())
			}
			if !after.Value.Equal(o.Value) {
				t.Error("state was not kept")
			}
		})
	}
}

func TestRead_OtherCertificateUnderTheID(t *testing.T) {
	first := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, first, nil)
	o, _ := server.Create(typ, acctest.Values{"certificate": acctest.New(t, "web.example.com").PEM()})

	other := acctest.Start(t, simulator.Options{})
	if _, err := other.AddCertificate(acctest.New(t, "other.example.com").DER); err != nil {
		t.Fatal(err)
	}
	elsewhere := acctest.Serve(t, other, nil)
	_, d := elsewhere.Read(typ, o)
	contains(t, d.Errors(), "another one has its id", "terraform state rm")

	if err := other.RemoveCertificate(other.Certificates()[0].ID); err != nil {
		t.Fatal(err)
	}
	after, d := elsewhere.Read(typ, o)
	contains(t, d.Errors(), "Unable to find the certificate on this server", strings.TrimPrefix(strings.TrimSuffix(first.Endpoint(), "/KeyfactorAPI"), "https://"))
	equal(t, "still in state", after.Exists(), true)
}

func TestRead_CollectionNeverMeansGone(t *testing.T) {
	s := acctest.Start(t, simulator.Options{Collections: map[int]string{7: `CN -contains "web"`}})
	server := acctest.Serve(t, s, nil)
	o, d := server.Create(typ, acctest.Values{"certificate": acctest.New(t, "web.example.com").PEM(), "collection_id": 7})
	equal(t, "warnings", d.Warnings(), "")
	if err := s.RemoveCertificate(only(t, s).ID); err != nil {
		t.Fatal(err)
	}
	after, d := server.Read(typ, o)
	contains(t, d.Errors(), "not visible in collection 7", "terraform state rm")
	equal(t, "still in state", after.Exists(), true)
}

func TestDelete_WhatIsKept(t *testing.T) {
	for name, c := range map[string]struct {
		onDestroy   any
		preexisting bool
		installed   bool
		kept        bool
		warning     string
	}{
		"own":                         {nil, false, false, false, ""},
		"preexisting":                 {nil, true, false, true, ""},
		"in a store":                  {nil, false, true, true, "Certificate is kept: stores still hold it: "},
		"keep":                        {"keep", false, false, true, ""},
		"delete":                      {"delete", false, false, false, ""},
		"delete, preexisting, stores": {"delete", true, true, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := acctest.Start(t, simulator.Options{})
			server := acctest.Serve(t, s, nil)
			cert := acctest.New(t, "web.example.com")
			if c.preexisting {
				if _, err := s.AddCertificate(cert.DER); err != nil {
					t.Fatal(err)
				}
			}
			o, _ := server.Create(typ, acctest.Values{"certificate": cert.PEM(), "on_destroy": c.onDestroy})
			equal(t, "preexisting", o.Get("preexisting") == "true", c.preexisting)
			if c.installed {
				if err := s.AddToStore(only(t, s).ID, s.Stores()[2].ID, "web"); err != nil {
					t.Fatal(err)
				}
			}
			// Each apply is a process of its own: the one that destroys brought nothing.
			d := destroy(t, acctest.Serve(t, s, nil), o)
			equal(t, "errors", d.Errors(), "")
			equal(t, "kept", len(s.Certificates()) == 1, c.kept)
			if c.warning != "" {
				contains(t, d.Warnings(), c.warning, s.Stores()[2].ID)
			} else {
				equal(t, "warnings", d.Warnings(), "")
			}
		})
	}
}

func TestDelete_GoneSucceedsAndOtherRowIsNeverTouched(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	o, _ := acctest.Serve(t, s, nil).Create(typ, acctest.Values{"certificate": acctest.New(t, "web.example.com").PEM()})
	if err := s.RemoveCertificate(only(t, s).ID); err != nil {
		t.Fatal(err)
	}
	equal(t, "errors", destroy(t, acctest.Serve(t, s, nil), o).Errors(), "")
	equal(t, "DELETE", s.Count("DELETE", "*"), 0)
}

func TestServerThatIgnoresTheQuery_TouchesNoOtherRow(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	for range 3 {
		if _, err := s.AddCertificate(acctest.New(t, "other.example.com").DER); err != nil {
			t.Fatal(err)
		}
	}
	pem := acctest.New(t, "web.example.com").PEM()
	o, _ := server.Create(typ, acctest.Values{"certificate": pem})
	before := s.Certificates()
	s.Configure(func(o *simulator.Options) { o.IgnoreQuery = true })

	config := acctest.Values{"certificate": pem, "metadata": acctest.Values{"Notes": "x"}, "owner_role_id": 5}
	_, d := server.Apply(typ, server.Plan(typ, o, config))
	contains(t, d.Errors(), "The server answered certificates that were not asked for")
	d = destroy(t, acctest.Serve(t, s, nil), o)
	contains(t, d.Errors(), "The server answered certificates that were not asked for")
	_, d = server.Apply(typ, server.Plan(typ, acctest.Object{}, acctest.Values{"certificate": acctest.New(t, "new.example.com").PEM()}))
	contains(t, d.Errors(), "Unable to look up the certificate: ")

	equal(t, "certificates", len(s.Certificates()), len(before))
	for i, c := range s.Certificates() {
		if len(c.Metadata) > 0 || c.OwnerRoleID != 0 || c.ID != before[i].ID {
			t.Errorf("certificate %d was changed", c.ID)
		}
	}
	equal(t, "changes sent", s.Count("PUT", "*")+s.Count("DELETE", "*"), 0)
}

func TestVersions_TheWholeLife(t *testing.T) {
	for _, version := range []string{"10.5.0.0", "11.6.0.0", "12.4.0.0", "25.1.1.0"} {
		for _, names := range []string{"both", "prefixed", "bare"} {
			t.Run(version+" "+names, func(t *testing.T) {
				s := acctest.Start(t, simulator.Options{Version: version, PrefixedNamesOnly: names == "prefixed", BareNamesOnly: names == "bare"})
				for range 3 {
					if _, err := s.AddCertificate(acctest.New(t, "other.example.com").DER); err != nil {
						t.Fatal(err)
					}
				}
				server := acctest.Serve(t, s, nil)
				c := acctest.New(t, "web.example.com")
				config := acctest.Values{"certificate_wo": c.PKCS12(t, "pw"), "password_wo": "pw", "metadata": acctest.Values{"Notes": "a"}, "store_ids": stores(s, 0)}
				o, d := server.Create(typ, config)
				equal(t, "warnings", d.Warnings(), "")
				config["metadata"] = acctest.Values{"Notes": "b"}
				o, _ = server.Change(typ, o, config)
				o, d = server.Read(typ, o)
				equal(t, "errors", d.Errors(), "")
				record, _ := s.Certificate(c.Thumbprint())
				equal(t, "notes", record.Metadata["Notes"], "b")
				if p := server.Plan(typ, o, config); !p.Value.Equal(o.Value) {
					t.Error("the plan is not empty")
				}
				config["on_destroy"] = "delete"
				o, _ = server.Change(typ, o, config)
				equal(t, "destroy", destroy(t, acctest.Serve(t, s, nil), o).Errors(), "")
				equal(t, "left", len(s.Certificates()), 3)
			})
		}
	}
}

func itoa(n int) string { return strconv.Itoa(n) }
