package settings

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
)

const (
	home        = "/home/user"
	defaultPath = "/home/user/.keyfactor/command_config.json"
)

// world is one arrangement of configuration, environment and files.
type world struct {
	config  map[string]string // by path; "basic", "oauth", "venafi_certificate" alone write an empty block
	lists   map[string][]string
	unknown []string // paths of arguments and names of blocks
	vars    map[string]string
	files   map[string]string
	modes   map[string]os.FileMode // 0600 where nothing is said
}

func (w world) input() Input {
	in := Input{Values: map[string]Value{}, Blocks: map[string]State{}}
	write := func(path string, v Value) {
		block, _, nested := strings.Cut(path, ".")
		isBlock := block == "basic" || block == "oauth" || block == "venafi_certificate"
		switch {
		case nested:
			in.Blocks[block] = Known
			in.Values[path] = v
		case isBlock:
			in.Blocks[block] = v.State
		default:
			in.Values[path] = v
		}
	}
	for path, text := range w.config {
		write(path, Text(text))
	}
	for path, items := range w.lists {
		write(path, List(items...))
	}
	for _, path := range w.unknown {
		write(path, Value{State: Unknown})
	}
	return in
}

func (w world) environment() Environment {
	return Environment{
		Lookup: func(name string) (string, bool) {
			text, ok := w.vars[name]
			return text, ok
		},
		Home: home,
		ReadFile: func(path string) ([]byte, os.FileMode, error) {
			text, ok := w.files[path]
			if !ok {
				return nil, 0, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
			}
			mode, ok := w.modes[path]
			if !ok {
				mode = 0o600
			}
			return []byte(text), mode, nil
		},
	}
}

func (w world) resolve() Result { return Resolve(w.input(), w.environment()) }

func (k Kind) String() string {
	return [...]string{"invalid", "conflicting", "missing", "warning"}[k]
}

// lines writes problems as a test wants to see them: "kind path | summary | detail".
func lines(problems []Problem) string {
	var b strings.Builder
	for _, p := range problems {
		fmt.Fprintf(&b, "%s %s | %s | %s\n", p.Kind, p.Path, p.Summary, p.Detail)
	}
	return b.String()
}

// wantProblems compares all problems with their whole text.
func wantProblems(t *testing.T, got []Problem, want ...string) {
	t.Helper()
	text := ""
	for _, line := range want {
		text += line + "\n"
	}
	if lines(got) != text {
		t.Errorf("problems:\n%s\nwant:\n%s", lines(got), text)
	}
}

// with returns a map with more entries.
func with(base map[string]string, more ...string) map[string]string {
	result := map[string]string{}
	for k, v := range base {
		result[k] = v
	}
	for i := 0; i < len(more); i += 2 {
		result[more[i]] = more[i+1]
	}
	return result
}

var (
	basicVars  = map[string]string{"KEYFACTOR_USERNAME": "env-user", "KEYFACTOR_PASSWORD": "env-password"}
	oauthVars  = map[string]string{"KEYFACTOR_AUTH_TOKEN_URL": "https://idp.example/token", "KEYFACTOR_AUTH_CLIENT_ID": "env-client", "KEYFACTOR_AUTH_CLIENT_SECRET": "env-secret"}
	tokenVars  = map[string]string{"KEYFACTOR_AUTH_ACCESS_TOKEN": "env-token"}
	venafiVars = map[string]string{"VENAFI_URL": "tpp.example", "VENAFI_CLIENT_ID": "env-app", "VENAFI_SCOPE": "certificate:manage", "VENAFI_P12_CERTIFICATE": "MAMCAQM=", "VENAFI_P12_PASSWORD": ""}
)

const basicFile = `{"servers":{"default":{"host":"file.example","username":"file-user","password":"file-password"}}}`
