package simulator_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

func TestReadme_ListsAllOperationsAndNoOthers(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Operations\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var listed []string
	for line := range strings.Lines(section) {
		if operation, ok := strings.CutPrefix(line, "- "); ok {
			listed = append(listed, strings.ToLower(strings.TrimSpace(operation)))
		}
	}
	played := start(t, simulator.Options{}).s.Operations()
	for _, operation := range played {
		if !slices.Contains(listed, operation) {
			t.Errorf("not in README.md: %s", operation)
		}
	}
	for _, operation := range listed {
		if !slices.Contains(played, operation) {
			t.Errorf("not played: %s", operation)
		}
	}
	if len(listed) != len(played) {
		t.Errorf("%d are listed, %d are played", len(listed), len(played))
	}
}
