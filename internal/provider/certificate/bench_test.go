package certificate_test

import (
	"testing"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

// What the provider costs for each certificate, over the plugin protocol and
// with the server in the same process:
//
//	go test -run - -bench . -benchmem ./internal/provider/certificate

func benchmarked(b *testing.B) (*acctest.Server, acctest.Values, acctest.Object) {
	b.Helper()
	server := acctest.Serve(b, acctest.Start(b, simulator.Options{}), nil)
	config := acctest.Values{
		"certificate": acctest.New(b, "web.example.com").Base64(), "metadata": acctest.Values{"AppOwnerFirstName": "John"},
	}
	object, _ := server.Create(typ, config)
	b.ReportAllocs()
	return server, config, object
}

func BenchmarkPlan_NothingChanged(b *testing.B) {
	server, config, object := benchmarked(b)
	for b.Loop() {
		if planned := server.Plan(typ, object, config); !planned.Value.Equal(object.Value) {
			b.Fatal("the plan changes something")
		}
	}
}

func BenchmarkRead(b *testing.B) {
	server, _, object := benchmarked(b)
	for b.Loop() {
		if after, d := server.Read(typ, object); d.Errors() != "" || !after.Value.Equal(object.Value) {
			b.Fatal("the certificate changed", d.Errors())
		}
	}
}

func BenchmarkPlan_New(b *testing.B) {
	server, config, _ := benchmarked(b)
	for b.Loop() {
		if planned := server.Plan(typ, acctest.Object{}, config); planned.Diagnostics.Errors() != "" {
			b.Fatal(planned.Diagnostics.Errors())
		}
	}
}

func BenchmarkCreate(b *testing.B) {
	server, config, _ := benchmarked(b)
	ca := acctest.NewCA(b)
	for b.Loop() {
		b.StopTimer()
		config["certificate"] = ca.Issue(b, "web.example.com").Base64()
		planned := server.Plan(typ, acctest.Object{}, config)
		b.StartTimer()
		if _, d := server.Apply(typ, planned); d.Errors() != "" {
			b.Fatal(d.Errors())
		}
	}
}
