package keyfactor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// rowsOf is an array of n times the same row.
func rowsOf(n int, row string) string {
	return "[" + strings.TrimSuffix(strings.Repeat(row+",", n), ",") + "]"
}

// saying answers every request with one body.
func saying(body string) *script {
	return &script{answer: func(*http.Request) (int, string) { return 200, body }}
}

func TestFind_AnswerThatSaysNothing(t *testing.T) {
	for _, body := range []string{"null", " null\n", "[null]", `[{"Id":1},null]`} {
		c := saying(body).client()
		for name, find := range map[string]func() (*Certificate, error){
			"by id":         func() (*Certificate, error) { return c.FindByID(t.Context(), 1, 0) },
			"by thumbprint": func() (*Certificate, error) { return c.FindByThumbprint(t.Context(), "AB", "", 0) },
		} {
			row, err := find()
			var answer *Error
			if row != nil || !errors.As(err, &answer) || answer.Unreadable == "" || answer.NotCommand ||
				answer.Path != "/KeyfactorAPI/Certificates" || answer.Host != "command.test" {
				t.Errorf("%s, %s: %v, %#v", body, name, row, err)
			}
		}
	}
}

func TestFind_AsksForASmallPage(t *testing.T) {
	s := saying("[]")
	if _, err := s.client().FindByID(t.Context(), 1, 0); err != nil {
		t.Fatal(err)
	}
	for _, req := range s.asked {
		if got := queryOf(req, "ReturnLimit") + queryOf(req, "returnLimit"); !strings.HasPrefix(got, "50") {
			t.Errorf("asked for %q rows: %s", got, req.URL)
		}
	}
}

func TestFind_ServerThatDropsTheQueryAnswersEverything(t *testing.T) {
	everything := rowsOf(maxFound+1, `{"Id":7,"Thumbprint":"CD"}`)
	s := saying(everything)
	if _, err := s.client().FindByID(t.Context(), 7, 0); !errors.Is(err, ErrQueryIgnored) {
		t.Errorf("in both spellings: %v", err)
	}
	s = &script{answer: func(req *http.Request) (int, string) {
		if req.URL.Query().Has("pq.queryString") {
			return 200, `[{"Id":7,"Thumbprint":"CD"}]`
		}
		return 200, everything
	}}
	if row, err := s.client().FindByThumbprint(t.Context(), "CD", "", 0); err != nil || row == nil || row.ID != 7 {
		t.Errorf("in one spelling: %v, %v", row, err)
	}
}

func TestFinder_MoreRowsThanAskedForEndTheBatches(t *testing.T) {
	f := saying(rowsOf(51, `{"Id":7}`)).client().Finder()
	n := f.neighbourhood(0)
	n.window = narrowestWindow
	if found := n.read(t.Context(), []int64{7, 8}); len(found) != 0 || !n.trust.lost() {
		t.Errorf("found %v, trust lost: %t", found, n.trust.lost())
	}
	_, err := f.client.several(t.Context(), &trust{}, aheadQuery("CertId -ge 7", 0, 2), true)
	var tooMany *TooManyRowsError
	if !errors.As(err, &tooMany) || tooMany.Asked != 50 || tooMany.Most != 50 {
		t.Fatalf("%v", err)
	}
	for _, part := range []string{"GET /KeyfactorAPI/Certificates on command.test: ", "at most 50 entries were asked for", "more than 50", "Check that the endpoint"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is missing in: %v", part, err)
		}
	}
}

func TestAnalyze_AnswersOfAnyLength(t *testing.T) {
	if rows, err := saying(`[{"IssuedDN":"CN=a"},{"IssuedDN":"CN=b"}]`).client().Analyze(t.Context(), nil, nil); err != nil || len(rows) != 2 || rows[1].IssuedDN != "CN=b" {
		t.Errorf("%v, %v", rows, err)
	}
	var tooMany *TooManyRowsError
	if _, err := saying(rowsOf(1_001, "{}")).client().Analyze(t.Context(), nil, nil); !errors.As(err, &tooMany) || tooMany.Method != "POST" {
		t.Errorf("%v", err)
	}
}

// 15 MB of text must not become gigabytes of rows, whoever asks for what.
func TestAnswers_ThatAreSmallAsTextAndLargeInMemory(t *testing.T) {
	blank, null := rowsOf(5_000_000, "{}"), rowsOf(3_000_000, "null")
	everything := func(c *Client) map[string]error {
		_, byID := c.FindByID(context.Background(), 1, 0)
		_, several := c.several(context.Background(), &trust{}, aheadQuery("CertId -ge 1", 0, 600), true)
		_, listed := c.ListCertificates(context.Background(), CertificateQuery{})
		_, identities := c.Identities(context.Background(), IdentityListOptions{})
		_, roles := c.Roles(context.Background(), RoleListOptions{})
		_, analyzed := c.Analyze(context.Background(), nil, nil)
		_, locations := c.Locations(context.Background(), 1, 0)
		return map[string]error{
			"look-up": byID, "several": several, "list": listed, "identities": identities, "roles": roles,
			"analysis": analyzed, "locations": locations,
		}
	}
	for _, body := range []string{blank, null, `{"Details":` + blank + `}`} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		errs := everything(saying(body).client())
		runtime.ReadMemStats(&after)
		for name, err := range errs {
			if err == nil {
				t.Errorf("%s took %.20s… for an answer", name, body)
			}
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 200<<20 {
			t.Errorf("%.20s…: %d MB were allocated", body, used>>20)
		}
	}
}

func TestListCertificates_ServerThatIgnoresThePageSize(t *testing.T) {
	s := &listServer{rows: numbers(30_000), version: "25.1.1.0"}
	s.claim = func(ask) int64 { return 30_000 }
	s.body = func([]int64) string {
		rows := make([]string, 0, 30_000)
		for id := range 30_000 {
			rows = append(rows, fmt.Sprintf(`{"Id":%d}`, id+1))
		}
		return "[" + strings.Join(rows, ",") + "]"
	}
	rows, err := New(&http.Client{Transport: s}, "https://command.test/KeyfactorAPI").ListCertificates(t.Context(), CertificateQuery{})
	if err != nil || len(rows) != 30_000 || !slices.IsSortedFunc(rows, func(a, b Certificate) int { return int(a.ID - b.ID) }) {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}
