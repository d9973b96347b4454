package main

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// A child's rusage begins with the peak of the process that started it.
func TestStart_MemoryIsTheProvidersOwn(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "provider")
	command := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./floor")
	if text, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	large := make([]byte, 400<<20)
	for i := 0; i < len(large); i += 4096 {
		large[i] = 1
	}
	m, schema, err := start(t.Context(), binary)
	runtime.KeepAlive(large)
	if err != nil || len(schema) == 0 {
		t.Fatalf("%v, a schema of %d bytes", err, len(schema))
	}
	if m.providerMemory < 5<<20 || m.providerMemory > 200<<20 {
		t.Errorf("%d bytes, beside 400 MB in the process that started it", m.providerMemory)
	}
}
