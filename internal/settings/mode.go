package settings

import (
	"fmt"
	"slices"
	"strings"
)

// mode chooses the authentication mode and resolves its settings.
func (r *resolver) mode() {
	mode, by := r.chooseMode()
	if mode == "" {
		return
	}
	r.result.Settings.Mode = mode
	r.result.Settings.Sources["mode"] = by
	switch mode {
	case ModeBasic:
		r.basic()
	case ModeOAuth:
		r.oauth()
	case ModeAccessToken:
		r.accessToken()
	case ModeVenafi:
		r.venafi()
	}
	r.result.Settings.Origin = r.origin(mode)
}

// chooseMode returns the mode and what chose it, or an empty mode where it cannot be chosen; that is reported.
func (r *resolver) chooseMode() (Mode, Source) {
	var written []Mode
	var open bool
	for _, mode := range Modes() {
		switch r.written(mode) {
		case Known:
			written = append(written, mode)
		case Unknown:
			r.unknown(string(mode))
			open = true
		}
	}
	switch {
	case len(written) > 1:
		names := texts(written)
		r.problem(Conflicting, "", "Conflicting authentication modes", // at none of them: Terraform would quote its secrets
			"The provider block has "+and(names)+". Each of them is an authentication mode by itself: keep one.")
		return "", Source{}
	case len(written) == 1:
		return written[0], Source{Configuration, string(written[0])}
	case open || r.blind:
		return "", Source{}
	case r.named:
		return r.modeOfNamedFile()
	}
	if s := r.fromEnvironment(rowOf("mode")); s.state == Known {
		return r.modeOfVariable(s)
	}
	return r.countModes()
}

// written tells whether the configuration holds a mode.
func (r *resolver) written(mode Mode) State {
	if mode == ModeAccessToken {
		return r.in.Values[string(mode)].State
	}
	return r.in.Blocks[string(mode)]
}

func (r *resolver) modeOfVariable(s setting) (Mode, Source) {
	mode := Mode(strings.ToLower(strings.TrimSpace(s.text)))
	if !slices.Contains(Modes(), mode) {
		r.invalid(s, "is not an authentication mode", "Set it to "+or(texts(Modes()))+".")
		return "", Source{}
	}
	return mode, s.source
}

// countModes looks for the one mode that is complete in the environment, else in the file, else in both together.
func (r *resolver) countModes() (Mode, Source) {
	places := []struct {
		look func(Row) setting
		name string
	}{
		{r.fromEnvironment, "the environment"},
		{r.fromFile, ""},
		{r.below, ""},
	}
	if r.file != nil {
		places[1].name = r.file.String()
		places[2].name = "the environment and " + r.file.String()
	} else {
		places = places[:1]
	}
	for _, place := range places {
		complete := completeModes(place.look)
		if len(complete) > 1 {
			r.ambiguous(Missing, "", place.name, complete)
			return "", Source{}
		}
		if len(complete) == 1 {
			return complete[0].mode, Source{place.look(rowsOf(complete[0].mode)[0]).source.Kind, and(complete[0].found)}
		}
	}
	if !r.failed {
		r.noMode(places[len(places)-1].look)
	}
	return "", Source{}
}

// modeOfNamedFile looks in a file that the configuration names. The environment counts for nothing there, except that
// KEYFACTOR_AUTH_MODE settles which of several complete modes is meant.
func (r *resolver) modeOfNamedFile() (Mode, Source) {
	if r.file == nil {
		return "", Source{}
	}
	complete := completeModes(r.fromFile)
	switch len(complete) {
	case 0:
		r.noMode(r.fromFile)
		return "", Source{}
	case 1:
		return complete[0].mode, Source{File, and(complete[0].found)}
	}
	if text, ok := r.env.lookup("KEYFACTOR_AUTH_MODE"); ok {
		for _, t := range complete {
			if string(t.mode) == strings.ToLower(strings.TrimSpace(text)) {
				return t.mode, Source{FromEnvironment, "KEYFACTOR_AUTH_MODE"}
			}
		}
	}
	r.ambiguous(Conflicting, r.fileArgument(), r.file.String(), complete)
	return "", Source{}
}

// tally is what one place holds of a mode.
type tally struct {
	mode           Mode
	found, missing []string // names of variables or keys
}

// tallies counts the modes that the environment or a file can choose by themselves; venafi_certificate is not among
// them, because VENAFI_* variables belong to other tools too.
func tallies(look func(Row) setting) []tally {
	var list []tally
	for _, mode := range []Mode{ModeBasic, ModeOAuth, ModeAccessToken} {
		t := tally{mode: mode}
		for _, row := range rowsOf(mode) {
			switch s := look(row); {
			case s.state == Known && s.source.Kind != Default && len(row.Env)+len(row.FileKeys) > 0:
				t.found = append(t.found, s.source.Name)
			case row.Required:
				t.missing = append(t.missing, row.Env[0])
			}
		}
		list = append(list, t)
	}
	return list
}

// completeModes returns the modes of which nothing required is missing. Client settings beside an access token do not
// count: the vendor's tools take the token.
func completeModes(look func(Row) setting) []tally {
	complete := slices.DeleteFunc(tallies(look), func(t tally) bool { return len(t.missing) > 0 })
	if slices.ContainsFunc(complete, func(t tally) bool { return t.mode == ModeAccessToken }) {
		complete = slices.DeleteFunc(complete, func(t tally) bool { return t.mode == ModeOAuth })
	}
	return complete
}

func (r *resolver) ambiguous(kind Kind, path, place string, complete []tally) {
	var modes, found []string
	for _, t := range complete {
		modes = append(modes, string(t.mode))
		found = append(found, fmt.Sprintf("%s (%s)", t.mode, strings.Join(t.found, ", ")))
	}
	r.problem(kind, path, "Conflicting authentication modes", fmt.Sprintf(
		"The provider block names no authentication mode, and %s completes more than one: %s. Write one of them in the provider block, or set KEYFACTOR_AUTH_MODE to %s.",
		place, and(found), or(modes)))
}

// noMode reports that no mode is complete, with all that was found and all that is missing for what was begun.
func (r *resolver) noMode(look func(Row) setting) {
	begun := slices.DeleteFunc(tallies(look), func(t tally) bool { return len(t.found) == 0 })
	kerberos := r.kerberos()
	if len(begun) == 0 && len(kerberos) > 0 {
		kind, path := Missing, ""
		if r.named {
			kind, path = Invalid, r.fileArgument()
		}
		r.problem(kind, path, "Invalid authentication mode",
			"Only settings for Kerberos were found ("+and(kerberos)+"), a mode that this provider does not support. Use "+or(texts(Modes()))+"."+r.venafiAside())
		return
	}
	var found, missing []string
	list := begun
	if len(list) == 0 {
		list = tallies(look)
	}
	for _, t := range list {
		found = append(found, t.found...)
		names := t.missing
		if r.named {
			names = keys(t)
		}
		missing = append(missing, fmt.Sprintf("%s (for %s)", and(names), t.mode))
	}
	detail := "The provider block names no authentication mode, KEYFACTOR_AUTH_MODE is not set, and no mode is complete in the environment"
	switch {
	case r.named:
		detail = "The provider block names no authentication mode, and none is complete in " + r.file.String() +
			". The environment is not read for credentials because " + r.fileArgument() + " is written"
	case r.file != nil:
		detail += " or in " + r.file.String()
	}
	if len(found) == 0 {
		found = []string{"nothing"}
	}
	detail += ". Found: " + strings.Join(found, ", ") + ". Missing: " + strings.Join(missing, "; or ") + "."
	if len(kerberos) > 0 {
		detail += " Kerberos (" + and(kerberos) + ") is not supported."
	}
	detail += " Write " + or(texts(Modes())) + " in the provider block, or complete one of these modes."
	r.problem(Missing, "", "Missing authentication mode", detail+r.venafiAside()+r.unread())
}

// venafiAside names the VENAFI_* variables that are set and were not counted, and what has them read.
func (r *resolver) venafiAside() string {
	var found []string
	for _, row := range rowsOf(ModeVenafi) {
		for _, name := range row.Env {
			if text, ok := r.env.lookup(name); ok && text != "" {
				found = append(found, name)
			}
		}
	}
	switch {
	case len(found) == 0 || r.named:
		return ""
	case len(found) == 1:
		return " " + found[0] + " is set, which is read only with KEYFACTOR_AUTH_MODE=venafi_certificate or a block venafi_certificate."
	default:
		return " " + and(found) + " are set, which are read only with KEYFACTOR_AUTH_MODE=venafi_certificate or a block venafi_certificate."
	}
}

// keys turns the variables that are missing into keys of the file.
func keys(t tally) []string {
	var names []string
	for _, row := range rowsOf(t.mode) {
		if len(row.Env) > 0 && slices.Contains(t.missing, row.Env[0]) {
			names = append(names, row.FileKeys[0])
		}
	}
	return names
}

// kerberos returns the names of the Kerberos settings that are there.
func (r *resolver) kerberos() []string {
	var found []string
	if !r.named {
		for _, name := range kerberosVariables {
			if _, ok := r.env.lookup(name); ok {
				found = append(found, name)
			}
		}
	}
	if r.file != nil {
		for _, key := range kerberosKeys {
			if _, ok := r.file.entries[key]; ok {
				found = append(found, r.file.source(key))
			}
		}
	}
	return found
}

func texts(modes []Mode) []string {
	var list []string
	for _, mode := range modes {
		list = append(list, string(mode))
	}
	return list
}

// origin says where a mode's credentials come from.
func (r *resolver) origin(mode Mode) string {
	var arguments, names, keys []string
	for _, row := range rowsOf(mode) {
		source, ok := r.result.Settings.Sources[row.Path]
		switch {
		case !ok:
		case source.Kind == Configuration:
			arguments = append(arguments, row.Path)
		case source.Kind == FromEnvironment:
			names = append(names, source.Name)
		case source.Kind == File:
			keys = append(keys, row.FileKeys[0])
		}
	}
	var parts []string
	if len(arguments) > 0 {
		parts = append(parts, "the provider configuration ("+strings.Join(arguments, ", ")+")")
	}
	switch {
	case len(names) == 1:
		parts = append(parts, "the environment variable "+names[0])
	case len(names) > 1:
		parts = append(parts, "the environment variables "+and(names))
	}
	if len(keys) > 0 {
		parts = append(parts, r.file.String()+" ("+strings.Join(keys, ", ")+")")
	}
	return join(parts, "and")
}
