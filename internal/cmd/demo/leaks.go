package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
)

// leaks says which of the named secrets a file of the CLI holds in clear. A saved
// plan is a zip archive: its members are searched.
func leaks(file string, secrets map[string]string) ([]string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	parts := [][]byte{content}
	if archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content))); err == nil {
		for _, member := range archive.File {
			part, err := unpack(member)
			if err != nil {
				return nil, fmt.Errorf("%s in %s: %w", member.Name, file, err)
			}
			parts = append(parts, part)
		}
	}
	var found []string
	for name, secret := range secrets {
		for _, part := range parts {
			if bytes.Contains(part, []byte(secret)) {
				found = append(found, name)
				break
			}
		}
	}
	return found, nil
}

func unpack(member *zip.File) ([]byte, error) {
	reader, err := member.Open()
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	return io.ReadAll(reader)
}

// expectNoLeaks is an error when a file holds a secret, or does not hold the
// marker that must be in it: a search that finds nothing at all proves nothing.
func expectNoLeaks(file, marker string, secrets map[string]string) error {
	found, err := leaks(file, secrets)
	if err != nil {
		return err
	}
	if len(found) > 0 {
		return fmt.Errorf("%s holds in clear: %s", file, strings.Join(found, ", "))
	}
	if seen, err := leaks(file, map[string]string{"marker": marker}); err != nil || len(seen) == 0 {
		return fmt.Errorf("%s was searched for secrets, but not even %q was found in it", file, marker)
	}
	return nil
}
