package simulator_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

func benchmarkGet(b *testing.B, s *simulator.Simulator, path string) {
	b.Helper()
	c := &http.Client{Transport: transport(s)}
	defer c.CloseIdleConnections()
	for b.Loop() {
		r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, s.Endpoint()+path, nil)
		if err != nil {
			b.Fatal(err)
		}
		r.Header.Set("X-Keyfactor-Requested-With", "APIClient")
		r.SetBasicAuth(simulator.User, s.Password())
		resp, err := c.Do(r)
		if err != nil {
			b.Fatal(err)
		}
		n, err := io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			b.Fatalf("status %d, %d bytes, %v", resp.StatusCode, n, err)
		}
		b.SetBytes(n)
	}
}

// BenchmarkCertificateByID is a look-up among 5,000: by an index, not by reading them all.
func BenchmarkCertificateByID(b *testing.B) {
	s, err := simulator.Start(simulator.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if err := s.Populate(5000); err != nil {
		b.Fatal(err)
	}
	benchmarkGet(b, s, "/Certificates?QueryString="+fmt.Sprintf("CertId%%20-eq%%20%d", 2500))
}
