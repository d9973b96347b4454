package tfcli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	version "github.com/hashicorp/go-version"
	"github.com/hashicorp/hc-install/product"
	"github.com/hashicorp/hc-install/releases"
)

// pinned is the Terraform that is fetched where there is none: the one that the
// project is developed with.
var pinned = version.Must(version.NewVersion("1.11.4"))

// fetch returns the pinned Terraform of the folder, which it fills first if
// need be. Two runs side by side do not see each other's half-written file: each
// unpacks beside it and moves the whole into place.
func (f Finder) fetch(ctx context.Context) (string, error) {
	home := filepath.Join(f.Folder, fmt.Sprintf("terraform_%s_%s_%s", pinned, runtime.GOOS, runtime.GOARCH))
	binary := filepath.Join(home, product.Terraform.BinaryName())
	if isFile(binary) {
		return binary, nil
	}
	if err := os.MkdirAll(f.Folder, 0o755); err != nil {
		return "", err
	}
	unpacked, err := os.MkdirTemp(f.Folder, "terraform_*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(unpacked) // what is left when the move did not happen

	f.log("fetching Terraform %s into %s", pinned, f.Folder)
	release := &releases.ExactVersion{
		Product:          product.Terraform,
		Version:          pinned,
		InstallDir:       unpacked,
		Timeout:          10 * time.Minute, // some 30 MB, over any line
		ApiBaseURL:       f.releases,
		ArmoredPublicKey: f.publicKey,
	}
	if _, err := release.Install(ctx); err != nil {
		return "", err
	}
	if err := os.Chmod(unpacked, 0o755); err != nil {
		return "", err
	}
	if err := os.Rename(unpacked, home); err != nil && !isFile(binary) {
		return "", err
	}
	return binary, nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
