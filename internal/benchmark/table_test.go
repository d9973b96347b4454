package main

import (
	"strings"
	"testing"
)

func TestBar_SaysWhatWasMeasured(t *testing.T) {
	for _, c := range []struct {
		bar         bar
		judged, met bool
		text        string
	}{
		{bar{what: "requests", got: 12, limit: 12}, true, true, "met         requests: 12, at most 12"},
		{bar{what: "memory", got: 1.51, limit: 1.5}, true, false, "MISSED      memory: 1.51, at most 1.50"},
		{bar{what: "requests", got: 0, limit: 30}, true, false, "MISSED      requests: 0.00, at most 30"},
		{bar{what: "growth", limit: 1.1, missing: "1000 is not among -sizes"}, false, false, "not judged  growth: 1000 is not among -sizes"},
	} {
		text := c.bar.String()
		if text != c.text || c.bar.judged() != c.judged || c.bar.met() != c.met {
			t.Errorf("%s: judged %t, met %t", text, c.bar.judged(), c.bar.met())
		}
	}
	if b := sampledBar("memory", 0, 1.5, ""); b.judged() != sampled {
		t.Errorf("%s, where sampling is %t", b, sampled)
	}
}

func TestResult_NoRequestOfOursIsAFault(t *testing.T) {
	token := measure{requests: map[string]int{"POST /realms/Keyfactor/token": 1}}
	both := measure{requests: map[string]int{"POST /realms/Keyfactor/token": 1, "GET /Certificates": 9}}
	counting := &result{title: "plan, 1, 20 ms", counts: true}
	if err := counting.plausible(ours, token); err == nil || !strings.HasPrefix(err.Error(), "plan, 1, 20 ms: no request") {
		t.Errorf("a token only: %v", err)
	}
	for _, err := range []error{
		counting.plausible(ours, both), counting.plausible(floor, measure{}), (&result{}).plausible(ours, measure{}),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	if both.all() != 10 || both.total() != 9 {
		t.Errorf("%d in all, %d to Command", both.all(), both.total())
	}
}

func TestBarsOfSome_CountTokensToo(t *testing.T) {
	one := measure{requests: map[string]int{"POST /token": 1, "GET /Certificates": 30}}
	r := &result{runs: map[string][]measure{ours: {one}}}
	bars := barsOfSome(r, r)
	if got := bars[2]; got.got != 31 || got.met() {
		t.Errorf("%s", got)
	}
	if got := bars[3].got; got != 0.031 {
		t.Errorf("%v requests per certificate", got)
	}
}
