package security

import (
	"slices"
	"strings"
	"testing"
)

func TestFoldAccount(t *testing.T) {
	for _, name := range []string{`KEYEXAMPLE\svc`, `keyexample\SVC`, `KeyExample\\svc`} {
		if got := foldAccount(name); got != `keyexample\svc` {
			t.Errorf("foldAccount(%s) = %s", name, got)
		}
	}
}

func TestFoldAccount_AsStringsEqualFold(t *testing.T) {
	texts := []string{"k", "K", "\u212a", "s", "S", "\u017f", "\u03c3", "\u03a3", "\u03c2", "i", "I", "\u0131", "\u0130", "\u00e9", "\u00c9", "e\u0301", "\u00df", "\u1e9e", "\u01c4", "\u01c5", "\u01c6", "1", "-", "\u65e5"}
	for _, a := range texts {
		for _, b := range texts {
			if got, want := foldAccount(a) == foldAccount(b), strings.EqualFold(a, b); got != want {
				t.Errorf("%q and %q are one: %v, want %v", a, b, got, want)
			}
		}
	}
}

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"müller", "muller", 1}, {"abc", "abc", 0}} {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("distance(%q, %q) = %d, want %d", test.a, test.b, got, test.want)
		}
	}
}

func TestClosest_BestFirstAndNoMoreThanAskedFor(t *testing.T) {
	names := []string{`A\something`, `A\jonas`, `A\john`, `B\johan`, `A\johann`, `A\zzzzzzzzzz`}
	if got := closest(`A\johan`, names, 3); !slices.Equal(got, []string{`B\johan`, `A\john`, `A\johann`}) {
		t.Errorf("closest = %q", got)
	}
}
