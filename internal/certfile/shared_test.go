package certfile

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// manifest is the list of certificate files of real tools that may lie beside the repository.
type manifest struct {
	Files []struct {
		File     string
		Format   string
		Password *string
		Expected struct {
			OK         bool
			Level      string
			Leaf       string   `json:"leaf_sha1"`
			Acceptable []string `json:"acceptable_sha1"`
			Subject    *string
			ErrorFine  bool `json:"error_is_fine"`
		}
	}
}

// sharedCertificates looks for shared/certs beside one of the directories above.
func sharedCertificates(t *testing.T) string {
	t.Helper()
	for dir := ".."; len(dir) < 30; dir = filepath.Join(dir, "..") {
		path := filepath.Join(dir, "shared", "certs")
		if _, err := os.Stat(filepath.Join(path, "manifest.json")); !errors.Is(err, fs.ErrNotExist) {
			return path
		}
	}
	t.Skip("skipped: no shared/certs/manifest.json beside the repository")
	return ""
}

func TestParse_SharedCertificateFiles(t *testing.T) {
	dir := sharedCertificates(t)
	text, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	subjects := 0
	for _, f := range m.Files {
		t.Run(filepath.Base(f.File), func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(dir, f.File))
			if err != nil {
				t.Fatal(err)
			}
			if f.Password == nil {
				f.Password = new(string)
			}
			want := f.Expected
			file, err := ParseBytes(data, f.Password)
			check(t, data, file, err)
			switch {
			case err != nil && want.OK && !want.ErrorFine:
				t.Fatal(err)
			case err == nil && !want.OK && want.Level != "may":
				t.Fatalf("accepted: %s", shown(file.Leaf.Subject))
			case err != nil || !want.OK:
				return
			}
			if file.Leaf.Thumbprint != want.Leaf && !slices.Contains(want.Acceptable, file.Leaf.Thumbprint) {
				t.Errorf("leaf %s, want %s", file.Leaf.Thumbprint, want.Leaf)
			}
			if string(file.Format) != f.Format {
				t.Errorf("format %s, want %s", file.Format, f.Format)
			}
			if want.Subject != nil && file.Leaf.Thumbprint == want.Leaf && onlyKeywords(*want.Subject) && !strings.Contains(shown(file.Leaf.Subject), "=#") {
				subjects++
				if shown(file.Leaf.Subject) != *want.Subject {
					t.Errorf("subject %s, want %s", shown(file.Leaf.Subject), *want.Subject)
				}
			}
		})
	}
	t.Logf("%d files, %d subjects compared", len(m.Files), subjects)
}

// onlyKeywords: the manifest uses more keywords than RFC 4514 has, for instance emailAddress.
func onlyKeywords(subject string) bool {
	for _, part := range strings.FieldsFunc(subject, func(r rune) bool { return r == ',' || r == '+' }) {
		keyword, _, found := strings.Cut(part, "=")
		if found && !slices.Contains([]string{"CN", "L", "ST", "O", "OU", "C", "STREET", "DC", "UID"}, keyword) {
			return false
		}
	}
	return true
}
