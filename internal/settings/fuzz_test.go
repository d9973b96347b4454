package settings

import "testing"

func FuzzParseAddress(f *testing.F) {
	for _, text := range []string{"kf.example", "https://kf.example:8443/x", "::1", "a@b", "https://u:p@h?x#y", "http://127.0.0.1", "https://h/%2e"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := parseAddress(text, true)
		if err != nil {
			return
		}
		again, err := parseAddress(tidy(u).String(), false)
		if err != nil || again.Host != u.Host || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && !loopback(u.Hostname()) {
			t.Errorf("%q: %q, %v, %v", text, u, again, err)
		}
	})
}

func FuzzFile(f *testing.F) {
	f.Add([]byte(basicFile))
	f.Add([]byte(`{"servers":{"default":{"scopes":["a",1],"port":{}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		w := world{config: map[string]string{"config_file": "/f"}, files: map[string]string{"/f": string(data)}}
		if r := w.resolve(); len(errorsOf(r)) == 0 && (r.Settings.Endpoint == "" || r.Settings.Mode == "") {
			t.Errorf("%+v", r.Settings)
		}
	})
}
