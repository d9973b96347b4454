package settings

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// maxFile is the most that is read of a configuration file, a CA bundle or a client certificate: the largest bundle of
// public roots is a quarter of it.
const maxFile = 1 << 20

var (
	errNotRegular = errors.New("it is not a regular file")
	errTooLarge   = errors.New("it is larger than 1 MiB")
	errNoFiles    = errors.New("files cannot be read here")
)

// Environment is the world outside of the configuration. The zero value has no variables and no files.
type Environment struct {
	Lookup func(string) (string, bool)
	Home   string // the user's home directory; empty when there is none
	// ReadFile reads a regular file of at most 1 MiB. Its errors quote neither content nor path. The permission bits of
	// the mode are zero for others where the system has none.
	ReadFile func(path string) ([]byte, os.FileMode, error)
}

// OS returns the environment of this process.
func OS() Environment {
	home, _ := os.UserHomeDir()
	return Environment{Lookup: os.LookupEnv, Home: home, ReadFile: readFile}
}

// lookup returns a variable; an empty one counts as unset.
func (e Environment) lookup(name string) (string, bool) {
	text, ok := e.lookupEmpty(name)
	return text, ok && text != ""
}

func (e Environment) lookupEmpty(name string) (string, bool) {
	if e.Lookup == nil {
		return "", false
	}
	return e.Lookup(name)
}

func (e Environment) read(path string) ([]byte, os.FileMode, error) {
	if e.ReadFile == nil {
		return nil, 0, errNoFiles
	}
	data, mode, err := e.ReadFile(e.expand(path))
	if err == nil && len(data) > maxFile {
		return nil, 0, errTooLarge
	}
	return data, mode, withoutPath(err)
}

// expand does what a shell does with ~/: in a variable set by a CI system nobody else does.
func (e Environment) expand(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok && e.Home != "" {
		return filepath.Join(e.Home, rest)
	}
	return path
}

func readFile(path string) ([]byte, os.FileMode, error) {
	// Looked at before it is opened: opening a named pipe waits for a writer.
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, withoutPath(err)
	}
	if !info.Mode().IsRegular() {
		return nil, 0, errNotRegular
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, withoutPath(err)
	}
	defer file.Close()
	if info, err = file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, 0, errNotRegular
	}
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, 0, fmt.Errorf("reading it failed: %w", withoutPath(err))
	}
	if len(data) > maxFile {
		return nil, 0, errTooLarge
	}
	mode := info.Mode()
	if runtime.GOOS == "windows" {
		mode &^= 0o077 // made up by Go from the read-only flag; access lists are not looked at
	}
	return data, mode, nil
}

// withoutPath drops the path that package os puts into its errors: a value taken for a path may be something else.
func withoutPath(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}
