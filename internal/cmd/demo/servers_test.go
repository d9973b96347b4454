package main

import (
	"strings"
	"testing"
)

func TestCompare(t *testing.T) {
	want := map[string]record{
		"web": {Thumbprint: "A", Metadata: map[string]string{"Owner": "x"}, Owner: "Web Team", Stores: []string{"1"}},
		"api": {Thumbprint: "B", HasKey: true},
	}
	web := record{ID: 1, Thumbprint: "A", Metadata: map[string]string{"Owner": "x"}, Owner: "Web Team", Stores: []string{"1"}}
	api := record{ID: 2, Thumbprint: "B", HasKey: true, Metadata: map[string]string{}}
	changed := func(change func(*record)) record { r := web; change(&r); return r }
	for name, c := range map[string]struct {
		held []record
		want string
	}{
		"as it should be":   {[]record{web, api}, ""},
		"one is missing":    {[]record{web}, "the server does not hold api"},
		"one too many":      {[]record{web, api, {ID: 3, Thumbprint: "C"}}, "the server holds C (id 3), which nothing here brought, or holds it twice"},
		"one of them twice": {[]record{web, api, web}, "the server holds A (id 1), which nothing here brought, or holds it twice"},
		"key":               {[]record{changed(func(r *record) { r.HasKey = true }), api}, "web: the server has a private key: true, expected was false"},
		"metadata":          {[]record{changed(func(r *record) { r.Metadata = nil }), api}, "web: the server holds the metadata map[], expected was map[Owner:x]"},
		"owner":             {[]record{changed(func(r *record) { r.Owner = "" }), api}, `web: the server holds the owner "", expected was "Web Team"`},
		"store":             {[]record{changed(func(r *record) { r.Stores = nil }), api}, `web: it is in the stores [], expected was ["1"]`},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if err := compare(c.held, want); err != nil {
				got = err.Error()
			}
			if got != c.want {
				t.Errorf("said %q, want %q", got, c.want)
			}
		})
	}
}

func TestSameElements(t *testing.T) {
	if !sameElements([]string{"b", "a"}, []string{"a", "b"}) || sameElements([]string{"a", "a"}, []string{"a", "b"}) {
		t.Error("elements are compared wrongly")
	}
}

func TestContainsAll(t *testing.T) {
	if !containsAll("one two", "two", "one") || containsAll("one", "one", "two") {
		t.Error(strings.Join([]string{"one", "two"}, " and ") + " are looked for wrongly")
	}
}
