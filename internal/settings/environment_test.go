package settings

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestOS_ReadFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, size int, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(strings.Repeat("x", size)), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	env := OS()
	largest := write("largest", 1<<20, 0o640)
	data, mode, err := env.ReadFile(largest)
	if len(data) != 1<<20 || err != nil || runtime.GOOS != "windows" && mode.Perm() != 0o640 {
		t.Errorf("%d %v %v", len(data), mode, err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink(largest, link); err == nil {
		if data, _, err := env.ReadFile(link); len(data) != 1<<20 || err != nil {
			t.Errorf("%d %v", len(data), err)
		}
	}
	for path, want := range map[string]error{
		write("larger", 1<<20+1, 0o600): errTooLarge,
		dir:                             errNotRegular,
		filepath.Join(dir, "SECRET"):    fs.ErrNotExist,
		os.DevNull:                      errNotRegular,
	} {
		data, _, err := env.ReadFile(path)
		if data != nil || !errors.Is(err, want) || strings.Contains(err.Error(), dir) || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
}

func TestEnvironment_ZeroValue(t *testing.T) {
	r := Resolve(Input{}, Environment{})
	if len(r.Problems) != 2 || r.Problems[0].Summary != "Missing endpoint" || r.Problems[1].Summary != "Missing authentication mode" {
		t.Error(lines(r.Problems))
	}
}
