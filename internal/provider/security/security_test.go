package security_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/acctest"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

// object is a value in plain Go: string, bool, int64, nil, []any and object.
type object = map[string]any

func plain(t testing.TB, v tftypes.Value) any {
	t.Helper()
	if v.IsNull() {
		return nil
	}
	switch {
	case v.Type().Is(tftypes.String):
		return as[string](t, v)
	case v.Type().Is(tftypes.Bool):
		return as[bool](t, v)
	case v.Type().Is(tftypes.Number):
		n, _ := as[*big.Float](t, v).Int64()
		return n
	case v.Type().Is(tftypes.Object{}):
		out := object{}
		for name, member := range as[map[string]tftypes.Value](t, v) {
			out[name] = plain(t, member)
		}
		return out
	}
	out := []any{}
	for _, member := range as[[]tftypes.Value](t, v) {
		out = append(out, plain(t, member))
	}
	return out
}

func as[T any](t testing.TB, v tftypes.Value) T {
	t.Helper()
	var out T
	if err := v.As(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// read reads a data source of a provider of its own, and fails on an error.
func read(t testing.TB, s *simulator.Simulator, typ string, config acctest.Values) object {
	t.Helper()
	return readWith(t, acctest.Serve(t, s, nil), typ, config)
}

func readWith(t testing.TB, server *acctest.Server, typ string, config acctest.Values) object {
	t.Helper()
	v, diags := server.DataSource(typ, config)
	if text := diags.Errors(); text != "" {
		t.Fatalf("reading %s: %s", typ, text)
	}
	return plain(t, v).(object)
}

// refused reads a data source that has to fail, and returns the error's text.
func refused(t testing.TB, s *simulator.Simulator, typ string, config acctest.Values) string {
	t.Helper()
	_, diags := acctest.Serve(t, s, nil).DataSource(typ, config)
	text := diags.Errors()
	if text == "" {
		t.Fatalf("reading %s: no error", typ)
	}
	return text
}

func wantText(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("the text does not say %q:\n%s", part, text)
		}
	}
}

// column is one attribute of every element of a list.
func column(t testing.TB, list any, name string) []string {
	t.Helper()
	out := []string{}
	for _, member := range list.([]any) {
		out = append(out, fmt.Sprint(member.(object)[name]))
	}
	return out
}

func sameTexts(t testing.TB, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q, want %q", got, want)
	}
}

// listRequests are the requests for the list of identities.
func listRequests(s *simulator.Simulator) []simulator.Entry {
	return s.Requests("GET", "/Security/Identities")
}
