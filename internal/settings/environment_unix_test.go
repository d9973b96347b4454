//go:build unix

package settings

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"
)

func TestOS_NamedPipeIsNotOpened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := OS().ReadFile(path); !errors.Is(err, errNotRegular) { // opening it would wait for ever
		t.Error(err)
	}
}
