package settings

import (
	"slices"
	"strings"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/secret"
)

// Resolve applies the rules of the package comment. It reads files only where one is named, or at the vendor's default
// path, and never returns an error: what is wrong is a Problem.
func Resolve(in Input, env Environment) Result {
	r := &resolver{in: in, env: env}
	r.result.Settings.Sources = map[string]Source{}
	r.openFile()
	r.allowedHosts()
	r.endpoint()
	r.tls()
	r.limits()
	r.mode()
	r.collectSecrets()
	return r.result
}

// resolver holds what one call of Resolve has found so far.
type resolver struct {
	in     Input
	env    Environment
	file   *profile // nil: no file counts, or it cannot be used
	named  bool     // config_file or profile is written: the file beats the environment as a whole
	failed bool     // a file would count, but cannot be used; that is one problem, what it leaves missing is none
	blind  bool     // config_file or profile is not known yet: only the configuration counts
	alone  bool     // the arguments are not those of the provider block: no variable and no file counts
	allow  []string
	result Result
}

// setting is what the sources say about one row.
type setting struct {
	row    Row
	state  State
	text   string
	items  []string
	source Source
}

// known is the state and a text that is not empty.
func (s setting) known() bool { return s.state == Known && s.text != "" }

// value returns what the configuration says about a row.
func (r *resolver) value(row Row) Value {
	if block := row.block(); block != "" && r.in.Blocks[block] != Known {
		return Value{}
	}
	return r.in.Values[row.Path]
}

// find returns a setting from the highest source that has it and notes the source. An unknown value is noted and
// returned as it is, except where the next source will do for the time being.
func (r *resolver) find(path string) setting {
	row := rowOf(path)
	s := setting{row: row}
	switch v := r.value(row); {
	case v.State == Known:
		s = setting{row: row, state: Known, text: v.Text, items: v.Items, source: Source{Configuration, path}}
	case v.State == Unknown && !row.neutral:
		r.unknown(path)
		s.state = Unknown
	default:
		s = r.below(row)
	}
	if s.state == Known {
		r.result.Settings.Sources[path] = s.source
	}
	return s
}

// below returns a setting from the sources below the configuration.
func (r *resolver) below(row Row) setting {
	if r.environmentCounts(row) {
		if s := r.fromEnvironment(row); s.state == Known {
			return s
		}
	}
	if s := r.fromFile(row); s.state == Known {
		return s
	}
	if row.Default != "" {
		return setting{row: row, state: Known, text: row.Default, source: Source{Kind: Default}}
	}
	return setting{row: row}
}

// environmentCounts tells whether the environment may hold a setting, see the package comment.
func (r *resolver) environmentCounts(row Row) bool {
	switch {
	case row.EnvironmentOnly:
		return true
	case r.alone:
		return false
	case r.named || r.blind:
		return row.Mode == "" && len(row.FileKeys) == 0
	default:
		return true
	}
}

// fromEnvironment reads a row's variable, the first one that is set.
func (r *resolver) fromEnvironment(row Row) setting {
	for _, name := range row.Env {
		text, ok := r.env.lookupEmpty(name)
		if !ok || text == "" && !row.empty {
			continue
		}
		s := setting{row: row, state: Known, text: text, source: Source{FromEnvironment, name}}
		if row.list {
			s.items = split(text)
		}
		return s
	}
	return setting{row: row}
}

// fromFile reads a row's first key.
func (r *resolver) fromFile(row Row) setting {
	if r.file == nil || len(row.FileKeys) == 0 {
		return setting{row: row}
	}
	key := row.FileKeys[0]
	entry, ok := r.file.entries[key]
	if !ok {
		return setting{row: row}
	}
	return setting{row: row, state: Known, text: entry.text, items: entry.items, source: Source{File, r.file.source(key)}}
}

// split reads a comma-separated list; empty parts are dropped.
func split(text string) []string {
	var items []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			items = append(items, part)
		}
	}
	return items
}

func (r *resolver) unknown(path string) {
	if !slices.Contains(r.result.Unknown, path) {
		r.result.Unknown = append(r.result.Unknown, path)
	}
}

// collectSecrets gathers the secrets of all sources that may be read, whichever of them is used: a server or a file may
// repeat any of them.
func (r *resolver) collectSecrets() {
	var secrets []secret.String
	seen := map[string]bool{"": true}
	add := func(text string) {
		if !seen[text] {
			seen[text] = true
			secrets = append(secrets, secret.String(text))
		}
	}
	for _, row := range table {
		if !row.Secret {
			continue
		}
		add(r.in.Values[row.Path].Text)
		if row.Mode != ModeVenafi || r.result.Settings.Mode == ModeVenafi {
			text := r.fromEnvironment(row).text
			if row.Path != "venafi_certificate.pkcs12" || asPKCS12(text) != nil { // else it is a path
				add(text)
			}
		}
		add(r.fromFile(row).text)
	}
	add(r.result.Settings.AccessToken.Reveal()) // without "Bearer "
	password, _ := r.env.lookup("KEYFACTOR_AUTH_KRB_PASSWORD")
	add(password)
	r.result.secrets = &secrets
}
