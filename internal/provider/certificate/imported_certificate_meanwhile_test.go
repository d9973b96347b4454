package certificate_test

import (
	"testing"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

// A field that this update did not write is no answer to a write.
func TestUpdate_FieldChangedOutsideMeanwhileIsNoticed(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	cert := acctest.New(t, "web.example.com")
	config := acctest.Values{"certificate": cert.PEM(), "metadata": acctest.Values{"Notes": "x", "AppOwnerFirstName": "First"}}
	o, _ := server.Create(typ, config)
	if err := s.SetMetadata(only(t, s).ID, "Notes", "outside"); err != nil { // after the refresh, before the update
		t.Fatal(err)
	}
	config["metadata"] = acctest.Values{"Notes": "x", "AppOwnerFirstName": "Second"}
	o, d := server.Change(typ, o, config)
	equal(t, "warnings", d.Warnings(), "")
	o, _ = server.Read(typ, o)
	contains(t, o.Get("metadata"), "outside")
	_, _ = server.Change(typ, o, config)
	equal(t, "Notes", only(t, s).Metadata["Notes"], "x")
}

// What another actor gives a new id between look-up and DELETE is not gone.
func TestDelete_RenumberedMeanwhile(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	o, _ := server.Create(typ, acctest.Values{"certificate": acctest.New(t, "web.example.com").PEM(), "on_destroy": "delete"})
	inject(t, s, simulator.Fault{Method: "DELETE", Count: 1, Kind: simulator.FaultAct, Do: func(s *simulator.Simulator) { _, _ = s.Renumber(s.Certificates()[0].ID) }})
	d := destroy(t, acctest.Serve(t, s, nil), o)
	// Either it is deleted under its new id, or the error keeps it in state.
	if d.Errors() == "" && len(s.Certificates()) != 0 {
		t.Error("the certificate is on the server and in no state: an orphan")
	}
}

// An import that was not answered, of what was there before, says nothing about metadata.
func TestCreate_NotAnsweredMetadataIsWrittenByTheNextApply(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	cert := acctest.New(t, "web.example.com")
	if _, err := s.AddCertificate(cert.DER); err != nil {
		t.Fatal(err)
	}
	config := acctest.Values{"certificate": cert.PEM(), "metadata": acctest.Values{"Notes": "x"}, "store_ids": stores(s, 0)}
	inject(t, s, simulator.Fault{Method: "POST", Path: "/Certificates/Import", Count: 1, Kind: simulator.FaultReset})
	o, d := apply(acctest.Serve(t, s, nil), acctest.Object{}, config)
	equal(t, "errors", d.Errors(), "")
	server := acctest.Serve(t, s, nil)
	o, _ = server.Read(typ, o)
	_, _ = server.Change(typ, o, config)
	equal(t, "Notes", only(t, s).Metadata["Notes"], "x")
	equal(t, "locations", len(only(t, s).Locations), 1)
}
