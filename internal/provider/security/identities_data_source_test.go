package security_test

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"regexp"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

const identities = "keyfactor_security_identities"

func TestIdentities_All(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	got := read(t, s, identities, nil)["identities"]
	sameTexts(t, column(t, got, "account_name"), `KEYEXAMPLE\Administrator`, `KEYEXAMPLE\PKI Admins`, `KEYEXAMPLE\svc-terraform`, `KEYEXAMPLE\Web Operators`, `KEYEXAMPLE\jsmith`)
	sameTexts(t, column(t, got, "id"), "1", "2", "3", "4", "5")
	sameTexts(t, column(t, got, "valid"), "true", "true", "true", "true", "false")
	group := got.([]any)[1].(object)
	if group["identity_type"] != "Group" || group["sid"] != "S-1-5-21-1004336348-1177238915-682003330-1002" {
		t.Errorf("identity = %v", group)
	}
	role := group["roles"].([]any)[0].(object)
	want := object{
		"id": int64(2), "name": "PKI Administrators", "description": "Keeps the certificates.", "enabled": true, "immutable": false, "valid": true,
		"private": false, "permissions": []any{"AdminPortal:Read", "Certificates:Read", "Certificates:Import", "SecuritySettings:Modify"},
	}
	if fmt.Sprint(role) != fmt.Sprint(want) {
		t.Errorf("role = %v, want %v", role, want)
	}
	entry := listRequests(s)[0]
	if entry.Query.Get("Validate") != "true" || entry.Query.Get("SortField") != "Id" || entry.Query.Get("ReturnLimit") != "2500" {
		t.Errorf("query = %v", entry.Query)
	}
}

func TestIdentities_Filters(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	for name, test := range map[string]struct {
		config acctest.Values
		ids    []string
	}{
		"type":             {acctest.Values{"identity_type": "Group"}, []string{"2", "4"}},
		"role in any case": {acctest.Values{"role_name": "read only"}, []string{"4", "5"}},
		"role of nobody":   {acctest.Values{"role_name": "Payments Team"}, nil},
		"not valid":        {acctest.Values{"valid": false}, []string{"5"}},
		"valid":            {acctest.Values{"valid": true}, []string{"1", "2", "3", "4"}},
		"name":             {acctest.Values{"account_name_regex": `^KEYEXAMPLE\\[a-z]`}, []string{"3", "5"}},
		"name in any case": {acctest.Values{"account_name_regex": `(?i)ADMIN`}, []string{"1", "2"}},
		"all together":     {acctest.Values{"account_name_regex": "O", "identity_type": "Group", "role_name": "Web Team", "valid": true}, []string{"4"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sameTexts(t, column(t, read(t, s, identities, test.config)["identities"], "id"), test.ids...)
		})
	}
}

func TestIdentities_SortedDescendingByName(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{Identities: 30})
	got := column(t, read(t, s, identities, acctest.Values{"sort_field": "AccountName", "sort_ascending": false, "page_size": 10})["identities"], "account_name")
	if len(got) != 35 || got[0] != `KEYEXAMPLE\Web Operators` || got[34] != `KEYEXAMPLE\Administrator` {
		t.Errorf("%d names, from %s to %s", len(got), got[0], got[len(got)-1])
	}
	for _, entry := range listRequests(s) {
		if entry.Query.Get("SortAscending") != "1" || entry.Query.Get("SortField") != "AccountName" || entry.Query.Get("ReturnLimit") != "10" {
			t.Errorf("query = %v, want SortAscending=1, which is descending", entry.Query)
		}
	}
}

func TestIdentities_UnknownSortField(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	wantText(t, refused(t, s, identities, acctest.Values{"sort_field": "Nope"}), "Unable to list security identities", "400 Bad Request", "Nope", "0xA011004A")
	if n := len(listRequests(s)); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestIdentities_WithoutValidation(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	read(t, s, identities, acctest.Values{"validate": false})
	if q := listRequests(s)[0].Query; q.Get("Validate") != "false" {
		t.Errorf("query = %v", q)
	}
}

func TestIdentities_ServersThatDiffer(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]simulator.Options{
		"version 10":                  {Version: "10.5.0.0"},
		"version 11, in camelCase":    {Version: "11.6.0.0"},
		"version 12":                  {Version: "12.4.0.0"},
		"page size capped":            {MaxPageSize: 20},
		"no total":                    {NoTotalCount: true},
		"no total, page size capped":  {NoTotalCount: true, MaxPageSize: 20},
		"the older names only":        {PrefixedNamesOnly: true},
		"the older names, no version": {PrefixedNamesOnly: true, NoVersionHeader: true},
		"the newer names only":        {BareNamesOnly: true},
		"no version":                  {NoVersionHeader: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options.Identities = 118
			s := acctest.Start(t, options)
			got := column(t, read(t, s, identities, acctest.Values{"page_size": 50})["identities"], "id")
			if len(got) != 123 || len(slices.Compact(slices.Clone(got))) != 123 || got[0] != "1" || got[122] != "123" {
				t.Errorf("%d identities, from %s to %s", len(got), got[0], got[len(got)-1])
			}
		})
	}
}

func TestIdentities_ServerIgnoresPaging(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{Identities: 118, IgnorePaging: true})
	wantText(t, refused(t, s, identities, nil), "Unable to list security identities", "ignored the paging parameters", "proxy")
	requests := listRequests(s)
	if len(requests) > 4 {
		t.Errorf("%d requests", len(requests))
	}
	if !requests[len(requests)-1].Query.Has("pq.pageReturned") {
		t.Error("the older names were not tried")
	}
}

func TestIdentities_SomebodyChangesTheListWhileItIsRead(t *testing.T) {
	t.Parallel()
	next := 0
	add := func(s *simulator.Simulator) {
		next++
		s.AddIdentity(simulator.Identity{AccountName: fmt.Sprintf(`KEYEXAMPLE\new%d`, next), IdentityType: "User", Valid: true})
	}
	for name, test := range map[string]struct {
		do   func(*simulator.Simulator)
		want int
	}{
		"one is added":                      {add, 124},
		"one is deleted":                    {func(s *simulator.Simulator) { s.RemoveIdentity(7) }, 122},
		"one is deleted, another one added": {func(s *simulator.Simulator) { s.RemoveIdentity(7); add(s) }, 123},
	} {
		t.Run(name, func(t *testing.T) {
			s := acctest.Start(t, simulator.Options{Identities: 118})
			if err := s.Inject(simulator.Fault{Method: "GET", Path: "/Security/Identities", Skip: 1, Count: 1, Kind: simulator.FaultAct, Do: test.do}); err != nil {
				t.Fatal(err)
			}
			got := column(t, read(t, s, identities, acctest.Values{"page_size": 50})["identities"], "id")
			var want []string
			for _, i := range s.Identities() {
				want = append(want, strconv.Itoa(i.ID))
			}
			if len(want) != test.want {
				t.Fatalf("the server has %d identities, want %d: nothing happened", len(want), test.want)
			}
			sameTexts(t, got, want...)
		})
	}
}

// With retries allowed, too: asking for less comes before asking again.
func TestIdentities_PageThatTimesOutIsAskedAtHalfTheSize(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]simulator.Fault{
		"no answer":     {Kind: simulator.FaultHang},
		"a proxy's 504": {Kind: simulator.FaultStatus, Status: 504, Body: "<h1>Gateway Time-out</h1>"},
	} {
		for _, skip := range []int{0, 2} {
			t.Run(fmt.Sprintf("%s to request %d", name, skip+1), func(t *testing.T) {
				t.Parallel()
				s := acctest.Start(t, simulator.Options{Identities: 118})
				fault.Method, fault.Path, fault.Skip, fault.Count = "GET", "/Security/Identities", skip, 1
				if err := s.Inject(fault); err != nil {
					t.Fatal(err)
				}
				server := acctest.Serve(t, s, acctest.Values{"max_retries": 4, "request_timeout": "5s"})
				got := column(t, readWith(t, server, identities, acctest.Values{"page_size": 40})["identities"], "id")
				if len(got) != 123 || got[0] != "1" || got[122] != "123" {
					t.Errorf("%d identities", len(got))
				}
				sizes := map[string]int{}
				for _, e := range listRequests(s) {
					sizes[e.Query.Get("ReturnLimit")]++
				}
				if sizes["20"] == 0 || s.Injected() != 1 {
					t.Errorf("asked for pages of %v after %d faults, want some of 20", sizes, s.Injected())
				}
			})
		}
	}
}

func TestIdentities_ListNeverStandsStill(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{Identities: 118})
	if err := s.Inject(simulator.Fault{Method: "GET", Path: "/Security/Identities", Kind: simulator.FaultAct, Do: func(s *simulator.Simulator) {
		s.AddIdentity(simulator.Identity{AccountName: `KEYEXAMPLE\one more`, IdentityType: "User", Valid: true})
	}}); err != nil {
		t.Fatal(err)
	}
	wantText(t, refused(t, s, identities, acctest.Values{"page_size": 50}), "the list changed while its pages were read", "Plan again")
}

func TestIdentities_EntryOnTwoPages(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{Identities: 118})
	if !s.DuplicateIdentity(100) {
		t.Fatal("nothing was duplicated")
	}
	wantText(t, refused(t, s, identities, acctest.Values{"page_size": 50}), "an entry was on two pages", "id 100")
}

func TestIdentities_Empty(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	for id := 1; id <= 5; id++ {
		s.RemoveIdentity(id)
	}
	if got := read(t, s, identities, nil)["identities"].([]any); len(got) != 0 {
		t.Errorf("identities = %v", got)
	}
}

func TestIdentities_OnePageExactlyFull(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{Identities: 45})
	if got := read(t, s, identities, acctest.Values{"page_size": 50})["identities"].([]any); len(got) != 50 {
		t.Errorf("%d identities, want 50", len(got))
	}
	if n := len(listRequests(s)); n != 2 {
		t.Errorf("%d requests, want 2: a total that is the size asked for may be the page's", n)
	}
}

func TestIdentities_NotPermitted(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	s.AddAccount(simulator.Account{Name: `KEYEXAMPLE\reader`, Password: "reader-password", Permissions: []string{"/certificates/collections/read/"}})
	server := acctest.Serve(t, s, acctest.Values{"basic": acctest.Values{"username": `KEYEXAMPLE\reader`, "password": "reader-password"}})
	_, diags := server.DataSource(identities, nil)
	wantText(t, diags.Errors(), "Unable to list security identities", "403 Forbidden", "`/security/modify/`")
}

func TestIdentities_BlocksShareOneList(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{Identities: 118})
	server := acctest.Serve(t, s, nil)
	var all sync.WaitGroup
	for n := range 20 {
		all.Go(func() {
			if n%2 == 0 {
				readWith(t, server, identities, acctest.Values{"role_name": "Web Team", "sort_field": "Id"})
			} else {
				readWith(t, server, "keyfactor_security_identity", acctest.Values{"id": n})
			}
		})
	}
	all.Wait()
	if n := len(listRequests(s)); n != 1 {
		t.Errorf("%d requests for one list", n)
	}
}

func TestIdentities_FailureIsNotKept(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{})
	server := acctest.Serve(t, s, nil)
	if err := s.Inject(simulator.Fault{Method: "GET", Path: "/Security/Identities", Count: 1, Kind: simulator.FaultStatus, Status: 500}); err != nil {
		t.Fatal(err)
	}
	if _, diags := server.DataSource(identities, nil); diags.Errors() == "" {
		t.Fatal("no error")
	}
	if got := readWith(t, server, identities, nil)["identities"].([]any); len(got) != 5 {
		t.Errorf("%d identities, want 5", len(got))
	}
}

func TestIdentities_InvalidArguments(t *testing.T) {
	s := acctest.Start(t, simulator.Options{})
	for argument, message := range map[string]string{
		`account_name_regex = "("`:        `Invalid regular expression`,
		`identity_type = "Robot"`:         "must be `User` or `Group`",
		`page_size = 0`:                   "must be from 1 to",
		"valid = true\n validate = false": `Conflicting arguments`,
		`role_name = ""`:                  "`role_name` is empty",
	} {
		resource.UnitTest(t, resource.TestCase{
			ProtoV6ProviderFactories: acctest.Factories(),
			Steps: []resource.TestStep{{
				Config:      acctest.ProviderBlock(s) + "data \"keyfactor_security_identities\" \"test\" {\n " + argument + "\n}\n",
				PlanOnly:    true,
				ExpectError: regexp.MustCompile(message),
			}},
		})
	}
	if n := len(s.Journal()); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestIdentities_Terraform(t *testing.T) {
	t.Parallel()
	s := acctest.Start(t, simulator.Options{Identities: 20})
	resource.UnitTest(t, resource.TestCase{
		ProtoV6ProviderFactories: acctest.Factories(),
		Steps: []resource.TestStep{{
			Config: acctest.ProviderBlock(s) + `
data "keyfactor_security_identities" "test" {
  identity_type      = "Group"
  account_name_regex = "^KEYEXAMPLE\\\\"
  sort_field         = "AccountName"
}
`,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue("data.keyfactor_security_identities.test", tfjsonpath.New("identities"), knownvalue.ListSizeExact(4)),
				statecheck.ExpectKnownValue("data.keyfactor_security_identities.test", tfjsonpath.New("identities").AtSliceIndex(0).AtMapKey("account_name"),
					knownvalue.StringExact(`KEYEXAMPLE\PKI Admins`)),
			},
		}},
	})
}
