package secret

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const marker = "Tr0ub4dor&3/+ü\""

func TestString_NoVerbShowsTheValue(t *testing.T) {
	type outer struct {
		Password String
		List     []String
		Map      map[String]String
	}
	s := String("hunter2hunter2")
	for _, value := range []any{Bytes(s), []Bytes{Bytes(s)}, s, &s, []String{s}, outer{s, []String{s}, map[String]String{s: s}}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%.3s", "%10.2v", "%d", "%T-%v", "%c", "%U", "%b"} {
			var got string
			if verb == "%T-%v" {
				got = fmt.Sprintf(verb, value, value)
			} else {
				got = fmt.Sprintf(verb, value)
			}
			if strings.Contains(got, "hun") || strings.Contains(strings.ToLower(strings.ReplaceAll(got, " ", "")), "68756e") {
				t.Errorf("%s of %T shows %s", verb, value, got)
			}
		}
	}
	if got := fmt.Sprintf("%s|%v|%s", s, s, String("")); got != "[redacted]|[redacted]|" {
		t.Errorf("got %q", got)
	}
	if s.Reveal() != "hunter2hunter2" {
		t.Error("Reveal does not return the value")
	}
}

func TestString_LogsAndJSON(t *testing.T) {
	var log bytes.Buffer
	s := String(marker)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "one", s, "group", slog.GroupValue(slog.Any("two", s)))
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "one", s)
	if strings.Contains(log.String(), "Tr0ub") || strings.Count(log.String(), Redacted) != 3 {
		t.Errorf("slog wrote %s", log.String())
	}
	got, err := json.Marshal(map[string]any{"a": s, "b": []String{s}, "c": String("")})
	if err != nil || string(got) != `{"a":"[redacted]","b":["[redacted]"],"c":""}` {
		t.Errorf("JSON %s, %v", got, err)
	}
}

func TestBytes_LogsAndJSON(t *testing.T) {
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "file", Bytes(marker))
	got, err := json.Marshal(struct{ File, None Bytes }{File: Bytes(marker)})
	if err != nil || string(got) != `{"File":"[redacted]","None":""}` || strings.Contains(log.String(), base64.StdEncoding.EncodeToString([]byte(marker))) {
		t.Errorf("JSON %s, %v; slog %s", got, err, log.String())
	}
}

func TestRedactor_UserNameIsNoSecret(t *testing.T) {
	var r Redactor
	r.AddBasic(`KEYEXAMPLE\svc-terraform`, "hunter2hunter2")
	text := `no such account: KEYEXAMPLE\svc-terraform`
	if got := r.Redact(text); got != text {
		t.Errorf("got %q", got)
	}
	if got := r.Redact(text + ":hunter2hunter2"); got != text+":[redacted]" {
		t.Errorf("got %q", got)
	}
}

func TestRedactor_EveryEncodingIsRemoved(t *testing.T) {
	var r Redactor
	r.AddBasic(`KEYEXAMPLE\user`, marker)
	markup, _ := json.Marshal(marker)
	pair := `KEYEXAMPLE\user:` + marker
	for name, echo := range map[string]string{
		"plain":             marker,
		"query":             url.QueryEscape(marker),
		"path":              url.PathEscape(marker),
		"lower hex":         "Tr0ub4dor%263%2f%2b%c3%bc%22",
		"base64":            base64.StdEncoding.EncodeToString([]byte(marker)),
		"base64 raw":        base64.RawStdEncoding.EncodeToString([]byte(marker)),
		"base64 url":        base64.URLEncoding.EncodeToString([]byte(marker)),
		"base64 url raw":    base64.RawURLEncoding.EncodeToString([]byte(marker)),
		"base64 in a query": url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(marker))),
		"latin 1":           "Tr0ub4dor&3/+\xfc\"",
		"misread":           "Tr0ub4dor&3/+Ã¼\"",
		"json":              strings.Trim(string(markup), `"`) + `"`,
		"json few":          `Tr0ub4dor&3/+ü\"`,
		"json slash":        `Tr0ub4dor&3\/+ü\"`,
		"json .NET":         `Tr0ub4dor\u00263/\u002B\u00FC\u0022`,
		"json .NET lower":   `Tr0ub4dor\u00263/\u002b\u00fc\u0022`,
		"html":              `Tr0ub4dor&amp;3/+ü&#34;`,
		"html quot":         `Tr0ub4dor&amp;3/+ü&quot;`,
		"go quoted":         `Tr0ub4dor&3/+\u00fc\"`,
		"basic":             "Basic " + base64.StdEncoding.EncodeToString([]byte(pair)),
		"pair":              pair,
	} {
		got := r.Line("before " + echo + " after")
		if strings.Contains(got, "Tr0ub") || strings.Contains(got, "VHIw") || strings.Contains(got, "S0VZ") || !strings.Contains(got, Redacted) {
			t.Errorf("%s: %s", name, got)
		}
		if !strings.HasPrefix(got, "before ") || !strings.HasSuffix(got, " after") {
			t.Errorf("%s: the text around is damaged: %s", name, got)
		}
	}
}

func TestRedactor_OverlappingSecretsAreRemovedWhole(t *testing.T) {
	var r Redactor
	r.Add("abcdef", "defghi", "cd")
	if got := r.Redact("xx abcdefghi yy abcdefghij"); got != "xx [redacted] yy [redacted]j" {
		t.Errorf("got %q", got)
	}
}

func TestRedactor_ShortSecrets(t *testing.T) {
	var r Redactor
	r.Add("a", "in", "1234", "")
	if got := r.Redact("a line in a file: x12345 (in) in"); got != "a line [redacted] a file: x[redacted]5 ([redacted]) [redacted]" {
		t.Errorf("got %q", got)
	}
	r = Redactor{}
	r.AddBasic("bob", "x")
	if got := r.Redact("Basic Ym9iOng= x"); got != "Basic [redacted] x" {
		t.Errorf("got %q", got)
	}
}

func TestRedactor_LinesOfAPrivateKey(t *testing.T) {
	var r Redactor
	line := "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"
	r.Add(String("-----BEGIN PRIVATE KEY-----\r\n" + line + "\r\nAbCd\r\n-----END PRIVATE KEY-----\r\n"))
	if got := r.Redact("near " + line + "!"); got != "near [redacted]!" {
		t.Errorf("got %q", got)
	}
	if got := r.Redact("-----BEGIN PRIVATE KEY-----\n" + line + "\nAbCd\n-----END PRIVATE KEY-----"); got != Redacted {
		t.Errorf("got %q", got)
	}
	if got := r.Redact("-----BEGIN PRIVATE KEY-----"); got != "-----BEGIN PRIVATE KEY-----" {
		t.Errorf("got %q", got)
	}
}

func TestLine_EscapesWhatATerminalObeys(t *testing.T) {
	var r *Redactor
	got := r.Line("\n a\x1b[31mred\r\nb\tc\u202egnp\u2066\u200b\u2028\x00\x7f\u0085\xff\ufeff\U000e0041é DOMAIN\\user ")
	want := `a\x1b[31mred\r\nb\tc\u202egnp\u2066\u200b\u2028\x00\x7f\x85\xff\ufeff\U000e0041é DOMAIN\user`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestLine_CutAtTheLimit(t *testing.T) {
	var r Redactor
	r.Add("verysecret")
	for name, c := range map[string]struct {
		in, wantEnd string
		length      int
	}{
		"just fits":            {strings.Repeat("é", 500), "é", 500},
		"one too many":         {strings.Repeat("é", 501), "é…", 500},
		"never inside escapes": {strings.Repeat("x", 497) + "\x1b\x1b", "x…", 498},
		"secret at the end":    {strings.Repeat("x", 495) + "verysecret", "x…", 496},
		"secret before it":     {strings.Repeat("x", 480) + "verysecretverysecret", "[redacted][redacted]", 500},
		"long text of secrets": {strings.Repeat("verysecret", 100_000), "[redacted]…", 491},
	} {
		got := r.Line(c.in)
		if n := utf8.RuneCountInString(got); n != c.length || !strings.HasSuffix(got, c.wantEnd) {
			t.Errorf("%s: %d characters, ends in %q", name, n, got[len(got)-20:])
		}
		if strings.Contains(got, "very") {
			t.Errorf("%s: a part of the secret is left", name)
		}
	}
}

func TestRedactor_NilAndSideBySide(t *testing.T) {
	var none *Redactor
	none.Add("secret")
	if none.Line("secret") != "secret" || none.Redact("a\nb") != "a\nb" {
		t.Error("a nil redactor changes text")
	}
	var r Redactor
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			value := fmt.Sprintf("secret-%02d", i)
			r.Add(String(value))
			if got := r.Line(value); got != Redacted {
				t.Errorf("got %q", got)
			}
		})
	}
	wg.Wait()
}

func FuzzLine(f *testing.F) {
	f.Add("before Tr0ub4dor after", "Tr0ub4dor")
	f.Add("\x1b[0m\u202e", "\x1b[0")
	f.Fuzz(func(t *testing.T, text, value string) {
		var r Redactor
		r.Add(String(value))
		got := r.Line(text)
		if utf8.RuneCountInString(got) > MaxLine || !utf8.ValidString(got) {
			t.Fatalf("%d characters: %q", utf8.RuneCountInString(got), got)
		}
		if strings.ContainsFunc(got, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0x202e }) {
			t.Fatalf("a control character is left: %q", got)
		}
		if utf8.RuneCountInString(value) >= anywhere && strings.Contains(r.Redact(text), value) && !strings.Contains(Redacted, value) && !strings.Contains(value, "[") && !strings.Contains(value, "]") {
			t.Fatalf("%q is left in %q", value, r.Redact(text))
		}
	})
}

func TestRedactor_SecretCutOffAtTheEnd(t *testing.T) {
	var r Redactor
	r.Add("correct-horse-battery")
	for text, want := range map[string]string{
		"you sent correct-horse-bat": "you sent [redacted]",
		"you sent correct-":          "you sent [redacted]",
		"you sent correct":           "you sent correct", // seven characters may be a word
		"correct-horse is a name":    "correct-horse is a name",
	} {
		if got := r.Line(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
