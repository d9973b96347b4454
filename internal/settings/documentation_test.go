package settings

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTable_IsTheDocumentations keeps the table of settings on the first page
// of the documentation in step with this package's.
func TestTable_IsTheDocumentations(t *testing.T) {
	var want strings.Builder
	want.WriteString("| Argument | Environment | Key in the file | Default |\n|---|---|---|---|\n")
	for _, row := range Table() {
		want.WriteString(documented(row))
	}
	for _, name := range []string{"templates/index.md.tmpl", "docs/index.md"} {
		text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(strings.ReplaceAll(string(text), "\r\n", "\n"), want.String()+"\n") {
			t.Errorf("the table in %s is not this one; make docs after changing it in templates/index.md.tmpl:\n%s", name, want.String())
		}
	}
}

// documented is a row as the documentation writes it.
func documented(row Row) string {
	code := func(names []string) string {
		if len(names) == 0 {
			return "–"
		}
		return "`" + strings.Join(names, "`, `") + "`"
	}
	argument, otherwise := "`"+row.Path+"`", "–"
	switch {
	case row.EnvironmentOnly:
		argument = "–"
	case row.Secret:
		argument += " \\*"
	}
	switch {
	case row.Default != "":
		otherwise = "`" + row.Default + "`"
	case row.Required && row.Mode != "":
		otherwise = "required in this mode"
	case row.Required:
		otherwise = "required"
	}
	return fmt.Sprintf("| %s | %s | %s | %s |\n", argument, code(row.Env), code(row.FileKeys), otherwise)
}
