package settings

import (
	"fmt"
	"strings"
)

func (r *resolver) problem(kind Kind, path, summary, detail string) {
	r.result.Problems = append(r.result.Problems, Problem{Path: path, Kind: kind, Summary: summary, Detail: detail})
}

// invalid reports a bad value: what is wrong continues a sentence that begins with the setting, remedy is a sentence.
// The value itself is never part of it: it may be a secret in the wrong place.
func (r *resolver) invalid(s setting, wrong, remedy string) {
	r.report(Invalid, "Invalid "+r.name(s.row), s, wrong, remedy)
}

func (r *resolver) conflicting(s setting, wrong, remedy string) {
	r.report(Conflicting, "Conflicting "+r.name(s.row), s, wrong, remedy)
}

func (r *resolver) report(kind Kind, summary string, s setting, wrong, remedy string) {
	detail := r.subject(s) + " " + wrong + ". " + remedy
	if context := r.context(s); context != "" {
		detail += " " + context
	}
	r.problem(r.kind(s.source, kind), r.path(s), summary, detail)
}

// kind turns an error of the provider block into one for whoever needs Command where the provider block does not hold
// what is wrong.
func (r *resolver) kind(source Source, kind Kind) Kind {
	if source.Kind == Configuration || source.Kind == File && r.named {
		return kind
	}
	return Missing
}

// path returns the attribute that a problem belongs to: for the content of a file that the configuration names, the
// argument that names it.
func (r *resolver) path(s setting) string {
	switch {
	case s.row.EnvironmentOnly, s.source.Kind == Configuration && r.private(s):
		return ""
	case s.source.Kind == File && r.named:
		return r.fileArgument()
	default:
		return s.row.Path
	}
}

// private tells whether an argument is a secret, or may hold one all the same: Terraform quotes the lines of the
// attribute that an error is at, and for a whole block its first line at most. Of an argument inside an object it quotes
// the first line of the provider block.
func (r *resolver) private(s setting) bool {
	switch {
	case s.row.block() != "" && !r.alone:
		return false
	case s.row.Secret && s.row.Path != "venafi_certificate.pkcs12": // which is a file, and wrong only where it is none
		return true
	case s.row.Path == "ca_certificate": // PEM text, perhaps with a key in it; a path stays quoted
		return len(s.text) > 255 || strings.ContainsAny(strings.TrimSpace(s.text), "\r\n") || strings.Contains(s.text, "-----")
	case s.row.Path == "endpoint", strings.HasSuffix(s.row.Path, ".url"): // user information, a query, a fragment
		return strings.ContainsAny(s.text, "@?#")
	}
	return false
}

// fileArgument returns which of the file's arguments is written in the configuration.
func (r *resolver) fileArgument() string {
	if r.in.Values["config_file"].State == Known {
		return "config_file"
	}
	return "profile"
}

// name returns what a summary calls a setting.
func (r *resolver) name(row Row) string {
	switch {
	case row.EnvironmentOnly:
		return row.Env[0]
	case r.alone:
		return strings.TrimPrefix(row.Path, row.block()+".")
	default:
		return row.Path
	}
}

// subject begins a sentence with the place that holds a setting.
func (r *resolver) subject(s setting) string {
	switch s.source.Kind {
	case FromEnvironment:
		if strings.Contains(s.source.Name, ", ") {
			return "The address from the environment variables " + and(strings.Split(s.source.Name, ", "))
		}
		return "The environment variable " + s.source.Name
	case File:
		if s.row.Path == "endpoint" {
			return "The address from host, port and api_path of " + r.file.String()
		}
		return fmt.Sprintf("The key %s of %s", s.source.Name[strings.LastIndex(s.source.Name, ".")+1:], r.file)
	default:
		return "The argument " + r.name(s.row)
	}
}

// context says which mode a setting belongs to, and what else could hold it.
func (r *resolver) context(s setting) string {
	var parts []string
	if s.row.Mode != "" && !r.alone && s.row.Path != string(s.row.Mode) {
		parts = append(parts, "belongs to the mode "+string(s.row.Mode))
	}
	switch {
	case s.row.EnvironmentOnly:
	case s.source.Kind != Configuration:
		parts = append(parts, "stands for the argument "+s.row.Path)
	case r.environmentCounts(s.row) && len(s.row.Env) > 0:
		parts = append(parts, "can also come from the environment variable "+variables(s.row))
	}
	if len(parts) == 0 {
		return ""
	}
	return "This setting " + and(parts) + "."
}

// variables names the variables that can hold a setting by themselves.
func variables(row Row) string {
	if row.Path == "endpoint" {
		return "KEYFACTOR_ENDPOINT or KEYFACTOR_HOSTNAME"
	}
	return row.Env[0]
}

func and(list []string) string { return join(list, "and") }

func or(list []string) string { return join(list, "or") }

func join(list []string, word string) string {
	switch n := len(list); n {
	case 0:
		return ""
	case 1:
		return list[0]
	case 2:
		return list[0] + " " + word + " " + list[1]
	default:
		return strings.Join(list[:n-1], ", ") + " " + word + " " + list[n-1]
	}
}
