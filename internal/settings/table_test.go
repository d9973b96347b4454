package settings

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestTable_EveryNameOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range Table() {
		for _, name := range slices.Concat([]string{row.Path}, row.Env) {
			if seen[name] {
				t.Errorf("%s twice", name)
			}
			seen[name] = true
		}
		for _, key := range row.FileKeys {
			if seen["file "+key] {
				t.Errorf("key %s twice", key)
			}
			seen["file "+key] = true
		}
		if row.Secret && (row.Default != "" || row.EnvironmentOnly) {
			t.Errorf("%+v", row)
		}
	}
}

func TestTable_IsACopy(t *testing.T) {
	Table()[0].Env[0] = "changed"
	if Table()[0].Env[0] != "KEYFACTOR_ENDPOINT" {
		t.Error("the table can be changed from outside")
	}
}

// TestTable_ConfigurationBeatsEnvironmentBeatsFile goes through all rows but those whose own tests say more.
func TestTable_ConfigurationBeatsEnvironmentBeatsFile(t *testing.T) {
	for _, row := range Table() {
		if row.EnvironmentOnly || len(row.Env) == 0 || slices.Contains([]string{"endpoint", "config_file", "profile", "ca_certificate"}, row.Path) {
			continue
		}
		value := map[string][3]string{
			"skip_tls_verify": {"true", "1", "true"}, "request_timeout": {"1s", "2", "3"}, "max_retries": {"1", "2", "3"},
			"oauth.token_url":           {"https://a.example", "https://b.example", "https://c.example"},
			"venafi_certificate.pkcs12": {"AAAA", "MAMCAQM=", ""},
		}[row.Path]
		if value[0] == "" {
			value = [3]string{"a", "b", "c"}
		}
		entries := map[string]string{"host": "file.example"}
		if len(row.FileKeys) > 0 {
			entries[row.FileKeys[0]] = value[2]
		}
		file, _ := json.Marshal(map[string]any{"servers": map[string]any{"default": entries}})
		w := world{config: map[string]string{}, vars: map[string]string{row.Env[0]: value[1]}, files: map[string]string{defaultPath: string(file)}}
		if row.Mode != "" && row.Mode != ModeAccessToken {
			w.config[string(row.Mode)] = ""
		}
		var got []Source
		w.config[row.Path] = value[0]
		got = append(got, w.resolve().Settings.Sources[row.Path])
		delete(w.config, row.Path)
		got = append(got, w.resolve().Settings.Sources[row.Path])
		delete(w.vars, row.Env[0])
		got = append(got, w.resolve().Settings.Sources[row.Path])

		want := []Source{{Configuration, row.Path}, {FromEnvironment, row.Env[0]}, {}}
		switch {
		case len(row.FileKeys) > 0:
			want[2] = Source{File, defaultPath + "#servers.default." + row.FileKeys[0]}
		case row.Default != "":
			want[2] = Source{Kind: Default}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %+v, want %+v", row.Path, got, want)
		}
	}
}

func TestValue_PrintsNothingOfItself(t *testing.T) {
	in := Input{Values: map[string]Value{"a": Text("SECRET"), "b": List("SECRET"), "c": {State: Unknown}, "d": {}}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if text := fmt.Sprintf(verb, in); strings.Contains(text, "SECRET") || strings.Contains(text, "534543524554") {
			t.Errorf("%s: %s", verb, text)
		}
	}
	if text := fmt.Sprint(Text("SECRET"), Value{State: Unknown}, Value{}); text != "[redacted] unknown null" {
		t.Error(text)
	}
}

func TestResult_PrintsNoSecret(t *testing.T) {
	w := world{config: with(onlyEndpoint, "venafi_certificate.url", "tpp.example", "venafi_certificate.pkcs12", "MAMCAQM=", "venafi_certificate.pkcs12_password", "SECRET",
		"venafi_certificate.client_id", "MyApp", "venafi_certificate.scope", "certificate")}
	result := w.resolve()
	if len(result.Settings.Venafi.PKCS12) != 5 || len(result.Problems) > 0 {
		t.Fatal(result.Problems)
	}
	var texts []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%d"} {
		texts = append(texts, fmt.Sprintf(verb, result))
	}
	data, err := json.Marshal(result)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range append(texts, string(data)) {
		for _, part := range []string{"SECRET", "534543524554", "MAMCAQM", "48 3 2 1 3", "3003020103", "0x30, 0x3"} {
			if strings.Contains(text, part) {
				t.Errorf("%s in %s", part, text)
			}
		}
	}
}

func TestSecrets_OfEverySourceUsedOrNot(t *testing.T) {
	w := world{
		config: map[string]string{"access_token": " Bearer config-token\n"},
		vars:   with(basicVars, "KEYFACTOR_AUTH_CLIENT_SECRET", "env-secret", "KEYFACTOR_AUTH_KRB_PASSWORD", "env-kerberos", "VENAFI_P12_PASSWORD", "not read"),
		files:  map[string]string{defaultPath: basicFile},
	}
	var got []string
	for _, s := range w.resolve().Secrets() {
		got = append(got, s.Reveal())
	}
	want := []string{"env-password", "file-password", "env-secret", " Bearer config-token\n", "config-token", "env-kerberos"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	w = world{config: with(onlyEndpoint, "venafi_certificate.pkcs12", "MAMCAQM="), vars: map[string]string{"VENAFI_P12_PASSWORD": "env-pfx", "VENAFI_P12_CERTIFICATE": "/a/path"}}
	got = nil
	for _, s := range w.resolve().Secrets() {
		got = append(got, s.Reveal())
	}
	if !slices.Equal(got, []string{"MAMCAQM=", "env-pfx"}) {
		t.Errorf("%q", got)
	}
}
