package security

import (
	"fmt"
	"testing"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
)

// BenchmarkIdentityValues turns identities with three roles each into
// Terraform's values: what a data source costs beside reading the list.
func BenchmarkIdentityValues(b *testing.B) {
	const n = 50_000
	roles := make([]*keyfactor.Role, 60)
	for i := range roles {
		roles[i] = &keyfactor.Role{ID: int64(i), Name: fmt.Sprintf("Role %d", i), Permissions: []string{"Certificates:Read", "Certificates:Import"}}
	}
	valid := true
	identities := make([]*keyfactor.Identity, n)
	for i := range identities {
		identities[i] = &keyfactor.Identity{
			ID: int64(i), AccountName: fmt.Sprintf(`KEYEXAMPLE\user%06d`, i), IdentityType: "User", Valid: &valid,
			Roles: []*keyfactor.Role{roles[i%60], roles[(i+7)%60], roles[(i+31)%60]},
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := identityValues(b.Context(), identities); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/identity")
}
