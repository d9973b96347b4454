package main_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/seed-557fd821/terraform-provider-keyfactor"

// layers says which packages of ours each product package may import, by folder.
// A folder's rule also holds for the folders below it. Whatever is missing here
// is missing on purpose: a new package needs a line, and with it a thought.
var layers = map[string][]string{
	".":                   {"internal/provider", "internal/serve"},
	"internal/provider":   {"internal/provider", "internal/settings", "internal/keyfactor", "internal/auth", "internal/venafi", "internal/certfile", "internal/transport", "internal/secret"},
	"internal/auth":       {"internal/secret", "internal/venafi", "internal/transport"},
	"internal/venafi":     {"internal/secret", "internal/transport"},
	"internal/settings":   {"internal/secret"},
	"internal/keyfactor":  {"internal/secret", "internal/transport"},
	"internal/certfile":   {"internal/secret"},
	"internal/transport":  {"internal/secret"},
	"internal/secret":     {},
	"internal/serve":      {},
	"internal/simulator":  {"internal/simulator"},
	"internal/tfcli":      {},
	"internal/acctest":    {"internal/provider", "internal/serve", "internal/simulator", "internal/acctest", "internal/secret"},
	"internal/benchmark":  {"internal/benchmark", "internal/serve", "internal/simulator", "internal/tfcli", "internal/provider"},
	"internal/contract":   {"internal/contract"},
	"internal/cmd":        {"internal/cmd", "internal/simulator", "internal/tfcli", "internal/certfile", "internal/provider"},
	"internal/faulttest":  {"internal/simulator", "internal/tfcli"},
	"internal/cmd/schema": {"internal/provider"},
}

// hashicorp lists the folders that may import HashiCorp's modules outside of
// tests. The product's are main, internal/provider and internal/serve; the others are tools.
var hashicorp = []string{".", "internal/provider", "internal/serve", "internal/acctest", "internal/tfcli", "internal/benchmark", "internal/cmd/demo", "internal/cmd/schema"}

// offTest lists the folders whose files may import testing though they are no
// _test.go: they are imported from tests only, which is checked as well.
var offTest = []string{"internal/acctest"}

// source is one Go file: its slash-separated path in the repository and what it imports.
type source struct {
	path    string
	imports []string
}

func (s source) test() bool     { return strings.HasSuffix(s.path, "_test.go") }
func (s source) folder() string { return path.Dir(s.path) }

func TestLayers(t *testing.T) {
	files, err := sources(".")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 20 {
		t.Fatalf("only %d Go files found: the walk is broken", len(files))
	}
	for _, file := range files {
		for _, violation := range violations(file) {
			t.Error(violation)
		}
	}
}

// TestLayers_CatchesViolations is the check of the check: each file breaks one
// rule, or none.
func TestLayers_CatchesViolations(t *testing.T) {
	ours := func(folder string) string { return module + "/" + folder }
	for name, c := range map[string]struct {
		file source
		want string
	}{
		"simulator shares code":           {source{"internal/simulator/import.go", []string{ours("internal/certfile")}}, "internal/simulator/import.go imports internal/certfile"},
		"simulator's test shares code":    {source{"internal/simulator/import_test.go", []string{ours("internal/keyfactor")}}, "internal/simulator/import_test.go imports internal/keyfactor"},
		"client knows authentication":     {source{"internal/keyfactor/client.go", []string{ours("internal/auth")}}, "internal/keyfactor/client.go imports internal/auth"},
		"client knows Terraform":          {source{"internal/keyfactor/client.go", []string{"github.com/hashicorp/terraform-plugin-log/tflog"}}, "internal/keyfactor/client.go imports github.com/hashicorp/terraform-plugin-log/tflog"},
		"venafi imports auth":             {source{"internal/venafi/client.go", []string{ours("internal/auth")}}, "internal/venafi/client.go imports internal/auth"},
		"main goes round the provider":    {source{"main.go", []string{ours("internal/keyfactor")}}, "main.go imports internal/keyfactor"},
		"product imports the simulator":   {source{"internal/provider/provider.go", []string{ours("internal/simulator")}}, "internal/provider/provider.go imports internal/simulator"},
		"acctest ships":                   {source{"internal/provider/provider.go", []string{ours("internal/acctest")}}, "internal/provider/provider.go imports internal/acctest"},
		"acctest ships in a command":      {source{"internal/cmd/demo/main.go", []string{ours("internal/acctest")}}, "internal/cmd/demo/main.go imports internal/acctest"},
		"testing ships":                   {source{"internal/certfile/pem.go", []string{"testing"}}, "internal/certfile/pem.go imports testing"},
		"a part of testing ships":         {source{"internal/simulator/pki.go", []string{"testing/fstest"}}, "internal/simulator/pki.go imports testing/fstest"},
		"plugin-testing ships":            {source{"internal/provider/provider.go", []string{"github.com/hashicorp/terraform-plugin-testing/helper/resource"}}, "internal/provider/provider.go imports github.com/hashicorp/terraform-plugin-testing/helper/resource"},
		"a package without a rule":        {source{"internal/util/util.go", nil}, "internal/util/util.go: no rule for this folder"},
		"provider below its folder":       {source{"internal/provider/certificate/model.go", []string{ours("internal/certfile"), ours("internal/provider/session")}}, ""},
		"a test of the provider":          {source{"internal/provider/provider_test.go", []string{ours("internal/acctest"), ours("internal/simulator"), "testing"}}, ""},
		"a longer name with that prefix":  {source{"internal/keyfactor/client.go", []string{"github.com/hashicorpx/y"}}, ""},
		"a command runs the simulator":    {source{"internal/cmd/demo/main.go", []string{ours("internal/simulator"), ours("internal/tfcli")}}, ""},
		"acctest imports testing":         {source{"internal/acctest/start.go", []string{"testing", ours("internal/simulator")}}, ""},
		"a client's test with HashiCorps": {source{"internal/keyfactor/client_test.go", []string{"github.com/hashicorp/go-version"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(violations(c.file), "; ")
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("said %q, want %q", got, c.want)
			}
		})
	}
}

// TestLayers_ReadsImports guards the reader: sources must see an
// import that is there.
func TestLayers_ReadsImports(t *testing.T) {
	files, err := sources(".")
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(files, func(file source) bool { return file.path == "layers_test.go" })
	if at < 0 || !slices.Contains(files[at].imports, "go/parser") {
		t.Error("this very file, or its import of go/parser, was not read")
	}
}

// violations says what is wrong with the imports of one file.
func violations(file source) []string {
	var found []string
	say := func(imported string) { found = append(found, fmt.Sprintf("%s imports %s", file.path, imported)) }
	allowed, known := rule(file.folder())
	if !known {
		return []string{file.path + ": no rule for this folder in layers_test.go"}
	}
	for _, imported := range file.imports {
		folder, ours := strings.CutPrefix(imported, module+"/")
		switch {
		case ours && inside(file.folder(), "internal/simulator") && !inside(folder, "internal/simulator"):
			say(folder) // in its tests too: a shared reading of the contract hides a shared mistake
		case file.test():
		case ours && inside(folder, "internal/acctest"):
			if !inside(file.folder(), "internal/acctest") {
				say(folder)
			}
		case ours && folder != file.folder() && !slices.ContainsFunc(allowed, func(a string) bool { return inside(folder, a) }):
			say(folder)
		case inside(imported, "testing") && !insideAny(file.folder(), offTest):
			say(imported)
		case inside(imported, "github.com/hashicorp/terraform-plugin-testing") && !insideAny(file.folder(), offTest):
			say(imported)
		case inside(imported, "github.com/hashicorp") && !insideAny(file.folder(), hashicorp):
			say(imported)
		}
	}
	return found
}

// rule is the rule of the folder or of the nearest one above it that has any.
func rule(folder string) (allowed []string, known bool) {
	for at := folder; at != "."; at = path.Dir(at) {
		if allowed, known := layers[at]; known {
			return allowed, true
		}
	}
	allowed, known = layers["."]
	return allowed, known && folder == "."
}

// inside says whether a path is the folder or below it; "." holds only itself.
func inside(name, folder string) bool {
	return name == folder || strings.HasPrefix(name, folder+"/")
}

func insideAny(name string, folders []string) bool {
	return slices.ContainsFunc(folders, func(folder string) bool { return inside(name, folder) })
}

// sources reads the imports of every Go file of this module.
func sources(root string) ([]source, error) {
	var files []source
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name != root && (strings.HasPrefix(entry.Name(), ".") || slices.Contains([]string{"testdata", "bin", "dist"}, entry.Name())) {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		file := source{path: filepath.ToSlash(name)}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			file.imports = append(file.imports, imported)
		}
		files = append(files, file)
		return nil
	})
	return files, err
}
