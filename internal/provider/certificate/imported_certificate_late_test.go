package certificate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

// The connection is gone at once, the server finishes its work a little later.
func TestCreate_ServerFinishesAfterTheConnectionIsLost(t *testing.T) {
	cert := acctest.New(t, "web.example.com")
	var s *simulator.Simulator
	s = acctest.Start(t, simulator.Options{Logf: func(_ string, args ...any) {
		if len(args) == 5 && args[1] == "POST" && strings.HasSuffix(args[2].(string), "/Import") && args[4] == "reset" {
			time.AfterFunc(150*time.Millisecond, func() { _, _ = s.AddCertificate(cert.DER) })
		}
	}})
	inject(t, s, simulator.Fault{Method: "POST", Path: "/Certificates/Import", Count: 1, Kind: simulator.FaultReset})
	server := acctest.Serve(t, s, acctest.Values{"max_retries": 3})
	_, d := server.Create(typ, acctest.Values{"certificate": cert.PEM(), "store_ids": stores(s, 0)})
	contains(t, d.Warnings(), "Import was not answered")
	equal(t, "imports sent", s.Count("POST", "/Certificates/Import"), 1)
}
