package certificate_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

func TestValidate_ModuleThatOffersBothFormsIsSilentWhileTheyAreUnknown(t *testing.T) {
	server := acctest.NewServer(t)
	u := acctest.Unknown
	for _, config := range []acctest.Values{
		{"certificate": u, "certificate_wo": u},
		{"certificate_wo": "x", "certificate": u, "password": u, "password_wo": u},
		{"certificate_wo": "x", "owner_role_id": u, "owner_role_name": u, "schedule": u},
	} {
		d := server.Validate(typ, config)
		equal(t, "errors and warnings", d.Errors()+d.Warnings(), "")
	}
}

func TestCreate_ReadBackFailsForAFileWithAKey(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	config := acctest.Values{"certificate_wo": acctest.New(t, "web.example.com").PKCS12(t, "pw"), "password_wo": "pw"}
	inject(t, s, simulator.Fault{Method: "GET", Path: "/Certificates", Skip: 1, Kind: simulator.FaultStatus, Status: 500})
	o, _ := apply(server, acctest.Object{}, config)
	s.ClearFaults()
	o, _ = server.Read(typ, o)
	if p := server.Plan(typ, o, config); !p.Value.Equal(o.Value) {
		t.Error("the plan is not empty")
	}
}

func TestLoginPageIsNoSuccess(t *testing.T) {
	page := simulator.Fault{Kind: simulator.FaultStatus, Status: 200, Body: "<html><body>Please log in</body></html>"}
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	c := acctest.New(t, "web.example.com")
	o, _ := server.Create(typ, acctest.Values{"certificate": c.PEM()})

	page.Method = "PUT"
	inject(t, s, page)
	after, d := apply(server, o, acctest.Values{"certificate": c.PEM(), "metadata": acctest.Values{"Notes": "x"}})
	contains(t, d.Errors(), "Unable to change the certificate's metadata: ", "does not look like Command's API", "Please log in")
	equal(t, "metadata in state", after.Get("metadata"), "null")

	page.Method = "DELETE"
	inject(t, s, page)
	d = destroy(t, acctest.Serve(t, s, nil), o)
	contains(t, d.Errors(), "Unable to delete the certificate: ", "does not look like Command's API")
	equal(t, "certificates", len(s.Certificates()), 1)
}

func TestUpdate_ChangeMadeOutsideMeanwhileIsNoticedLater(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	pem := acctest.New(t, "web.example.com").PEM()
	o, _ := server.Create(typ, acctest.Values{"certificate": pem, "metadata": acctest.Values{"Notes": "mine"}})
	p := server.Plan(typ, o, acctest.Values{"certificate": pem, "metadata": acctest.Values{"Notes": "mine"}, "on_destroy": "keep"})
	if err := s.SetMetadata(only(t, s).ID, "Notes", "Mallory"); err != nil {
		t.Fatal(err)
	}
	o, d := server.Apply(typ, p)
	equal(t, "warnings", d.Warnings(), "")
	o, _ = server.Read(typ, o)
	contains(t, o.Get("metadata"), "Mallory")
}

func TestErrors_RepeatNoPartOfAFileOrPassword(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	p12 := acctest.New(t, "web.example.com").PKCS12(t, "correct horse")
	config := acctest.Values{"certificate_wo": p12, "password_wo": "correct horse"}
	for name, body := range map[string]string{
		"text":         `Bad request: {"Certificate":"` + p12,
		"JSON message": `{"ErrorCode":"0xA011000F","Message":"Bad base64 near: ` + p12[40:140] + `"}`,
		"at the cut":   strings.Repeat("x", 192) + "correct horse",
	} {
		t.Run(name, func(t *testing.T) {
			inject(t, s, simulator.Fault{Path: "/Certificates/Import", Count: 1, Kind: simulator.FaultStatus, Status: 400, Body: body, ContentType: "text/plain"})
			_, d := apply(acctest.Serve(t, s, nil), acctest.Object{}, config)
			for _, part := range []string{p12[48:64], "correct"} {
				if strings.Contains(d.Errors(), part) {
					t.Errorf("%q is in: %s", part, d.Errors())
				}
			}
			contains(t, d.Errors(), "400")
		})
	}
	inject(t, s, simulator.Fault{Method: "GET", Path: "/Certificates", Count: 1, Kind: simulator.FaultStatus, Status: 200, Body: `[{"Id":{},"ContentBytes":"` + p12 + `"}]`})
	_, d := apply(acctest.Serve(t, s, nil), acctest.Object{}, config)
	contains(t, d.Errors(), "the member Id is not of the type that the vendor documents")
	if strings.Contains(d.Errors(), p12[:10]) {
		t.Errorf("a part of the answer is in: %s", d.Errors())
	}
}

func TestImport_WhileTheEndpointIsUnknown(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	c := acctest.New(t, "web.example.com")
	if _, err := s.AddCertificate(c.DER); err != nil {
		t.Fatal(err)
	}
	server := acctest.Serve(t, s, acctest.Values{"endpoint": acctest.Unknown})
	for _, id := range []string{c.Thumbprint(), "1"} {
		_, d := server.Import(typ, id, nil)
		contains(t, d.Errors(), "Unknown provider configuration: ", "`endpoint`")
	}
}

func TestOwner_Before12IsRefusedBeforeAnUpdateSendsAnything(t *testing.T) {
	s := acctest.Start(t, simulator.Options{Version: "11.6.0.0"})
	server := acctest.Serve(t, s, nil)
	pem := acctest.New(t, "web.example.com").PEM()
	o, _ := server.Create(typ, acctest.Values{"certificate": pem})
	s.ResetJournal()
	_, d := apply(server, o, acctest.Values{"certificate": pem, "owner_role_id": 5, "store_ids": stores(s, 0), "metadata": acctest.Values{"Notes": "x"}})
	contains(t, d.Errors(), "Invalid owner for this version of Command: ")
	equal(t, "changes sent", s.Count("POST", "*")+s.Count("PUT", "*"), 0)
}

func TestOwner_ServerThatKnowsNoneAndDoesNotSaySo(t *testing.T) {
	s := acctest.Start(t, simulator.Options{Version: "11.6.0.0", NoVersionHeader: true})
	server := acctest.Serve(t, s, nil)
	pem := acctest.New(t, "web.example.com").PEM()
	o, d := server.Create(typ, acctest.Values{"certificate": pem, "owner_role_name": "Web Team"})
	contains(t, d.Warnings(), "Owner could not be read back: ")
	o, d = server.Change(typ, o, acctest.Values{"certificate": pem, "owner_role_name": "Web Team", "metadata": acctest.Values{"Notes": "x"}})
	equal(t, "errors", d.Errors(), "")
	equal(t, "owner calls", s.Count("PUT", "/Certificates/*/Owner"), 0)
	o, d = server.Change(typ, o, acctest.Values{"certificate": pem})
	contains(t, d.Warnings(), "Owner could not be removed: ")
	equal(t, "owner_role_name", o.Get("owner_role_name"), "null")
}

func TestOwner_RemovedThoughItsReadBackFailed(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	pem := acctest.New(t, "web.example.com").PEM()
	inject(t, s, simulator.Fault{Method: "GET", Path: "/Certificates", Skip: 1, Kind: simulator.FaultStatus, Status: 500})
	o, _ := apply(server, acctest.Object{}, acctest.Values{"certificate": pem, "owner_role_name": "web team"})
	s.ClearFaults()
	o, _ = server.Read(typ, o)
	_, d := server.Change(typ, o, acctest.Values{"certificate": pem})
	equal(t, "warnings", d.Warnings(), "")
	equal(t, "owner", only(t, s).OwnerRoleName, "")
}

func TestKey_BroughtWhileARefusedStoreIsTakenOut(t *testing.T) {
	id := simulatorStores(t)[0].ID
	s := acctest.Start(t, simulator.Options{RefusedStores: map[string]simulator.Refusal{id: {Reason: 1}}})
	server := acctest.Serve(t, s, nil)
	c := acctest.New(t, "web.example.com")
	o, d := server.Create(typ, acctest.Values{"certificate_wo": c.PEM(), "store_ids": []any{id}})
	contains(t, d.Warnings(), "did not take it: reason 1, without an explanation. The next plan")
	p := server.Plan(typ, o, acctest.Values{"certificate_wo": c.PKCS12(t, "pw"), "password_wo": "pw"})
	equal(t, "invalid_key_stores in the plan", p.Get("invalid_key_stores"), "unknown")
	o, d = server.Apply(typ, p)
	equal(t, "errors", d.Errors(), "")
	contains(t, o.Get("invalid_key_stores"), "<>")
}

func TestCreate_AnswerLostInACollectionIsUnsettled(t *testing.T) {
	s := acctest.Start(t, simulator.Options{Collections: map[int]string{7: `CN -contains "nothing"`}})
	inject(t, s, simulator.Fault{Path: "/Certificates/Import", Count: 1, Kind: simulator.FaultLoseAnswer})
	server := acctest.Serve(t, s, acctest.Values{"max_retries": 2})
	o, d := apply(server, acctest.Object{}, acctest.Values{"certificate": acctest.New(t, "web.example.com").PEM(), "collection_id": 7, "store_ids": stores(s, 0)})
	contains(t, d.Errors(), "Unable to tell whether the certificate was imported: ")
	equal(t, "in state", o.Exists(), true)
	equal(t, "imports", s.Count("POST", "/Certificates/Import"), 1)
}

func TestPlan_UnknownPasswordMattersToPKCS12Only(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	c := acctest.New(t, "web.example.com")
	o, _ := server.Create(typ, acctest.Values{"certificate_wo": c.PEM()})
	p := server.Plan(typ, o, acctest.Values{"certificate_wo": c.PEM() + "\n", "password_wo": acctest.Unknown})
	equal(t, "replacements", len(p.RequiresReplace), 0)
	p = server.Plan(typ, o, acctest.Values{"certificate_wo": c.PKCS12(t, "pw"), "password_wo": acctest.Unknown})
	equal(t, "replacements by a PKCS#12 file", len(p.RequiresReplace), 1)
}

func TestStores_UnknownElementAndDefaultsWrittenOut(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	pem := acctest.New(t, "web.example.com").PEM()
	config := func(ids []any, storeType acctest.Values) acctest.Values {
		return acctest.Values{"certificate": pem, "store_ids": ids, "store_types": []any{storeType}}
	}
	short := acctest.Values{"store_type_id": 2, "alias": "web", "properties": `[{"a":1}]`}
	o, _ := server.Create(typ, config(stores(s, 0), short))
	p := server.Plan(typ, o, config([]any{acctest.Unknown}, short))
	equal(t, "warnings", p.Diagnostics.Warnings(), "")

	s.ResetJournal()
	_, _ = server.Change(typ, o, config(stores(s, 0), acctest.Values{"store_type_id": 2, "alias": "web", "overwrite": false, "properties": `[ { "a": 1 } ]`}))
	equal(t, "imports", s.Count("POST", "*"), 0)
}

func TestImport_KeyIsBroughtThoughTheFirstUpdateFailed(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	c := acctest.New(t, "web.example.com")
	id, err := s.AddCertificate(c.DER)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.AddToStore(id, s.Stores()[0].ID, "web"); err != nil {
		t.Fatal(err)
	}
	server := acctest.Serve(t, s, nil)
	o, _ := server.Import(typ, itoa(id), nil)
	config := acctest.Values{"certificate_wo": c.PKCS12(t, "pw"), "password_wo": "pw", "store_ids": stores(s, 0)}
	inject(t, s, simulator.Fault{Path: "/Certificates/Locations/*", Count: 1, Kind: simulator.FaultStatus, Status: 500})
	o, d := apply(server, o, config)
	contains(t, d.Errors(), "Unable to read the certificate's stores: ")
	o, _ = server.Read(typ, o)
	o, d = apply(server, o, config)
	equal(t, "errors", d.Errors(), "")
	equal(t, "key on the server", only(t, s).HasPrivateKey, true)
	if p := server.Plan(typ, o, config); !p.Value.Equal(o.Value) {
		t.Error("the plan is not empty")
	}
}

func TestImport_ContentThatIsNoCertificate(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	thumbprint := strings.Repeat("AB", 20)
	inject(t, s, simulator.Fault{Method: "GET", Path: "/Certificates", Kind: simulator.FaultStatus, Status: 200, Body: `[{"Id":5,"Thumbprint":"` + strings.ToLower(thumbprint) + `","ContentBytes":"aGVsbG8=","CertState":"Active","KeySizeInBits":"2048"}]`})
	o, d := acctest.Serve(t, s, nil).Import(typ, "5", nil)
	equal(t, "errors", d.Errors(), "")
	equal(t, "thumbprint", o.Get("thumbprint"), thumbprint)
	equal(t, "subject", o.Get("subject"), "null")
}

func TestDelete_StoresThatAreOnlyCountedKeepTheCertificate(t *testing.T) {
	for name, body := range map[string]string{
		"counted":    `{"Details":[{"StoreType":"PEM File","StoreTypeId":2,"StoreCount":3,"Locations":null}]}`,
		"without id": `{"Details":[{"StoreTypeId":2,"StoreCount":1,"Locations":[{"StoreId":null,"ClientMachine":"web1"}]}]}`,
		"null":       `null`,
	} {
		t.Run(name, func(t *testing.T) {
			s := acctest.Start(t, simulator.Options{})
			o, _ := acctest.Serve(t, s, nil).Create(typ, acctest.Values{"certificate": acctest.New(t, "web.example.com").PEM()})
			inject(t, s, simulator.Fault{Path: "/Certificates/Locations/*", Kind: simulator.FaultStatus, Status: 200, Body: body})
			d := destroy(t, acctest.Serve(t, s, nil), o)
			if d.Errors()+d.Warnings() == "" {
				t.Error("nothing was said")
			}
			equal(t, "certificates", len(s.Certificates()), 1)
		})
	}
}

func TestErrors_ShowNoPropertiesOfAStoreType(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	inject(t, s, simulator.Fault{Path: "/Certificates/Import", Kind: simulator.FaultEcho, Status: 400})
	_, d := apply(acctest.Serve(t, s, nil), acctest.Object{}, acctest.Values{
		"certificate": acctest.New(t, "web.example.com").PEM(), "store_ids": stores(s, 0),
		"store_types": []any{acctest.Values{"store_type_id": 2, "properties": `[{"StorePassword":"geheimes Wort"}]`}},
	})
	contains(t, d.Errors(), "400")
	if strings.Contains(d.Errors(), "geheimes") {
		t.Errorf("a property is in: %s", d.Errors())
	}
}

func TestOwner_ZeroIsNone(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	c := acctest.New(t, "web.example.com")
	o, _ := server.Create(typ, acctest.Values{"certificate": c.PEM(), "owner_role_name": "Web Team"})
	inject(t, s, simulator.Fault{Method: "GET", Path: "/Certificates", Kind: simulator.FaultStatus, Status: 200,
		Body: `[{"Id":1,"Thumbprint":"` + c.Thumbprint() + `","OwnerRoleId":0,"OwnerRoleName":""}]`})
	o, d := server.Read(typ, o)
	equal(t, "errors", d.Errors(), "")
	equal(t, "owner_role_name", o.Get("owner_role_name"), "null")
}

func TestStores_RefusalWithoutAnIDTriesAllAgain(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	config := acctest.Values{"certificate": acctest.New(t, "web.example.com").PEM(), "store_ids": stores(s, 0, 1)}
	inject(t, s, simulator.Fault{Path: "/Certificates/Import", Count: 1, Kind: simulator.FaultStatus, Status: 200,
		Body: `{"ImportStatus":"CreatedNew","JobStatus":null,"InvalidKeystores":[{"KeystoreId":"","Reason":"NotFound","Explanation":"gone"}]}`})
	o, d := apply(server, acctest.Object{}, config)
	equal(t, "errors", d.Errors(), "")
	contains(t, d.Warnings(), "gone")
	s.ResetJournal()
	if _, err := s.AddCertificate(mustPEM(t, config["certificate"].(string))); err != nil {
		t.Fatal(err)
	}
	o, _ = server.Read(typ, o)
	p := server.Plan(typ, o, config)
	equal(t, "invalid_key_stores", p.Get("invalid_key_stores"), "unknown")
	_, d = server.Apply(typ, p)
	equal(t, "errors", d.Errors(), "")
	equal(t, "stores sent", len(s.Requests("POST", "/Certificates/Import")[0].Facts["stores"].([]string)), 2)
}

func TestUnreadableFile_OddAnalysisIsRefused(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	config := acctest.Values{"certificate_wo": base64.StdEncoding.EncodeToString(unreadable(t)), "password_wo": "pw"}
	for _, body := range []string{`[{"Thumbprint":"AA","IsEndEntity":true}]`, `[]`, `null`} {
		inject(t, s, simulator.Fault{Path: "/Certificates/Analyze", Count: 1, Kind: simulator.FaultStatus, Status: 200, Body: body})
		_, d := apply(acctest.Serve(t, s, nil), acctest.Object{}, config)
		contains(t, d.Errors(), "Unable to tell which certificate the file holds: ")
	}
	equal(t, "imports", s.Count("POST", "/Certificates/Import"), 0)
}

func TestUnreadableFile_ReadBackFails(t *testing.T) {
	file := unreadable(t)
	c := acctest.New(t, "web.example.com")
	sum := sha256.Sum256(file)
	s := acctest.Start(t, simulator.Options{KnownFiles: map[string]simulator.KnownFile{hex.EncodeToString(sum[:]): {Leaf: c.DER, HasKey: true}}})
	server := acctest.Serve(t, s, nil)
	config := acctest.Values{"certificate_wo": base64.StdEncoding.EncodeToString(file), "password_wo": "pw"}
	inject(t, s, simulator.Fault{Method: "GET", Path: "/Certificates", Skip: 1, Kind: simulator.FaultStatus, Status: 500})
	o, d := apply(server, acctest.Object{}, config)
	equal(t, "errors", d.Errors(), "")
	s.ClearFaults()
	o, d = server.Read(typ, o)
	equal(t, "errors", d.Errors(), "")
	equal(t, "subject", o.Get("subject"), "CN=web.example.com,O=Key Example")
	equal(t, "has_private_key", o.Get("has_private_key"), "true")
	if p := server.Plan(typ, o, config); !p.Value.Equal(o.Value) {
		t.Error("the plan is not empty")
	}
}

func TestPlan_AReplacementWarnsOnce(t *testing.T) {
	server := acctest.Serve(t, acctest.Start(t, simulator.Options{}), nil)
	c := acctest.New(t, "web.example.com")
	o, _ := server.Create(typ, acctest.Values{"certificate_wo": acctest.New(t, "old.example.com").PEM()})
	config := acctest.Values{"certificate_wo": c.PEM() + c.KeyPEM(t)}
	p := server.Plan(typ, o, config) // which Terraform follows with a plan of the new object
	equal(t, "replacements", len(p.RequiresReplace), 1)
	equal(t, "warnings", p.Diagnostics.Warnings(), "")
	contains(t, server.Plan(typ, acctest.Object{}, config).Diagnostics.Warnings(), "Private key in PEM is not imported: ")
}

func TestMetadata_CaseOfANormalisedFieldIsNoDrift(t *testing.T) {
	s := acctest.Start(t, simulator.Options{NormalizeMetadata: true})
	server := acctest.Serve(t, s, nil)
	pem := acctest.New(t, "web.example.com").PEM()
	o, _ := server.Create(typ, acctest.Values{"certificate": pem, "metadata": acctest.Values{"BusinessCritical": "true"}})
	config := acctest.Values{"certificate": pem, "metadata": acctest.Values{"businesscritical": "true"}}
	o, _ = server.Change(typ, o, config)
	o, _ = server.Read(typ, o)
	if p := server.Plan(typ, o, config); !p.Value.Equal(o.Value) {
		t.Error("the plan is not empty")
	}
}

func mustPEM(t *testing.T, text string) []byte {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		t.Fatal("no PEM")
	}
	return block.Bytes
}
