package simulator_test

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"testing"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

func (c *client) page(path string, parameters ...string) (ids []int, total string) {
	c.t.Helper()
	got := c.get(path, parameters...).want(c.t, 200)
	for _, row := range got.list(c.t) {
		ids = append(ids, int(row["Id"].(float64)))
	}
	return ids, got.header.Get("X-Total-Count")
}

func TestIdentities_Pages(t *testing.T) {
	c := start(t, simulator.Options{Identities: 115}) // 5 are seeded
	for _, one := range []struct {
		parameters  []string
		rows, first int
	}{
		{nil, 50, 1},
		{[]string{"PageReturned", "2"}, 50, 51},
		{[]string{"PageReturned", "3"}, 20, 101},
		{[]string{"PageReturned", "4"}, 0, 0},
		{[]string{"PageReturned", "999999999"}, 0, 0},
		{[]string{"pq.pageReturned", "2", "pq.returnLimit", "100"}, 20, 101},
		{[]string{"pagereturned", "2", "returnlimit", "100"}, 20, 101},
		{[]string{"ReturnLimit", "1000"}, 120, 1},
		{[]string{"SortAscending", "1", "ReturnLimit", "10"}, 10, 120},
		{[]string{"SortField", "AccountName", "ReturnLimit", "1"}, 1, 1},
		{[]string{"QueryString", `AccountName -eq "x"`}, 50, 1}, // not used, the vendor says
		// With one prefixed name, the others are ignored.
		{[]string{"pq.returnLimit", "10", "PageReturned", "2"}, 10, 1},
	} {
		ids, total := c.page("/Security/Identities", one.parameters...)
		if len(ids) != one.rows || (len(ids) > 0 && ids[0] != one.first) || total != "120" {
			t.Errorf("%v: %d rows from %v, total %s", one.parameters, len(ids), ids, total)
		}
	}
	c.get("/Security/Identities", "SortField", "Nobody").want(t, 400)
	c.get("/Security/Identities", "PageReturned", "x").want(t, 400)
	c.get("/Security/Identities", "SortAscending", "2").want(t, 400)
	c.get("/Security/Identities", "Validate", "perhaps").want(t, 400)
}

func TestIdentities_PagingKnobs(t *testing.T) {
	c := start(t, simulator.Options{Identities: 195})
	check := func(name string, set func(*simulator.Options), rows, first int, total string, parameters ...string) {
		t.Helper()
		c.s.Configure(func(o *simulator.Options) { *o = simulator.Options{}; set(o) })
		ids, got := c.page("/Security/Identities", parameters...)
		if len(ids) != rows || ids[0] != first || got != total {
			t.Errorf("%s: %d rows from %d, total %q", name, len(ids), ids[0], got)
		}
	}
	check("capped", func(o *simulator.Options) { o.MaxPageSize = 30 }, 30, 31, "200", "PageReturned", "2", "ReturnLimit", "1000")
	check("no total", func(o *simulator.Options) { o.NoTotalCount = true }, 50, 1, "")
	check("paging ignored", func(o *simulator.Options) { o.IgnorePaging = true }, 50, 1, "200", "PageReturned", "2", "ReturnLimit", "100")
	check("prefixed only, bare sent", func(o *simulator.Options) { o.PrefixedNamesOnly = true }, 50, 1, "200", "PageReturned", "2", "ReturnLimit", "100")
	check("prefixed only", func(o *simulator.Options) { o.PrefixedNamesOnly = true }, 100, 101, "200", "pq.PageReturned", "2", "pq.ReturnLimit", "100")
	check("bare only, prefixed sent", func(o *simulator.Options) { o.BareNamesOnly = true }, 50, 1, "200", "pq.PageReturned", "2", "pq.ReturnLimit", "100")
	check("bare only", func(o *simulator.Options) { o.BareNamesOnly = true }, 100, 101, "200", "PageReturned", "2", "ReturnLimit", "100")
}

func TestIdentities_OneOfThem(t *testing.T) {
	c := start(t, simulator.Options{Identities: 1})
	rows := c.get("/Security/Identities").list(t)
	last := rows[len(rows)-1]
	want := c.s.Identities()[5]
	roles := last["Roles"].([]any)
	if last["AccountName"] != want.AccountName || last["IdentityType"] != "User" || last["SID"] != want.SID || last["Valid"] != true || len(roles) != 3 {
		t.Errorf("identity %v", last)
	}
	role := roles[0].(map[string]any)
	if role["Name"] != "Certificate Importers" || len(role["Permissions"].([]any)) == 0 || len(role["Identities"].([]any)) != 0 {
		t.Errorf("role %v", role)
	}
	invalid := rows[4]
	if invalid["Valid"] != false {
		t.Errorf("validated: %v", invalid)
	}
	if got := c.get("/Security/Identities", "Validate", "false").list(t)[4]; got["Valid"] != true {
		t.Errorf("not validated: %v", got)
	}
	facts := c.s.Journal()[1].Facts
	if facts["validate"] != false || facts["page"] != 1 || facts["limit"] != 50 {
		t.Errorf("facts %v", facts)
	}
}

func TestIdentities_ChangedFromOutside(t *testing.T) {
	c := start(t, simulator.Options{})
	c.page("/Security/Identities", "SortField", "AccountName") // fills the cache that changes must empty
	id := c.s.AddIdentity(simulator.Identity{AccountName: `AAA\first`, IdentityType: "Group"})
	if ids, _ := c.page("/Security/Identities", "SortField", "AccountName"); ids[0] != id {
		t.Errorf("sorted %v", ids)
	}
	if !c.s.RemoveIdentity(2) || c.s.RemoveIdentity(2) || !c.s.DuplicateIdentity(3) || c.s.DuplicateIdentity(2) {
		t.Error("a change told the wrong thing")
	}
	if ids, total := c.page("/Security/Identities"); !reflect.DeepEqual(ids, []int{1, 3, 3, 4, 5, id}) || total != "6" {
		t.Errorf("%v of %s", ids, total)
	}
	if !c.s.RenameRole(5, "Other Team") || c.s.RenameRole(99, "x") {
		t.Error("a change told the wrong thing")
	}
	if got := c.get("/Security/Identities").list(t)[3]["Roles"].([]any)[1].(map[string]any)["Name"]; got != "Other Team" {
		t.Errorf("role %v", got)
	}
}

func TestRoles_BothVersions(t *testing.T) {
	c := start(t, simulator.Options{})
	one := c.get("/Security/Roles/2").want(t, 200).object(t)
	if one["Enabled"] != true || len(one["Identities"].([]any)) != 2 || one["Permissions"].([]any)[0] != "AdminPortal:Read" {
		t.Errorf("version 1: %v", one)
	}
	r := c.request("GET", "/Security/Roles/2", nil)
	r.Header.Set("X-Keyfactor-Api-Version", "2")
	two := c.do(r).want(t, 200).object(t)
	claim := two["Claims"].([]any)[0].(map[string]any)
	if _, ok := two["Identities"]; ok || claim["ClaimType"] != "OAuthClientId" || two["Permissions"].([]any)[0] != "/" ||
		claim["Provider"].(map[string]any)["AuthenticationScheme"] == "" {
		t.Errorf("version 2: %v", two)
	}
	list := c.get("/Security/Roles", "QueryString", `Name -eq "pki administrators"`).list(t)
	if len(list) != 1 || list[0]["Id"] != 2.0 {
		t.Errorf("by name: %v", list)
	}
	r = c.request("GET", "/Security/Roles", nil)
	r.Header.Set("X-Keyfactor-Api-Version", "2.0")
	rows := c.do(r).want(t, 200).list(t)
	if len(rows) != 6 || rows[0]["Name"] != "Administrator" || rows[0]["ClaimsCount"] != 1.0 {
		t.Errorf("version 2: %v", rows)
	}
	c.get("/Security/Roles/99").want(t, 404).has(t, "Unable to find 'Security Role' with Id '99'")
	id := c.s.AddRole(simulator.Role{Name: "New", Permissions: []string{"/"}, LegacyPermissions: []string{"x:y"}})
	c.get("/Security/Roles/"+strconv.Itoa(id)).want(t, 200).has(t, "New")

	old := start(t, simulator.Options{Version: "10.5.0.0"})
	r = old.request("GET", "/Security/Roles/2", nil)
	r.Header.Set("X-Keyfactor-Api-Version", "2")
	if got := old.do(r).want(t, 200).object(t); got["Identities"] == nil {
		t.Errorf("10 knows version 1 only: %v", got)
	}
}

func TestClaimsAndMy(t *testing.T) {
	c := start(t, simulator.Options{})
	list := c.get("/Security/Claims", "QueryString", `ClaimType -eq "OAuthRole" AND Description -contains "web"`).list(t)
	if len(list) != 1 || list[0]["ClaimValue"] != "web-operators" {
		t.Errorf("claims %v", list)
	}
	id := c.s.AddClaim(simulator.Claim{ClaimType: "Group", ClaimValue: "x"})
	if got := c.get(fmt.Sprintf("/Security/Claims/%d", id)).object(t); got["ClaimType"] != "Group" {
		t.Errorf("claim %v", got)
	}
	c.get("/Security/Claims/99").want(t, 404)
	c.s.AddAccount(simulator.Account{
		Name: `KEYEXAMPLE\web`, Password: "pw", Roles: []string{"Web Team"}, Permissions: []string{"/certificates/import/"},
	})
	my := c.as(`KEYEXAMPLE\web`, "pw").get("/Security/My").want(t, 200).object(t)
	if !reflect.DeepEqual(my["Roles"], []any{"Web Team"}) ||
		!reflect.DeepEqual(my["GlobalPermissions"], []any{map[string]any{"Area": "certificates", "Permission": "import"}}) {
		t.Errorf("my %v", my)
	}
}

func TestMy_PermissionsAreGlobalAndNamed(t *testing.T) {
	c := start(t, simulator.Options{})
	all := c.get("/Security/My").want(t, 200).object(t)["GlobalPermissions"].([]any)
	if len(all) < 10 || !slices.ContainsFunc(all, func(p any) bool {
		return reflect.DeepEqual(p, map[string]any{"Area": "certificates", "Permission": "collections/delete"})
	}) {
		t.Errorf("all permissions: %v", all)
	}
	for _, p := range all {
		if p := p.(map[string]any); p["Area"] == "*" || p["Permission"] == "" {
			t.Errorf("no permission: %v", p)
		}
	}
	c.s.AddAccount(simulator.Account{Name: `KEYEXAMPLE\one`, Password: "pw", Permissions: []string{"/certificates/collections/read/5/", "/metadata/modify/"}})
	one := c.as(`KEYEXAMPLE\one`, "pw").get("/Security/My").want(t, 200).object(t)["GlobalPermissions"]
	if !reflect.DeepEqual(one, []any{map[string]any{"Area": "metadata", "Permission": "modify"}}) {
		t.Errorf("of one collection: %v", one)
	}
}

func TestStoresAndMetadataFields(t *testing.T) {
	c := start(t, simulator.Options{})
	stores := c.get("/CertificateStores", "certificateStoreQuery.queryString", `ClientMachine -contains "web"`).list(t)
	if len(stores) != 2 || stores[0]["Storepath"] != "/etc/pki/web/server.pem" || stores[0]["CertStoreType"] != 2.0 {
		t.Errorf("stores %v", stores)
	}
	for query, want := range map[string]int{
		`StorePath -eq "My"`: 1, `Category -eq 2`: 2, `ContainerId -eq 1 AND Container -contains "java"`: 1, `Approved -eq "true"`: 5,
		`AgentId -eq NULL`: 0, `HasInventoryScheduled -eq "true"`: 0, `CertificateId -ne NULL`: 0, `AddSupported -eq "true"`: 5,
	} {
		if got := c.get("/CertificateStores", "QueryString", query, "SortField", "StorePath").list(t); len(got) != want {
			t.Errorf("%s: %d stores, want %d", query, len(got), want)
		}
	}
	id := c.s.AddStore(simulator.Store{ClientMachine: "new", StorePath: "/x", StoreTypeID: 2, StoreType: "PEM File", Properties: "{}"})
	if got := c.get("/CertificateStores/"+id).want(t, 200).object(t); got["ClientMachine"] != "new" {
		t.Errorf("store %v", got)
	}
	unknown := "00000000-0000-4000-8000-000000000000"
	c.get("/CertificateStores/"+unknown).want(t, 404).has(t, "Certificate store with id '"+unknown+"' does not exist.")
	c.s.AddMetadataField(simulator.MetadataField{Name: "Zone", DataType: 1})
	fields := c.get("/MetadataFields", "QueryString", `Name -startswith "Z"`).list(t)
	if len(fields) != 1 || fields[0]["Name"] != "Zone" || fields[0]["AllowAPI"] != true {
		t.Errorf("fields %v", fields)
	}
}

func BenchmarkIdentities(b *testing.B) {
	s, err := simulator.Start(simulator.Options{Identities: 50_000})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	benchmarkGet(b, s, "/Security/Identities?ReturnLimit=1000&PageReturned=20")
}
