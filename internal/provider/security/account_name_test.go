package security

import (
	"slices"
	"testing"
)

func TestFoldAccount(t *testing.T) {
	for _, name := range []string{`KEYEXAMPLE\svc`, `keyexample\SVC`, `KeyExample\\svc`} {
		if got := foldAccount(name); got != `keyexample\svc` {
			t.Errorf("foldAccount(%s) = %s", name, got)
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
