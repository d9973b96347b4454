package tfcli

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/hashicorp/hc-install/product"
)

// releaseSite plays HashiCorp's release site for one version: index, archive,
// checksums and their signature, by a key of its own.
type releaseSite struct {
	*httptest.Server
	publicKey string
	downloads atomic.Int32
}

func startReleaseSite(t *testing.T) *releaseSite {
	t.Helper()
	signer, err := openpgp.NewEntity("Test", "", "test@keyexample.com", nil)
	if err != nil {
		t.Fatal(err)
	}
	archive := archiveOfTerraform(t)
	name := fmt.Sprintf("terraform_%s_%s_%s.zip", pinned, runtime.GOOS, runtime.GOARCH)
	sums := fmt.Appendf(nil, "%x  %s\n", sha256.Sum256(archive), name)
	var signature bytes.Buffer
	if err := openpgp.DetachSign(&signature, signer, bytes.NewReader(sums), nil); err != nil {
		t.Fatal(err)
	}

	site := &releaseSite{publicKey: armoredPublicKey(t, signer)}
	folder, sumsName := fmt.Sprintf("/terraform/%s/", pinned), fmt.Sprintf("terraform_%s_SHA256SUMS", pinned)
	mux := http.NewServeMux()
	site.Server = httptest.NewServer(mux)
	t.Cleanup(site.Close)
	index, err := json.Marshal(map[string]any{
		"name": "terraform", "version": pinned.String(),
		"shasums": sumsName, "shasums_signature": sumsName + ".sig", "shasums_signatures": []string{sumsName + ".sig"},
		"builds": []map[string]string{{
			"name": "terraform", "version": pinned.String(), "os": runtime.GOOS, "arch": runtime.GOARCH,
			"filename": name, "url": site.URL + folder + name,
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	serve := func(file, contentType string, content []byte) {
		mux.HandleFunc("GET "+folder+file, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.Header().Set("Content-Length", strconv.Itoa(len(content))) // what a release site sends, and hc-install needs
			_, _ = w.Write(content)
			if file == name {
				site.downloads.Add(1)
			}
		})
	}
	serve("index.json", "application/json", index)
	serve(sumsName, "text/plain", sums)
	serve(sumsName+".sig", "application/octet-stream", signature.Bytes())
	serve(name, "application/zip", archive)
	return site
}

func archiveOfTerraform(t *testing.T) []byte {
	t.Helper()
	path := install(t, t.TempDir(), "terraform", "Terraform v"+pinned.String()+"\non "+runtime.GOOS+"_"+runtime.GOARCH+"\n")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	writer := zip.NewWriter(&archive)
	file, err := writer.CreateHeader(&zip.FileHeader{Name: product.Terraform.BinaryName(), Method: zip.Store})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}

func armoredPublicKey(t *testing.T, signer *openpgp.Entity) string {
	t.Helper()
	var text bytes.Buffer
	writer, err := armor.Encode(&text, openpgp.PublicKeyType, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := signer.Serialize(writer); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func TestFind_FetchesThePinnedTerraformOnce(t *testing.T) {
	site := startReleaseSite(t)
	t.Setenv("PATH", t.TempDir())
	folder := filepath.Join(t.TempDir(), "bin")
	finder := Finder{Folder: folder, releases: site.URL, publicKey: site.publicKey}
	for range 2 {
		found, err := finder.Find(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if found.Product != Terraform || !found.Version.Equal(pinned) || !strings.HasPrefix(found.Path, folder) {
			t.Errorf("found %s", found)
		}
	}
	if n := site.downloads.Load(); n != 1 {
		t.Errorf("downloaded %d times, want once", n)
	}
	if left, err := filepath.Glob(filepath.Join(folder, "*")); err != nil || len(left) != 1 {
		t.Errorf("left in the folder: %q, %v", left, err)
	}
}

func TestFind_RefusesATerraformThatHashiCorpDidNotSign(t *testing.T) {
	site := startReleaseSite(t)
	t.Setenv("PATH", t.TempDir())
	folder := t.TempDir()
	_, err := Finder{Folder: folder, releases: site.URL}.Find(t.Context())
	if err == nil || !strings.Contains(err.Error(), "could not be fetched") || !strings.Contains(err.Error(), "sign") {
		t.Errorf("error %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(folder, "*")); len(left) != 0 {
		t.Errorf("left in the folder: %q", left)
	}
}
