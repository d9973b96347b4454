package simulator_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

func encode(data []byte) string { return base64.StdEncoding.EncodeToString(data) }

func TestImport_EveryFormat(t *testing.T) {
	c := start(t, simulator.Options{})
	root := made(t, "Test root", nil)
	password := "s3cret"
	for _, one := range []struct {
		name, format string
		content      func(leaf *pair) (data string, password any)
		hasKey       bool
	}{
		{"PEM", "pem", func(l *pair) (string, any) { return encode([]byte(l.pem() + root.pem())), nil }, false},
		{"PEM text without base64", "pem", func(l *pair) (string, any) { return l.pem(), nil }, false},
		{"PEM with a key, which is ignored", "pem", func(l *pair) (string, any) { return encode([]byte(l.keyPEM(t) + l.pem())), nil }, false},
		{"DER", "der", func(l *pair) (string, any) { return encode(l.Raw), nil }, false},
		{"PKCS#7, CA first", "pkcs7", func(l *pair) (string, any) { return encode(bundle(t, root, l)), nil }, false},
		{"PKCS#12", "pkcs12", func(l *pair) (string, any) { return encode(l.pfx(t, password, root)), password }, true},
		{"PKCS#12, empty password", "pkcs12", func(l *pair) (string, any) { return encode(l.pfx(t, "")), "" }, true},
	} {
		leaf := made(t, "www.keyexample.com", root)
		content, pass := one.content(leaf)
		c.s.ResetJournal()
		answer := c.call("POST", "/Certificates/Import", map[string]any{"Certificate": content, "Password": pass}).want(t, 200)
		if got := answer.object(t)["Thumbprint"]; got != leaf.thumbprint() {
			t.Errorf("%s: thumbprint %v, want %s", one.name, got, leaf.thumbprint())
		}
		facts := c.s.Journal()[0].Facts
		if facts["format"] != one.format || facts["hasKey"] != one.hasKey {
			t.Errorf("%s: facts %v", one.name, facts)
		}
		if record, _ := c.s.Certificate(leaf.thumbprint()); record.HasPrivateKey != one.hasKey {
			t.Errorf("%s: has private key %v", one.name, record.HasPrivateKey)
		}
	}
}

func TestImport_WrongInput(t *testing.T) {
	c := start(t, simulator.Options{})
	leaf := made(t, "www.keyexample.com", made(t, "Test root", nil))
	fine := encode(leaf.Raw)
	for name, body := range map[string]map[string]any{
		"wrong password":         {"Certificate": encode(leaf.pfx(t, "right")), "Password": "wrong"},
		"missing password":       {"Certificate": encode(leaf.pfx(t, "right"))},
		"not base64":             {"Certificate": "hello, world"},
		"not a certificate":      {"Certificate": encode([]byte("hello, world"))},
		"no certificate":         {},
		"unknown metadata field": {"Certificate": fine, "Metadata": map[string]string{"Nobody": "x"}},
		"both owner forms":       {"Certificate": fine, "OwnerRoleId": 2, "OwnerRoleName": "Web Team"},
		"unknown owner":          {"Certificate": fine, "OwnerRoleName": "Nobody"},
		"bad schedule":           {"Certificate": fine, "Schedule": "tomorrow"},
	} {
		answer := c.call("POST", "/Certificates/Import", body)
		if answer.status != http.StatusBadRequest || answer.object(t)["ErrorCode"] == "" || answer.object(t)["Message"] == "" {
			t.Errorf("%s: status %d, %s", name, answer.status, answer.body)
		}
	}
	if n := len(c.s.Certificates()); n != 0 {
		t.Errorf("%d certificates were imported", n)
	}
}

func TestImport_AgainKeepsIdAndOtherMetadata(t *testing.T) {
	c := start(t, simulator.Options{})
	leaf := made(t, "www.keyexample.com", made(t, "Test root", nil))
	first := c.imported(leaf, "Metadata", map[string]any{"AppOwnerFirstName": "John", "SiteCode": 23, "BusinessCritical": true})
	second := c.imported(leaf, "Metadata", map[string]string{"appownerfirstname": "Jane"}, "OwnerRoleId", 5)
	if first != second {
		t.Errorf("id %d became %d", first, second)
	}
	c.call("POST", "/Certificates/Import", map[string]any{"Certificate": encode(leaf.pfx(t, "pw")), "Password": "pw"}).want(t, 200)
	record, _ := c.s.Certificate(leaf.thumbprint())
	want := map[string]string{"AppOwnerFirstName": "Jane", "SiteCode": "23", "BusinessCritical": "true"}
	if !reflect.DeepEqual(record.Metadata, want) || record.OwnerRoleName != "Web Team" || !record.HasPrivateKey || record.Imports != 3 {
		t.Errorf("record %+v", record)
	}
}

func TestImport_StatusesAndMetadataThatMayNotBeModified(t *testing.T) {
	c := start(t, simulator.Options{})
	leaf := made(t, "www.keyexample.com", made(t, "Test root", nil))
	body := map[string]any{"Certificate": encode(leaf.Raw), "Metadata": map[string]string{"Notes": "x"}}
	status := func() float64 {
		return c.call("POST", "/Certificates/Import", body).want(t, 200).object(t)["ImportStatus"].(float64)
	}
	if a, b := status(), status(); a != 1 || b != 2 {
		t.Errorf("statuses %v and %v, want 1 and 2", a, b)
	}
	c.s.Configure(func(o *simulator.Options) { o.MetadataNotModifiable = true })
	body["Metadata"] = map[string]string{"Notes": "y"}
	if got := status(); got != 4 {
		t.Errorf("status %v, want 4", got)
	}
	if record, _ := c.s.Certificate(leaf.thumbprint()); record.Metadata["Notes"] != "x" {
		t.Errorf("metadata %v", record.Metadata)
	}
	c.s.Configure(func(o *simulator.Options) { o.ImportStatus, o.JobStatus = 8, 3 })
	if answer := c.call("POST", "/Certificates/Import", body).object(t); answer["ImportStatus"] != 8.0 || answer["JobStatus"] != 3.0 {
		t.Errorf("answer %v", answer)
	}
}

func TestImport_MetadataOfAKnownCertificateNeedsItsPermissionIn25(t *testing.T) {
	c := start(t, simulator.Options{})
	c.s.AddAccount(simulator.Account{Name: `KEYEXAMPLE\importer`, Password: "pw", Permissions: []string{"/certificates/import/"}})
	leaf := made(t, "www.keyexample.com", made(t, "Test root", nil))
	c.imported(leaf, "Metadata", map[string]string{"Notes": "x"})
	c.as(`KEYEXAMPLE\importer`, "pw").imported(leaf, "Metadata", map[string]string{"Notes": "y"})
	if record, _ := c.s.Certificate(leaf.thumbprint()); record.Metadata["Notes"] != "x" {
		t.Errorf("metadata %v", record.Metadata)
	}
}

func TestImport_Stores(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	clock := now
	c := start(t, simulator.Options{Now: func() time.Time { return clock }})
	stores := c.s.Stores()
	c.s.Configure(func(o *simulator.Options) {
		o.RefusedStores = map[string]simulator.Refusal{stores[1].ID: {Reason: 3, Explanation: "No agent approves."}}
	})
	unknown := "00000000-0000-4000-8000-000000000000"
	always := func(x *certificateTemplate) { x.NotBefore, x.NotAfter = now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0) }
	leaf := made(t, "www.keyexample.com", made(t, "Test root", nil), always)
	answer := c.call("POST", "/Certificates/Import", map[string]any{
		"Certificate": encode(leaf.Raw), "StoreIds": []string{stores[0].ID, stores[1].ID, unknown},
		"StoreTypes": []map[string]any{{"StoreTypeId": 2, "Alias": "web", "Overwrite": true, "Properties": []any{}}},
		"Schedule":   now.Add(time.Hour).Format("2006-01-02T15:04:05.000Z"),
	}).want(t, 200).object(t)
	refused := answer["InvalidKeystores"].([]any)
	if len(refused) != 2 {
		t.Fatalf("refused %v", refused)
	}
	first := refused[0].(map[string]any)
	want := map[string]any{
		"KeystoreId": stores[1].ID, "ClientMachine": stores[1].ClientMachine, "StorePath": stores[1].StorePath,
		"Alias": "web", "Reason": 3.0, "Explanation": "No agent approves.",
	}
	if !reflect.DeepEqual(first, want) {
		t.Errorf("refused %v, want %v", first, want)
	}
	record, _ := c.s.Certificate(leaf.thumbprint())
	places := func() []any {
		return c.get(fmt.Sprintf("/Certificates/Locations/%d", record.ID)).want(t, 200).object(t)["Details"].([]any)
	}
	if got := places(); len(got) != 0 {
		t.Errorf("before its time: %v", got)
	}
	clock = now.Add(2 * time.Hour)
	got := places()
	if len(got) != 1 {
		t.Fatalf("after its time: %v", got)
	}
	group := got[0].(map[string]any)
	place := group["Locations"].([]any)[0].(map[string]any)
	if group["StoreTypeId"] != 2.0 || group["StoreCount"] != 1.0 || place["StoreId"] != stores[0].ID || place["Alias"] != "web" {
		t.Errorf("location %v", group)
	}
	facts := c.s.Requests("POST", "/Certificates/Import")[0].Facts
	if !reflect.DeepEqual(facts["aliases"], []string{"web"}) || !reflect.DeepEqual(facts["storeTypes"], []int{2}) {
		t.Errorf("facts %v", facts)
	}
}

func TestImport_AliasTakenByAnother(t *testing.T) {
	c := start(t, simulator.Options{})
	root := made(t, "Test root", nil)
	old, next := made(t, "old.keyexample.com", root), made(t, "new.keyexample.com", root)
	kind := func(overwrite bool) []map[string]any {
		return []map[string]any{{"StoreTypeId": 2, "Alias": "web", "Overwrite": overwrite}}
	}
	store := []string{c.s.Stores()[0].ID}
	c.imported(old, "StoreIds", store, "StoreTypes", kind(false))
	c.imported(next, "StoreIds", store, "StoreTypes", kind(false))
	count := func(p *pair) int { r, _ := c.s.Certificate(p.thumbprint()); return len(r.Locations) }
	if count(old) != 1 || count(next) != 0 {
		t.Errorf("without overwrite: old %d, new %d", count(old), count(next))
	}
	c.imported(next, "StoreIds", store, "StoreTypes", kind(true))
	if count(old) != 0 || count(next) != 1 {
		t.Errorf("with overwrite: old %d, new %d", count(old), count(next))
	}
}

func TestImport_HeldJobs(t *testing.T) {
	c := start(t, simulator.Options{HoldJobs: true})
	leaf := made(t, "www.keyexample.com", made(t, "Test root", nil))
	id := c.imported(leaf, "StoreIds", []string{c.s.Stores()[2].ID})
	path := fmt.Sprintf("/Certificates/Locations/%d", id)
	if got := c.get(path).object(t)["Details"].([]any); len(got) != 0 {
		t.Errorf("held: %v", got)
	}
	c.s.RunJobs()
	if got := c.get(path).object(t)["Details"].([]any); len(got) != 1 {
		t.Errorf("run: %v", got)
	}
}

func TestImport_MetadataAsTheServerStoresIt(t *testing.T) {
	c := start(t, simulator.Options{NormalizeMetadata: true})
	leaf := made(t, "www.keyexample.com", made(t, "Test root", nil))
	c.imported(leaf, "Metadata", map[string]string{"Notes": " x ", "BusinessCritical": "true", "TicketResolutionDate": "2026-07-23"})
	record, _ := c.s.Certificate(leaf.thumbprint())
	want := map[string]string{"Notes": "x", "BusinessCritical": "True", "TicketResolutionDate": "2026-07-23T00:00:00"}
	if !reflect.DeepEqual(record.Metadata, want) {
		t.Errorf("metadata %v", record.Metadata)
	}
	c.s.Configure(func(o *simulator.Options) {
		o.StoreMetadata = func(f simulator.MetadataField, v string) string { return f.Name + "=" + v }
	})
	c.imported(leaf, "Metadata", map[string]string{"Notes": "x"})
	if record, _ = c.s.Certificate(leaf.thumbprint()); record.Metadata["Notes"] != "Notes=x" {
		t.Errorf("metadata %v", record.Metadata)
	}
}

func TestImport_IgnoredMetadataAndKnownFiles(t *testing.T) {
	leaf := made(t, "www.keyexample.com", made(t, "Test root", nil))
	unreadable := []byte("a file that only Windows reads")
	c := start(t, simulator.Options{
		IgnoreUnknownMetadata: true,
		KnownFiles: map[string]simulator.KnownFile{
			sha256Of(unreadable): {Leaf: leaf.Raw, HasKey: true},
		},
	})
	c.call("POST", "/Certificates/Import", map[string]any{
		"Certificate": encode(unreadable), "Metadata": map[string]string{"Nobody": "x", "Notes": "y"},
	}).want(t, 200)
	record, ok := c.s.Certificate(leaf.thumbprint())
	if !ok || !record.HasPrivateKey || !reflect.DeepEqual(record.Metadata, map[string]string{"Notes": "y"}) {
		t.Errorf("record %+v", record)
	}
}

func TestImport_OwnerIsNoMemberBefore12(t *testing.T) {
	c := start(t, simulator.Options{Version: "11.6.0.0"})
	leaf := made(t, "www.keyexample.com", made(t, "Test root", nil))
	c.imported(leaf, "OwnerRoleId", 5)
	if record, _ := c.s.Certificate(leaf.thumbprint()); record.OwnerRoleID != 0 {
		t.Errorf("owner %d", record.OwnerRoleID)
	}
}

func TestAnalyze_ChainFrom12On(t *testing.T) {
	root := made(t, "Test root", nil)
	leaf := made(t, "www.keyexample.com", root)
	body := map[string]any{"Certificate": encode([]byte(leaf.pem() + root.pem()))}
	for _, one := range []struct {
		o    simulator.Options
		want int
	}{
		{simulator.Options{}, 2}, {simulator.Options{Version: "10.5.0.0"}, 1}, {simulator.Options{AnalyzeLeafOnly: true}, 1},
	} {
		c := start(t, one.o)
		rows := c.call("POST", "/Certificates/Analyze", body).want(t, 200).list(t)
		if len(rows) != one.want || rows[0]["Thumbprint"] != leaf.thumbprint() || rows[0]["IsEndEntity"] != true {
			t.Errorf("%q: %v", one.o.Version, rows)
		}
		if rows[0]["IssuedDN"] != `CN=www.keyexample.com,O="Key Example, Inc.",C=US` {
			t.Errorf("name %v", rows[0]["IssuedDN"])
		}
		if len(c.s.Certificates()) != 0 {
			t.Error("Analyze kept something")
		}
	}
}
