package certificate_test

import (
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

// created are n imported certificates, without the CLI's order.
func created(t *testing.T, s *simulator.Simulator, n int) []acctest.Object {
	t.Helper()
	server := acctest.Serve(t, s, nil)
	ca := acctest.NewCA(t)
	objects := make([]acctest.Object, n)
	sideBySide(n, func(i int) {
		objects[i], _ = apply(server, acctest.Object{}, acctest.Values{"certificate": ca.Issue(t, "web.example.com").Base64()})
	})
	rand.Shuffle(n, func(i, j int) { objects[i], objects[j] = objects[j], objects[i] })
	return objects
}

// sideBySide calls f for 0 to n-1, ten at a time like Terraform.
func sideBySide(n int, f func(i int)) {
	var all sync.WaitGroup
	turns := make(chan struct{}, 10)
	for i := range n {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			f(i)
		})
	}
	all.Wait()
}

func refresh(t *testing.T, s *simulator.Simulator, objects []acctest.Object) {
	t.Helper()
	server := acctest.Serve(t, s, nil)
	s.ResetJournal()
	sideBySide(len(objects), func(i int) {
		after, d := server.Read(typ, objects[i])
		if d.Errors() != "" || !after.Value.Equal(objects[i].Value) {
			t.Errorf("%s changed: %s", objects[i].Get("thumbprint"), d.Errors())
		}
	})
}

func TestReadsTravelTogether(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	objects := created(t, s, 150)
	if sent := len(s.Journal()); sent > 150*22/10 {
		t.Errorf("%d requests for 150 new certificates, at most 2.2 for each", sent)
	}
	refresh(t, s, objects)
	if sent := len(s.Journal()); sent > 20 {
		t.Errorf("%d requests to refresh 150 certificates", sent)
	}
	for _, r := range s.Journal() {
		if n := len(r.Query.Encode()); n > 2048 {
			t.Errorf("a query of %d bytes", n)
		}
	}

	refresh(t, s, objects[:1])
	equal(t, "requests for one certificate", len(s.Journal()), 1)
}

func TestReadsTravelTogether_FewAmongMany(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	objects := created(t, s, 100)
	var few []acctest.Object
	for _, o := range objects {
		if len(few) < 20 {
			few = append(few, o)
		}
	}
	refresh(t, s, few)
	if sent := len(s.Journal()); sent > len(few) {
		t.Errorf("%d requests for %d certificates", sent, len(few))
	}
}

func TestReadsTravelTogether_AbsenceIsNeverConcludedFromABatch(t *testing.T) {
	s := acctest.Start(t, simulator.Options{MaxPageSize: 3}) // a batch brings three rows, whatever it asks for
	refresh(t, s, created(t, s, 40))
}

func TestReadsTravelTogether_ServerThatRefusesSuchQueries(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	objects := created(t, s, 40)
	inject(t, s, simulator.Fault{Method: "GET", Path: "/Certificates", Skip: 1, Count: 1, Kind: simulator.FaultStatus, Status: 400, Body: `{"ErrorCode":"0xA011000F","Message":"no OR"}`})
	refresh(t, s, objects)
	if sent := len(s.Journal()); sent != 41 {
		t.Errorf("%d requests, want a refused one and one for each of 40 certificates", sent)
	}
}

func TestReadsTravelTogether_WhatIsWrittenIsReadAgain(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	objects := created(t, s, 30)
	server := acctest.Serve(t, s, nil)
	sideBySide(len(objects)-1, func(i int) { _, _ = server.Read(typ, objects[i]) }) // the last one is read ahead
	last := objects[len(objects)-1]
	config := acctest.Values{"certificate": last.Get("certificate"), "metadata": acctest.Values{"Notes": "written"}}
	o, _ := server.Change(typ, last, config)
	o, d := server.Read(typ, o)
	equal(t, "errors", d.Errors(), "")
	contains(t, o.Get("metadata"), "written")
}

func TestReadsTravelTogether_WhatIsImportedAgainIsReadAgain(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	objects := created(t, s, 30)
	server := acctest.Serve(t, s, nil)
	sideBySide(len(objects)-1, func(i int) { _, _ = server.Read(typ, objects[i]) })
	last := objects[len(objects)-1]
	_, _ = server.Create(typ, acctest.Values{"certificate": last.Get("certificate"), "metadata": acctest.Values{"Notes": "written"}})
	s.ResetJournal()
	_, d := server.Read(typ, last)
	equal(t, "errors", d.Errors(), "")
	equal(t, "requests", s.Count("GET", "/Certificates"), 1)
}
