package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// profile is servers.<name> of the vendor's client configuration file, with the keys that the table knows.
type profile struct {
	path    string
	name    string
	entries map[string]entry // without what counts as unset
}

// entry is a value of any JSON type, as text.
type entry struct {
	text  string
	items []string
}

// String names the profile in a sentence.
func (p *profile) String() string { return fmt.Sprintf("the profile %q in %s", p.name, p.path) }

// source names a key for Source.
func (p *profile) source(key string) string {
	return p.path + "#servers." + p.name + "." + key
}

// openFile decides whether a configuration file counts and reads it.
func (r *resolver) openFile() {
	for _, path := range []string{"config_file", "profile"} {
		switch r.value(rowOf(path)).State {
		case Unknown:
			r.unknown(path)
			r.blind = true
		case Known:
			r.named = true
		}
	}
	if r.blind || !r.named && r.endpointNamed() {
		return
	}
	where, which := r.find("config_file"), r.find("profile")
	for _, s := range []setting{where, which} {
		if s.text == "" {
			r.failed = true
			r.invalid(s, "is empty", "Leave it out, or name the vendor's client configuration file and one of its profiles.")
			return
		}
	}
	if where.source.Kind == Default && r.env.Home == "" {
		r.noHome()
		return
	}
	r.readFile(where, which)
}

// endpointNamed tells whether anything above the file names the endpoint; a value that is not known yet names it.
func (r *resolver) endpointNamed() bool {
	return r.value(rowOf("endpoint")).State != Null || r.environmentEndpoint().state == Known
}

// unread says why a file that the environment names does not help.
func (r *resolver) unread() string {
	if _, ok := r.env.lookup("KEYFACTOR_AUTH_CONFIG_FILE"); !ok || r.alone || r.named || r.file != nil {
		return ""
	}
	return " The file in KEYFACTOR_AUTH_CONFIG_FILE is not read because the endpoint is named elsewhere: to use it, write config_file and leave out endpoint."
}

func (r *resolver) noHome() {
	delete(r.result.Settings.Sources, "config_file")
	delete(r.result.Settings.Sources, "profile")
	if r.named {
		r.failed = true
		r.problem(Invalid, "profile", "Invalid profile",
			"There is no home directory, so the vendor's client configuration file has no default path. Name the file in config_file.")
	}
}

func (r *resolver) readFile(where, which setting) {
	path := r.env.expand(where.text)
	if where.source.Kind == Default {
		path = filepath.Join(r.env.Home, ".keyfactor", "command_config.json")
	}
	data, mode, err := r.env.read(path)
	if where.source.Kind == Default && !r.named && errors.Is(err, fs.ErrNotExist) {
		delete(r.result.Settings.Sources, "config_file")
		delete(r.result.Settings.Sources, "profile")
		return
	}
	r.failed = true // until the last line
	if err != nil {
		r.unusable(where, path, fmt.Sprintf("cannot be read: %v", err))
		return
	}
	profiles, err := parseFile(data)
	if err != nil {
		r.unusable(where, path, err.Error())
		return
	}
	raw, ok := profiles[which.text]
	if !ok {
		r.noProfile(which, path, slices.Sorted(maps.Keys(profiles)))
		return
	}
	file := &profile{path: path, name: which.text}
	if err := file.read(raw); err != nil {
		r.unusable(where, path, err.Error())
		return
	}
	r.file, r.failed = file, false
	r.fileWarnings(where, mode.Perm()&0o044 != 0)
}

// unusable reports a file that cannot be used as a whole.
func (r *resolver) unusable(where setting, path, wrong string) {
	remedy := "Mend it, or name another file in config_file or KEYFACTOR_AUTH_CONFIG_FILE."
	switch where.source.Kind {
	case Configuration:
		r.problem(Invalid, "config_file", "Invalid config_file", fmt.Sprintf("The file %s, named by config_file, %s. %s", path, wrong, remedy))
	case FromEnvironment:
		r.problem(r.fileKind(), r.filePath(), "Invalid KEYFACTOR_AUTH_CONFIG_FILE", fmt.Sprintf("The file %s, named by the environment variable KEYFACTOR_AUTH_CONFIG_FILE, %s. %s", path, wrong, remedy))
	default:
		r.problem(r.fileKind(), r.filePath(), "Invalid configuration file", fmt.Sprintf("The file %s, the default path of the vendor's tools, %s. %s", path, wrong, remedy))
	}
}

func (r *resolver) fileKind() Kind {
	if r.named {
		return Invalid
	}
	return Missing
}

func (r *resolver) filePath() string {
	if r.named {
		return r.fileArgument()
	}
	return "config_file"
}

func (r *resolver) noProfile(which setting, path string, names []string) {
	subject, name := fmt.Sprintf("The profile %q", which.text), "profile"
	switch which.source.Kind {
	case FromEnvironment:
		subject += ", named by the environment variable KEYFACTOR_AUTH_CONFIG_PROFILE,"
		name = "KEYFACTOR_AUTH_CONFIG_PROFILE"
	case Default:
		subject += ", the default,"
	}
	has := "has no profile"
	if len(names) > 0 {
		has = "has " + and(quoted(names))
	}
	argument := r.filePath()
	if which.source.Kind == Configuration || !r.named {
		argument = "profile"
	}
	r.problem(r.fileKind(), argument, "Invalid "+name, fmt.Sprintf("%s is not in %s, which %s. Name one of its profiles in profile or KEYFACTOR_AUTH_CONFIG_PROFILE.", subject, path, has))
}

// quoted shows at most eight names, each cut at 40 characters.
func quoted(names []string) []string {
	var list []string
	for i, name := range names {
		if i == 8 {
			return append(list, fmt.Sprintf("%d more", len(names)-i))
		}
		if runes := []rune(name); len(runes) > 40 {
			name = string(runes[:40]) + "…"
		}
		list = append(list, fmt.Sprintf("%+q", name))
	}
	return list
}

func (r *resolver) fileWarnings(where setting, readable bool) {
	if where.source.Kind == Default && !r.named {
		r.problem(Warning, "config_file", "Configuration file at the default path is used", fmt.Sprintf(
			"Neither the provider block nor the environment names the endpoint, so settings are read from %s, which was found there. To be sure that nothing else is picked up, name endpoint and mode in the provider block, or the file in config_file.", r.file))
	}
	if readable {
		r.problem(Warning, "config_file", "Configuration file is readable by others", fmt.Sprintf(
			"Other users of this machine can read %s, which can hold credentials. Take their permission away: chmod 600.", r.file.path))
	}
}

// parseFile returns the profiles of a file. Its errors continue a sentence and quote nothing of the content.
func parseFile(data []byte) (map[string]json.RawMessage, error) {
	data = bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))
	var document struct {
		Servers map[string]json.RawMessage `json:"servers"`
	}
	var syntax *json.SyntaxError
	switch err := json.Unmarshal(data, &document); {
	case errors.As(err, &syntax):
		line, column := position(data, syntax.Offset)
		return nil, fmt.Errorf("is not valid JSON: line %d, column %d", line, column)
	case err != nil || document.Servers == nil:
		return nil, errors.New(`is not a client configuration file: it needs an object "servers" with an object for each profile`)
	}
	return document.Servers, nil
}

// position turns an offset, the number of bytes read before an error, into line and column, both from 1.
func position(data []byte, offset int64) (line, column int) {
	before := data[:min(max(int(offset)-1, 0), len(data))]
	return 1 + bytes.Count(before, []byte("\n")), len(before) - bytes.LastIndexByte(before, '\n')
}

// read takes the keys that the table knows. The vendor's own reader takes them in any case.
func (p *profile) read(raw json.RawMessage) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(raw, &object); err != nil {
		return fmt.Errorf("is not a client configuration file: the profile %q is not an object", p.name)
	}
	values := map[string]json.RawMessage{}
	for _, key := range slices.Sorted(maps.Keys(object)) { // upper case first: the exact spelling wins
		values[strings.ToLower(key)] = object[key]
	}
	p.entries = map[string]entry{}
	for _, key := range fileKeys() {
		value, ok := values[key]
		if !ok {
			continue
		}
		e, ok := readEntry(value)
		if !ok {
			return fmt.Errorf("cannot be used: the key %s of the profile %q has the wrong type", key, p.name)
		}
		if e.text != "" {
			p.entries[key] = e
		}
	}
	for _, key := range []string{"port", "client_timeout"} { // written as 0 by the vendor's own tools
		if p.entries[key].text == "0" {
			delete(p.entries, key)
		}
	}
	return nil
}

func fileKeys() []string {
	keys := slices.Clone(kerberosKeys)
	for _, row := range table {
		keys = append(keys, row.FileKeys...)
	}
	return keys
}

// readEntry takes a text, a number, a boolean, null or a list of texts.
func readEntry(raw json.RawMessage) (entry, bool) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return entry{}, false
	}
	switch v := value.(type) {
	case nil:
		return entry{}, true
	case string:
		return entry{text: v, items: split(v)}, true
	case json.Number:
		return entry{text: v.String()}, true
	case bool:
		return entry{text: fmt.Sprint(v)}, true
	case []any:
		var items []string
		for _, item := range v {
			text, ok := item.(string)
			if !ok {
				return entry{}, false
			}
			items = append(items, text)
		}
		return entry{text: strings.Join(items, ","), items: items}, true
	default:
		return entry{}, false
	}
}
