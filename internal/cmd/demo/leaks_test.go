package main

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// planFile writes an archive with one member, as a saved plan is one.
func planFile(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "tfplan")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	archive := zip.NewWriter(file)
	member, err := archive.Create("tfplan")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := member.Write([]byte(strings.Repeat("padding that compresses well ", 100) + content)); err != nil {
		t.Fatal(err)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestExpectNoLeaks(t *testing.T) {
	secrets := map[string]string{"the password": "hunter2"}
	plain := filepath.Join(t.TempDir(), "terraform.tfstate")
	if err := os.WriteFile(plain, []byte(`{"password": "hunter2", "thumbprint": "AB"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ file, want string }{
		"inside an archive": {planFile(t, "AB hunter2"), " holds in clear: the password"},
		"in plain text":     {plain, " holds in clear: the password"},
		"nothing secret":    {planFile(t, "AB hunter"), ""},
		"nothing at all":    {planFile(t, ""), `was searched for secrets, but not even "AB" was found in it`},
	} {
		t.Run(name, func(t *testing.T) {
			err := expectNoLeaks(c.file, "AB", secrets)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasSuffix(err.Error(), c.want)) {
				t.Errorf("said %v, want %q", err, c.want)
			}
		})
	}
}
