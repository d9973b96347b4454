package certificate_test

import (
	"testing"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

func inject(t *testing.T, s *simulator.Simulator, faults ...simulator.Fault) {
	t.Helper()
	for i := range faults {
		faults[i].Server = "command"
	}
	if err := s.Inject(faults...); err != nil {
		t.Fatal(err)
	}
}

// apply plans and applies, errors and all.
func apply(server *acctest.Server, prior acctest.Object, config acctest.Values) (acctest.Object, acctest.Diagnostics) {
	return server.Apply(typ, server.Plan(typ, prior, config))
}

func TestCreate_ReadBackFails(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	config := acctest.Values{"certificate": acctest.New(t, "web.example.com").PEM(), "metadata": acctest.Values{"Notes": "x"}}
	inject(t, s, simulator.Fault{Method: "GET", Path: "/Certificates", Skip: 1, Kind: simulator.FaultStatus, Status: 500})
	o, d := apply(server, acctest.Object{}, config)
	equal(t, "errors", d.Errors(), "")
	contains(t, d.Warnings(), "Imported certificate could not be read back: ", "500")
	equal(t, "id", o.Get("id"), "null")
	equal(t, "preexisting", o.Get("preexisting"), "false")
	s.ClearFaults()

	server = acctest.Serve(t, s, nil)
	o, _ = server.Read(typ, o)
	equal(t, "id after the next refresh", o.Get("id"), itoa(only(t, s).ID))
	if p := server.Plan(typ, o, config); !p.Value.Equal(o.Value) {
		t.Error("the plan is not empty")
	}
	equal(t, "errors of destroy", destroy(t, acctest.Serve(t, s, nil), o).Errors(), "")
	equal(t, "left", len(s.Certificates()), 0)
}

func TestCreate_LookUpFailsBeforeAnythingIsSent(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	inject(t, s, simulator.Fault{Method: "GET", Path: "/Certificates", Count: 1, Kind: simulator.FaultStatus, Status: 500})
	config := acctest.Values{"certificate": acctest.New(t, "web.example.com").PEM()}
	o, d := apply(server, acctest.Object{}, config)
	contains(t, d.Errors(), "Unable to look up the certificate: ", "500")
	equal(t, "in state", o.Exists(), false)
	equal(t, "imports", s.Count("POST", "*"), 0)
	_, d = apply(server, acctest.Object{}, config)
	equal(t, "errors of the second try in the same run", d.Errors(), "")
}

func TestCreate_ServerSaysNo(t *testing.T) {
	for name, c := range map[string]struct {
		fault simulator.Fault
		want  []string
	}{
		"400": {simulator.Fault{Kind: simulator.FaultStatus, Status: 400, Body: `{"ErrorCode":"0xA011000F","Message":"Bad file"}`}, []string{"400 Bad Request", "Bad file (ErrorCode 0xA011000F)"}},
		"403": {simulator.Fault{Kind: simulator.FaultStatus, Status: 403, Body: `{"ErrorCode":"0xA0140002","Message":"User 1 does not have the required permissions: /certificates/import/."}`}, []string{"403 Forbidden", "`/certificates/import/`"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := acctest.Start(t, simulator.Options{})
			c.fault.Method, c.fault.Path = "POST", "/Certificates/Import"
			inject(t, s, c.fault)
			o, d := apply(acctest.Serve(t, s, nil), acctest.Object{}, acctest.Values{"certificate": acctest.New(t, "web.example.com").PEM()})
			contains(t, d.Errors(), append(c.want, `AttributeName("certificate"): Unable to import the certificate: POST /KeyfactorAPI/Certificates/Import`)...)
			equal(t, "in state", o.Exists(), false)
		})
	}
}

func TestCreate_AnswerLost(t *testing.T) {
	lost := simulator.Fault{Method: "POST", Path: "/Certificates/Import", Count: 1, Kind: simulator.FaultLoseAnswer}
	unread := simulator.Fault{Method: "POST", Path: "/Certificates/Import", Count: 1, Kind: simulator.FaultReset}
	noLookUp := simulator.Fault{Method: "GET", Path: "/Certificates", Skip: 1, Count: 1, Kind: simulator.FaultStatus, Status: 500}
	for name, c := range map[string]struct {
		faults      []simulator.Fault
		stores      bool
		preexisting bool
		retries     int

		imports  int // sent
		errors   string
		warnings string
		refused  bool
		inState  bool
	}{
		"done, no stores":              {faults: []simulator.Fault{lost}, imports: 1, warnings: "Import was not answered: ", inState: true},
		"done, stores":                 {faults: []simulator.Fault{lost}, stores: true, retries: 3, imports: 1, warnings: "What the stores answered is not known", inState: true},
		"not done, no stores":          {faults: []simulator.Fault{unread}, retries: 1, imports: 2, inState: true},
		"not done, stores":             {faults: []simulator.Fault{unread}, stores: true, retries: 1, imports: 2, inState: true},
		"not done, stores, no retries": {faults: []simulator.Fault{unread}, stores: true, imports: 1, errors: "Unable to import the certificate: "},
		"was there before, stores":     {faults: []simulator.Fault{lost}, stores: true, preexisting: true, retries: 3, imports: 1, warnings: "no answer received", refused: true, inState: true},
		"cannot be settled":            {faults: []simulator.Fault{lost, noLookUp}, stores: true, imports: 1, errors: "Unable to tell whether the certificate was imported: ", inState: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := acctest.Start(t, simulator.Options{})
			server := acctest.Serve(t, s, acctest.Values{"max_retries": c.retries})
			cert := acctest.New(t, "web.example.com")
			if c.preexisting {
				if _, err := s.AddCertificate(cert.DER); err != nil {
					t.Fatal(err)
				}
			}
			config := acctest.Values{"certificate": cert.PEM()}
			if c.stores {
				config["store_ids"] = stores(s, 0)
			}
			inject(t, s, c.faults...)
			o, d := apply(server, acctest.Object{}, config)
			if c.errors == "" {
				equal(t, "errors", d.Errors(), "")
			} else {
				contains(t, d.Errors(), c.errors)
			}
			contains(t, d.Warnings(), c.warnings)
			equal(t, "imports", s.Count("POST", "/Certificates/Import"), c.imports)
			equal(t, "in state", o.Exists(), c.inState)
			if !c.inState {
				return
			}
			equal(t, "preexisting", o.Get("preexisting") == "true", c.preexisting)
			server = acctest.Serve(t, s, nil)
			o, _ = server.Read(typ, o)
			equal(t, "id after refresh", o.Get("id"), itoa(only(t, s).ID))
			p := server.Plan(typ, o, config)
			equal(t, "the next plan tries the stores again", p.Get("invalid_key_stores") == "unknown", c.refused)
			equal(t, "replacements", len(p.RequiresReplace), 0)
		})
	}
}

func TestUpdate_FailureHalfWayIsFinishedByTheNextApply(t *testing.T) {
	for _, failing := range []string{"/Certificates/Metadata", "/Certificates/*/Owner", "/Certificates/Import"} {
		t.Run(failing, func(t *testing.T) {
			s := acctest.Start(t, simulator.Options{})
			server := acctest.Serve(t, s, nil)
			c := acctest.New(t, "web.example.com")
			o, _ := server.Create(typ, acctest.Values{"certificate": c.PEM(), "metadata": acctest.Values{"Notes": "old"}})
			config := acctest.Values{
				"certificate_wo": c.PKCS12(t, "pw"), "password_wo": "pw",
				"metadata": acctest.Values{"Notes": "new"}, "owner_role_id": 5, "store_ids": stores(s, 0),
			}
			inject(t, s, simulator.Fault{Path: failing, Count: 1, Kind: simulator.FaultStatus, Status: 400, Body: `{"ErrorCode":"0xA011000F","Message":"not now"}`})
			o, d := apply(server, o, config)
			contains(t, d.Errors(), "not now")

			server = acctest.Serve(t, s, nil)
			o, _ = server.Read(typ, o)
			o, d = apply(server, o, config)
			equal(t, "errors", d.Errors(), "")
			if p := server.Plan(typ, o, config); !p.Value.Equal(o.Value) {
				t.Error("the plan is not empty after the second apply")
			}
			row := only(t, s)
			equal(t, "notes", row.Metadata["Notes"], "new")
			equal(t, "owner", row.OwnerRoleName, "Web Team")
			equal(t, "key", row.HasPrivateKey, true)
			equal(t, "locations", len(row.Locations), 1)
		})
	}
}

func TestDelete_AnswerLostIsRepeated(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	o, _ := acctest.Serve(t, s, nil).Create(typ, acctest.Values{"certificate": acctest.New(t, "web.example.com").PEM()})
	inject(t, s, simulator.Fault{Method: "DELETE", Count: 1, Kind: simulator.FaultLoseAnswer})
	d := destroy(t, acctest.Serve(t, s, acctest.Values{"max_retries": 2}), o)
	equal(t, "errors", d.Errors(), "")
	equal(t, "left", len(s.Certificates()), 0)
	equal(t, "DELETE", s.Count("DELETE", "*"), 2)
}

func TestOneCertificateIsOneResource(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	c := acctest.New(t, "web.example.com")
	_, _ = server.Create(typ, acctest.Values{"certificate": c.PEM()})
	o, d := apply(server, acctest.Object{}, acctest.Values{"certificate_wo": c.Base64()})
	contains(t, d.Errors(), `AttributeName("certificate_wo"): Conflicting resources: `, c.Thumbprint())
	equal(t, "in state", o.Exists(), false)
	equal(t, "imports", s.Count("POST", "/Certificates/Import"), 1)
}

func TestDelete_KeepsWhatAnotherResourceBrought(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	c := acctest.New(t, "web.example.com")
	o, _ := acctest.Serve(t, s, nil).Create(typ, acctest.Values{"certificate": c.PEM(), "on_destroy": "delete"})
	server := acctest.Serve(t, s, nil) // the run of the rename
	_, _ = server.Create(typ, acctest.Values{"certificate": c.PEM()})
	d := destroy(t, server, o)
	contains(t, d.Warnings(), "Certificate is kept for another resource: ", c.Thumbprint())
	equal(t, "certificates", len(s.Certificates()), 1)
	equal(t, "DELETE", s.Count("DELETE", "*"), 0)
}

// What follows a lost answer, a refusal or a token that cannot be had, says nothing about the import itself.
func TestCreate_AnswerLostAndTheRepetitionRefused(t *testing.T) {
	lost := simulator.Fault{Method: "POST", Path: "/Certificates/Import", Count: 1, Kind: simulator.FaultLoseAnswer}
	for _, status := range []int{400, 401, 403, 429} {
		t.Run(itoa(status), func(t *testing.T) {
			s := acctest.Start(t, simulator.Options{})
			server := acctest.Serve(t, s, acctest.Values{"max_retries": 1})
			inject(t, s, lost, simulator.Fault{Method: "POST", Path: "/Certificates/Import", Kind: simulator.FaultStatus, Status: status, Body: `{"ErrorCode":"0x1","Message":"no"}`})
			o, d := apply(server, acctest.Object{}, acctest.Values{"certificate": acctest.New(t, "web.example.com").PEM()})
			equal(t, "imports", s.Count("POST", "/Certificates/Import"), 2)
			equal(t, "in state", o.Exists(), true)
			if status == 401 { // a login that was refused is not tried again, so there is no look-up either
				contains(t, d.Errors(), "Unable to tell whether the certificate was imported: ", "401")
				return
			}
			equal(t, "errors", d.Errors(), "")
			contains(t, d.Warnings(), "Import was not answered: ")
			equal(t, "id", o.Get("id"), itoa(only(t, s).ID))
			equal(t, "preexisting", o.Get("preexisting"), "false")
		})
	}
	t.Run("token", func(t *testing.T) {
		s := acctest.Start(t, simulator.Options{})
		server := acctest.Serve(t, s, acctest.Values{"max_retries": 1, "basic": nil, "oauth": acctest.Values{
			"token_url": s.TokenURL(), "client_id": simulator.ClientID, "client_secret": s.ClientSecret(),
		}})
		inject(t, s, lost, simulator.Fault{Method: "POST", Path: "/Certificates/Import", Count: 1, Kind: simulator.FaultEndTokens})
		if err := s.Inject(simulator.Fault{Server: "idp", Skip: 1, Kind: simulator.FaultStatus, Status: 400, Body: `{"error":"invalid_client"}`}); err != nil {
			t.Fatal(err)
		}
		o, d := apply(server, acctest.Object{}, acctest.Values{"certificate": acctest.New(t, "web.example.com").PEM()})
		contains(t, d.Errors(), "Unable to tell whether the certificate was imported: ", "its answer was lost, and sending it again failed: ", "invalid_client")
		equal(t, "in state", o.Exists(), true)
		equal(t, "preexisting", o.Get("preexisting"), "false")
	})
	t.Run("not done", func(t *testing.T) {
		s := acctest.Start(t, simulator.Options{})
		server := acctest.Serve(t, s, acctest.Values{"max_retries": 3})
		inject(t, s, simulator.Fault{Method: "POST", Path: "/Certificates/Import", Count: 1, Kind: simulator.FaultReset},
			simulator.Fault{Method: "POST", Path: "/Certificates/Import", Kind: simulator.FaultStatus, Status: 403})
		o, d := apply(server, acctest.Object{}, acctest.Values{"certificate": acctest.New(t, "web.example.com").PEM(), "store_ids": stores(s, 0)})
		contains(t, d.Errors(), "Unable to import the certificate: ", "403")
		equal(t, "in state", o.Exists(), false)
		equal(t, "imports", s.Count("POST", "/Certificates/Import"), 2)
	})
}

// Where a file was renamed in a for_each, both would be in state, and the next run would delete the new one's.
func TestCreate_RefusesWhatCouldNotBeDeletedInThisRun(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	config := acctest.Values{"certificate": acctest.New(t, "web.example.com").PEM()}
	old, _ := acctest.Serve(t, s, nil).Create(typ, config)
	inject(t, s, simulator.Fault{Method: "DELETE", Kind: simulator.FaultStatus, Status: 503})
	server := acctest.Serve(t, s, nil) // the run of the rename
	contains(t, destroy(t, server, old).Errors(), "Unable to delete the certificate: ", "503")
	s.ClearFaults()
	o, d := apply(server, acctest.Object{}, config)
	contains(t, d.Errors(), `AttributeName("certificate"): Unable to import the certificate before it is deleted: `, old.Get("thumbprint"), "Apply again")
	equal(t, "in state", o.Exists(), false)
	equal(t, "imports", s.Count("POST", "/Certificates/Import"), 1)

	server = acctest.Serve(t, s, nil)
	equal(t, "errors of the next run's destroy", destroy(t, server, old).Errors(), "")
	_, d = apply(server, acctest.Object{}, config)
	equal(t, "errors of the next run", d.Errors(), "")
	equal(t, "certificates", len(s.Certificates()), 1)
}

func TestCreate_UnsettledInACollectionDoesNotLast(t *testing.T) {
	for name, finish := range map[string]func(*testing.T, *acctest.Server, acctest.Object){
		"refreshed": func(t *testing.T, server *acctest.Server, o acctest.Object) {
			o, d := server.Read(typ, o)
			equal(t, "errors of the refresh", d.Errors(), "")
			equal(t, "in state", o.Exists(), false)
		},
		"destroyed": func(t *testing.T, server *acctest.Server, o acctest.Object) {
			equal(t, "errors of the destroy", destroy(t, server, o).Errors(), "")
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := acctest.Start(t, simulator.Options{Collections: map[int]string{5: `IssuedCN -contains "example"`}})
			config := acctest.Values{"certificate": acctest.New(t, "web.example.com").PEM(), "collection_id": 5}
			inject(t, s, simulator.Fault{Method: "POST", Path: "/Certificates/Import", Count: 1, Kind: simulator.FaultReset})
			o, d := apply(acctest.Serve(t, s, nil), acctest.Object{}, config)
			contains(t, d.Errors(), "Unable to tell whether the certificate was imported: ")
			equal(t, "in state", o.Exists(), true)

			server := acctest.Serve(t, s, nil)
			finish(t, server, o)
			o, d = apply(server, acctest.Object{}, config)
			equal(t, "errors", d.Errors(), "")
			equal(t, "id", o.Get("id"), itoa(only(t, s).ID))
		})
	}
}
