package keyfactor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// script answers by path and query, and keeps what was asked.
type script struct {
	mu     sync.Mutex
	asked  []*http.Request
	answer func(req *http.Request) (status int, body string)
	header http.Header
}

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.asked = append(s.asked, req)
	s.mu.Unlock()
	status, body := s.answer(req)
	header := s.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	return answer(req, status, header, body), nil
}

func (s *script) client() *Client {
	return New(&http.Client{Transport: s}, "https://command.test/KeyfactorAPI")
}

// serve answers every request with one body and a total.
func serve(t *testing.T, version string, total int, body string) *script {
	t.Helper()
	return &script{
		header: http.Header{"X-Total-Count": {fmt.Sprint(total)}, "X-Keyfactor-Product-Version": {version}},
		answer: func(*http.Request) (int, string) { return 200, body },
	}
}

func file(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func queryOf(req *http.Request, name string) string {
	for _, n := range []string{name, pageName(true)(name)} {
		if v := req.URL.Query().Get(n); v != "" {
			return v
		}
	}
	return ""
}

func TestIdentities_AsDocumented(t *testing.T) {
	s := serve(t, "25.1.1.0", 2, file(t, "identities-25.json"))
	no := false
	got, err := s.client().Identities(context.Background(), IdentityListOptions{Validate: &no})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 {
		t.Fatalf("%d identities, want 2", len(got))
	}
	first, second := got[0], got[1]
	if first.ID != 1 || first.AccountName != `KEYEXAMPLE\Administrator` || first.IdentityType != "User" || !*first.Valid || *first.SID != "S-1-5-21-1-2-3-500" {
		t.Errorf("first = %+v", first)
	}
	if second.ID != 7 || second.IdentityType != "Group" || *second.Valid || second.SID != nil || len(second.Roles) != 0 {
		t.Errorf("second = %+v", second)
	}
	role := first.Roles[0]
	if role.Name != "Administrator" || role.EmailAddress != nil || !*role.Immutable || *role.Private || !slices.Equal(role.Permissions, []string{"Certificates:Read", "SecuritySettings:Modify"}) {
		t.Errorf("role = %+v", role)
	}
	if role.Identities != nil {
		t.Error("the role keeps its members")
	}
	want := url.Values{"PageReturned": {"1"}, "ReturnLimit": {"2500"}, "SortField": {"Id"}, "Validate": {"false"}}
	if q := s.asked[0].URL.Query(); q.Encode() != want.Encode() {
		t.Errorf("asked for %v, want %v", q, want)
	}
	if path := s.asked[0].URL.Path; path != "/KeyfactorAPI/Security/Identities" {
		t.Errorf("path = %s", path)
	}
}

func TestIdentities_CamelCase(t *testing.T) {
	s := serve(t, "11.6.0.0", 1, file(t, "identities-11.json"))
	got, err := s.client().Identities(context.Background(), IdentityListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if i := got[0]; i.ID != 1 || i.AccountName != `KEYEXAMPLE\Administrator` || *i.SID == "" || *i.Roles[0].EmailAddress != "pki@keyexample.com" || *i.Roles[0].PermissionSetID == "" {
		t.Errorf("identity = %+v, role = %+v", i, i.Roles[0])
	}
}

func TestIdentities_DescendingIsSortAscendingOne(t *testing.T) {
	s := serve(t, "25.1.1.0", 2, "")
	s.answer = func(req *http.Request) (int, string) {
		if queryOf(req, "PageReturned") != "1" {
			return 200, "[]"
		}
		return 200, file(t, "identities-25.json")
	}
	if _, err := s.client().Identities(context.Background(), IdentityListOptions{SortField: "IdentityType", Descending: true}); err != nil {
		t.Fatal(err)
	}
	if q := s.asked[0].URL.Query(); q.Get("SortAscending") != "1" || q.Get("SortField") != "IdentityType" {
		t.Errorf("asked for %v", q)
	}
}

func TestIdentities_RowsDoNotInheritFromTheRowBefore(t *testing.T) {
	s := serve(t, "25.1.1.0", 2, `[{"Id":1,"AccountName":"a","IdentityType":"User","Valid":true,"SID":"S","Roles":[{"Id":1,"Name":"r"}]},{"Id":2}]`)
	got, err := s.client().Identities(context.Background(), IdentityListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if i := got[1]; i.AccountName != "" || i.IdentityType != "" || i.Valid != nil || i.SID != nil || len(i.Roles) != 0 {
		t.Errorf("second row = %+v", i)
	}
}

func TestIdentities_EqualRolesAreOneObject(t *testing.T) {
	s := &listServer{rows: numbers(1000), body: identityRows}
	c := New(&http.Client{Transport: s}, "https://command.test/KeyfactorAPI")
	got, err := c.Identities(context.Background(), IdentityListOptions{PageSize: 100})
	if err != nil {
		t.Fatal(err)
	}
	objects := map[*Role]bool{}
	for _, i := range got {
		if len(i.Roles) != 3 {
			t.Fatalf("identity %d has %d roles, want 3", i.ID, len(i.Roles))
		}
		for _, r := range i.Roles {
			objects[r] = true
		}
	}
	if len(objects) != benchmarkRoles {
		t.Errorf("%d role objects, want %d", len(objects), benchmarkRoles)
	}
}

func TestRole_BothVersions(t *testing.T) {
	s := &script{answer: func(req *http.Request) (int, string) {
		return 200, file(t, "role-v"+req.Header.Get("x-keyfactor-api-version")+".json")
	}}
	c := s.client()
	v1, err := c.Role(context.Background(), 4, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(v1.Identities) != 1 || v1.Identities[0].AccountName != `KEYEXAMPLE\PKI Operators` || *v1.Identities[0].SID == "" || v1.Claims != nil || !*v1.Enabled {
		t.Errorf("version 1 = %+v", v1)
	}
	v2, err := c.Role(context.Background(), 4, 2)
	if err != nil {
		t.Fatal(err)
	}
	if len(v2.Claims) != 1 || *v2.Claims[0].ClaimType != "OAuthSubject" || *v2.Claims[0].Scheme() != "Keyfactor-OIDC" || v2.Identities != nil || v2.Enabled != nil {
		t.Errorf("version 2 = %+v", v2)
	}
	if path := s.asked[1].URL.Path; path != "/KeyfactorAPI/Security/Roles/4" {
		t.Errorf("path = %s", path)
	}
}

func TestRole_Gone(t *testing.T) {
	s := &script{answer: func(*http.Request) (int, string) {
		return 404, `{"ErrorCode":"0xA0000000","Message":"Unable to find 'Security Role' with Id '9'"}`
	}}
	if _, err := s.client().Role(context.Background(), 9, 1); !IsNotFound(err) {
		t.Errorf("error = %v, want one that IsNotFound recognises", err)
	}
}

// rolesServer holds roles of the names given, ids from 1, and answers Name -eq.
func rolesServer(ignoreQuery bool, names ...string) *script {
	s := &script{header: http.Header{"X-Keyfactor-Product-Version": {"25.1.1.0"}}}
	s.answer = func(req *http.Request) (int, string) {
		query := queryOf(req, "QueryString")
		var rows []string
		for i, name := range names {
			if query == "" || ignoreQuery || strings.EqualFold(query, `Name -eq "`+name+`"`) {
				rows = append(rows, fmt.Sprintf(`{"Id":%d,"Name":%q}`, i+1, name))
			}
		}
		if queryOf(req, "PageReturned") != "1" {
			rows = nil
		}
		return 200, "[" + strings.Join(rows, ",") + "]"
	}
	return s
}

func TestRoleByName_UsesTheQuery(t *testing.T) {
	s := rolesServer(false, "Administrator", "PKI Administrators")
	role, err := s.client().RoleByName(context.Background(), "pki administrators")
	if err != nil || role == nil || role.ID != 2 {
		t.Fatalf("role = %+v, error = %v", role, err)
	}
	if q := queryOf(s.asked[0], "QueryString"); q != `Name -eq "pki administrators"` {
		t.Errorf("query = %s", q)
	}
}

func TestRoleByName_ServerIgnoresTheQuery(t *testing.T) {
	s := rolesServer(true, "Administrator", "PKI Administrators")
	role, err := s.client().RoleByName(context.Background(), "PKI Administrators")
	if err != nil || role == nil || role.ID != 2 {
		t.Fatalf("role = %+v, error = %v", role, err)
	}
}

func TestRoleByName_QuoteIsNeverPutIntoAQuery(t *testing.T) {
	s := rolesServer(false, "Administrator", `The "PKI" team`)
	role, err := s.client().RoleByName(context.Background(), `The "PKI" team`)
	if err != nil {
		t.Fatal(err)
	}
	for _, req := range s.asked {
		if q := queryOf(req, "QueryString"); q != "" {
			t.Errorf("query = %s", q)
		}
	}
	if role == nil || role.ID != 2 {
		t.Errorf("role = %+v", role)
	}
}

func TestRoleByName_ServerRefusesTheQuery(t *testing.T) {
	s := rolesServer(false, "Administrator", "PKI Administrators")
	inner := s.answer
	s.answer = func(req *http.Request) (int, string) {
		if queryOf(req, "QueryString") != "" {
			return 400, `{"ErrorCode":"0xA011000F","Message":"Invalid query."}`
		}
		return inner(req)
	}
	role, err := s.client().RoleByName(context.Background(), "PKI Administrators")
	if err != nil || role == nil || role.ID != 2 {
		t.Fatalf("role = %+v, error = %v", role, err)
	}
}

func TestRoleByName_None(t *testing.T) {
	role, err := rolesServer(false, "Administrator").client().RoleByName(context.Background(), "Nobody")
	if role != nil || err != nil {
		t.Fatalf("role = %+v, error = %v; want neither", role, err)
	}
}

func TestRoleByName_SeveralInOtherCase(t *testing.T) {
	s := rolesServer(false, "PKI", "pki")
	role, err := s.client().RoleByName(context.Background(), "pki")
	if err != nil || role.ID != 2 {
		t.Fatalf("role = %+v, error = %v; want the one in the same case", role, err)
	}
	_, err = s.client().RoleByName(context.Background(), "Pki")
	var ambiguous *AmbiguousRoleError
	if !errors.As(err, &ambiguous) || !slices.Equal(ambiguous.IDs, []int64{1, 2}) {
		t.Fatalf("error = %v, want one that names both ids", err)
	}
}

func TestClaims_AsDocumented(t *testing.T) {
	s := serve(t, "25.1.1.0", 2, file(t, "claims.json"))
	got, err := s.client().Claims(context.Background(), ClaimFilter{})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || *got[0].Scheme() != "Keyfactor-OIDC" || got[1].Scheme() != nil || got[1].Description != nil {
		t.Errorf("claims = %+v", got)
	}
}

func TestClaims_FilterIsTheServersQuery(t *testing.T) {
	s := serve(t, "25.1.1.0", 2, file(t, "claims.json")) // a server that ignores it
	kind, value := "user", `KEYEXAMPLE\administrator`
	got, err := s.client().Claims(context.Background(), ClaimFilter{ClaimType: &kind, ClaimValue: &value})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].ID != 3 {
		t.Errorf("claims = %+v, want number 3 only", got)
	}
	if q := queryOf(s.asked[0], "QueryString"); q != `ClaimType -eq "user" AND ClaimValue -eq "KEYEXAMPLE\administrator"` {
		t.Errorf("query = %s", q)
	}
}

func TestClaims_TypeThatTheQueryDoesNotFindIsComparedHere(t *testing.T) {
	s := &script{header: http.Header{"X-Keyfactor-Product-Version": {"25.1.1.0"}}}
	s.answer = func(req *http.Request) (int, string) {
		if strings.Contains(queryOf(req, "QueryString"), "ClaimType") || queryOf(req, "PageReturned") != "1" {
			return 200, "[]"
		}
		return 200, file(t, "claims.json")
	}
	kind := "User"
	got, err := s.client().Claims(context.Background(), ClaimFilter{ClaimType: &kind})
	if err != nil || len(got) != 1 || got[0].ID != 3 {
		t.Fatalf("claims = %+v, error = %v", got, err)
	}
}

func TestClaims_Version10(t *testing.T) {
	s := &script{header: http.Header{"X-Keyfactor-Product-Version": {"10.5.0.0"}}, answer: func(*http.Request) (int, string) { return 404, "" }}
	c := s.client()
	for range 2 {
		_, err := c.Claims(context.Background(), ClaimFilter{})
		var version *VersionError
		if !errors.As(err, &version) || version.Needs != 11 || version.Seen != "10.5.0.0" {
			t.Fatalf("error = %v, want a VersionError", err)
		}
	}
	if len(s.asked) != 1 {
		t.Errorf("%d requests, want none once the version is known", len(s.asked))
	}
}

func TestListCertificates_AllPages(t *testing.T) {
	s := &listServer{rows: numbers(250), version: "25.1.1.0"}
	c := New(&http.Client{Transport: s}, "https://command.test/KeyfactorAPI")
	got, err := c.ListCertificates(context.Background(), CertificateQuery{Query: `CN -contains "pay"`, PageSize: 100, IncludeExpired: true})
	if err != nil || len(got) != 250 {
		t.Fatalf("%d certificates, error = %v", len(got), err)
	}
	for _, a := range s.asks {
		if a.query != `CN -contains "pay"` || a.sort != "CertId" || a.size != 100 {
			t.Errorf("asked %+v", a)
		}
	}
}

func TestListCertificates_Switches(t *testing.T) {
	s := serve(t, "25.1.1.0", 0, "[]")
	_, err := s.client().ListCertificates(context.Background(), CertificateQuery{
		CollectionID: 7, IncludeExpired: true, IncludeRevoked: true, IncludeMetadata: true, IncludeLocations: true, IncludeHasPrivateKey: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := url.Values{
		"PageReturned": {"1"}, "ReturnLimit": {"2500"}, "SortField": {"CertId"}, "collectionId": {"7"}, "IncludeExpired": {"true"},
		"IncludeRevoked": {"true"}, "includeMetadata": {"true"}, "includeLocations": {"true"}, "includeHasPrivateKey": {"true"},
	}
	if q := s.asked[0].URL.Query(); q.Encode() != want.Encode() {
		t.Errorf("asked for %v, want %v", q, want)
	}
}

// What would not be compared as it is stays out of the query and is compared here.
func TestClaims_ValuesThatAQueryWouldReadOtherwise(t *testing.T) {
	for value, query := range map[string]string{
		"":            "",
		"%ME%":        "",
		"%today%":     "",
		`say "hello"`: "",
		"100%":        `Description -eq "100%"`,
	} {
		text, _ := json.Marshal(value)
		s := &script{header: http.Header{"X-Keyfactor-Product-Version": {"25.1.1.0"}}}
		s.answer = func(req *http.Request) (int, string) {
			if queryOf(req, "PageReturned") != "1" {
				return 200, "[]"
			}
			return 200, `[{"Id":1,"Description":"other"},{"Id":2,"Description":` + string(text) + `}]`
		}
		got, err := s.client().Claims(context.Background(), ClaimFilter{Description: &value})
		if err != nil || len(got) != 1 || got[0].ID != 2 {
			t.Errorf("%q: claims = %+v, error %v", value, got, err)
		}
		if q := queryOf(s.asked[0], "QueryString"); q != query {
			t.Errorf("%q: query = %s, want %s", value, q, query)
		}
	}
}

func TestClaims_EmptyFilterFindsNull(t *testing.T) {
	s := serve(t, "25.1.1.0", 2, `[{"Id":1,"Description":null},{"Id":2,"Description":"x"}]`)
	empty := ""
	got, err := s.client().Claims(context.Background(), ClaimFilter{Description: &empty})
	if err != nil || len(got) != 1 || got[0].ID != 1 {
		t.Errorf("claims = %+v, error %v", got, err)
	}
}

func TestRole_AnswerIsAnotherRole(t *testing.T) {
	for _, body := range []string{`{"Id":3,"Name":"Other"}`, `null`, `{}`} {
		s := &script{answer: func(*http.Request) (int, string) { return 200, body }}
		if role, err := s.client().Role(context.Background(), 7, 1); err == nil {
			t.Errorf("%s: role = %+v, want an error", body, role)
		}
	}
}
