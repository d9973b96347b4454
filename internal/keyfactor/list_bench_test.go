package keyfactor

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

const benchmarkRoles = 60

// identityRows is a page of identities with three roles each, as Command
// writes them: every role whole in every identity.
func identityRows(ids []int64) string {
	roles := make([]string, benchmarkRoles)
	for i := range roles {
		roles[i] = fmt.Sprintf(`{"Id":%d,"Name":"Role %d","Description":"What role %d is for","EmailAddress":null,"Enabled":true,`+
			`"Immutable":false,"Valid":true,"Private":false,"PermissionSetId":"00000000-0000-0000-0000-000000000000",`+
			`"Permissions":["Certificates:Read","Certificates:Import","CertificateStoreManagement:Read","Reports:Read"]}`, i+1, i+1, i+1)
	}
	var b strings.Builder
	b.WriteByte('[')
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"Id":%d,"AccountName":"KEYEXAMPLE\\user%06d","IdentityType":"User","Roles":[%s,%s,%s],"Valid":true,"SID":"S-1-5-21-1-2-3-%d"}`,
			id, id, roles[id%benchmarkRoles], roles[(id+7)%benchmarkRoles], roles[(id+31)%benchmarkRoles], id)
	}
	b.WriteByte(']')
	return b.String()
}

// BenchmarkIdentities lists identities with three roles each, from memory: the
// client's own work without a network.
func BenchmarkIdentities(b *testing.B) {
	for _, n := range []int{5_000, 50_000} {
		for _, size := range []int{500, DefaultPageSize} {
			b.Run(fmt.Sprintf("%d/page=%d", n, size), func(b *testing.B) { benchmarkIdentities(b, n, size) })
		}
	}
}

func benchmarkIdentities(b *testing.B, n, size int) {
	texts := map[int64]string{} // by first id
	s := &listServer{rows: numbers(n)}
	s.body = func(ids []int64) string {
		if len(ids) == 0 {
			return "[]"
		}
		if texts[ids[0]] == "" {
			texts[ids[0]] = identityRows(ids)
		}
		return texts[ids[0]]
	}
	c := New(&http.Client{Transport: s}, "https://command.test/KeyfactorAPI")
	read := func() []Identity {
		rows, err := c.Identities(context.Background(), IdentityListOptions{PageSize: size})
		if err != nil || len(rows) != n {
			b.Fatalf("%d identities, error %v", len(rows), err)
		}
		return rows
	}
	read()
	var before, after, held runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	rounds := 0
	var kept []Identity
	for b.Loop() {
		kept = read()
		rounds++
	}
	runtime.ReadMemStats(&after)
	runtime.GC()
	runtime.ReadMemStats(&held)
	per := float64(rounds) * float64(n)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/per, "ns/identity")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/per, "allocs/identity")
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/per, "B/identity")
	b.ReportMetric((float64(held.HeapAlloc)-float64(before.HeapAlloc))/float64(n), "heldB/identity")
	runtime.KeepAlive(kept)
	runtime.KeepAlive(c)
}
