package simulator_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

type corpusFile struct {
	File, Format string
	Password     *string
	Expected     struct {
		OK         bool
		Level      string
		Leaf       string   `json:"leaf_sha1"`
		Acceptable []string `json:"acceptable_sha1"`
	}
}

// corpus finds the folder of real tools' certificate files beside the repository.
func corpus(t *testing.T) (folder string, files []corpusFile) {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		folder = filepath.Join(dir, "shared", "certs")
		data, err := os.ReadFile(filepath.Join(folder, "manifest.json"))
		if err != nil {
			continue
		}
		var manifest struct{ Files []corpusFile }
		if err := json.Unmarshal(data, &manifest); err != nil {
			t.Fatal(err)
		}
		return folder, manifest.Files
	}
	t.Skip("skipped: ../shared/certs with real tools' certificate files is not beside the repository")
	return "", nil
}

// A file is read as its own tools read it, or refused; never is another certificate taken for the leaf. Files that the
// simulator may refuse: PKCS#12 in forms that its reader does not know.
func TestAnalyze_RealFiles(t *testing.T) {
	folder, files := corpus(t)
	c := start(t, simulator.Options{})
	read, refused := 0, 0
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(folder, f.File))
		if err != nil {
			t.Fatal(err)
		}
		body := map[string]any{"Certificate": encode(data)}
		if f.Password != nil && f.Format == "pkcs12" {
			body["Password"] = *f.Password
		}
		got := c.call("POST", "/Certificates/Analyze", body)
		switch got.status {
		case http.StatusBadRequest:
			refused++
			if f.Expected.OK && f.Expected.Level == "must" {
				t.Logf("refused: %s: %s", f.File, got.body)
				if f.Format != "pkcs12" {
					t.Errorf("%s: refused: %s", f.File, got.body)
				}
			}
		case http.StatusOK:
			read++
			leaf := got.list(t)[0]["Thumbprint"].(string)
			wanted := append([]string{f.Expected.Leaf}, f.Expected.Acceptable...)
			if f.Expected.OK && !slices.ContainsFunc(wanted, func(w string) bool { return strings.EqualFold(w, leaf) }) {
				t.Errorf("%s: leaf %s, want %v", f.File, leaf, wanted)
			}
			if !f.Expected.OK && f.Expected.Level == "must" {
				t.Errorf("%s: was read, and no tool reads it", f.File)
			}
		default:
			t.Errorf("%s: status %d: %s", f.File, got.status, got.body)
		}
	}
	t.Logf("%d files: %d read, %d refused", len(files), read, refused)
	if read < len(files)/2 {
		t.Errorf("only %d of %d files were read", read, len(files))
	}
}
