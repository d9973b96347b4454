package keyfactor

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

// certificateRows is a page of certificates as Command lists them: whole, with
// content of 1,200 bytes, two names and five metadata fields.
func certificateRows(n int) string {
	content := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("certificate ", 100)))
	var b strings.Builder
	for id := 1; id <= n; id++ {
		fmt.Fprintf(&b, `,{"Id":%d,"Thumbprint":"%040X","SerialNumber":"%032X","IssuedDN":"CN=host%d.example.com,OU=Operations,O=Example","IssuedCN":"host%d.example.com",`+
			`"ImportDate":"2025-01-02T03:04:05Z","NotBefore":"2025-01-01T00:00:00Z","NotAfter":"2026-01-01T00:00:00Z","IssuerDN":"CN=Example Issuing CA 1,O=Example",`+
			`"PrincipalId":null,"TemplateId":null,"CertState":1,"KeySizeInBits":2048,"KeyType":1,"CertStateString":"Active","KeyTypeString":"RSA","RevocationReason":null,`+
			`"CertificateAuthorityId":1,"CertificateAuthorityName":"ca.example.com\\Example Issuing CA 1","TemplateName":"WebServer","HasPrivateKey":true,"OwnerRoleId":3,"OwnerRoleName":"Operations",`+
			`"SubjectAltNameElements":[{"Id":1,"Value":"host%d.example.com","Type":2,"ValueHash":"00"},{"Id":2,"Value":"www.example.com","Type":2,"ValueHash":"00"}],`+
			`"Metadata":{"Email":"ops@example.com","Application":"shop","Environment":"production","Ticket":"%d","Notes":"none"},"Locations":[],"ContentBytes":"%s"}`,
			id, id, id, id, id, id, id, content)
	}
	return "[" + strings.TrimPrefix(b.String(), ",") + "]"
}

// BenchmarkReadAhead decodes the largest page that a refresh asks for, from
// memory, and keeps what is kept of it.
func BenchmarkReadAhead(b *testing.B) {
	page := certificateRows(rowsAhead)
	s := saying(page)
	c := s.client()
	read := func() []*Certificate {
		s.asked = []*http.Request{}
		rows, err := c.several(b.Context(), &trust{}, aheadQuery("CertId -ge 1", 0, rowsAhead), true)
		if err != nil || len(rows) != rowsAhead {
			b.Fatalf("%d rows, error %v", len(rows), err)
		}
		return rows
	}
	var before, held runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	var kept []*Certificate
	for b.Loop() {
		kept = read()
	}
	runtime.GC()
	runtime.ReadMemStats(&held)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rowsAhead, "ns/certificate")
	b.ReportMetric((float64(held.HeapAlloc)-float64(before.HeapAlloc))/rowsAhead, "heldB/certificate")
	runtime.KeepAlive(kept)
	runtime.KeepAlive(s)
}
