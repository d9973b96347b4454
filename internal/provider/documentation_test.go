package provider_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pages are the files below a folder of the repository with an ending, by
// slash-separated name, with line ends as Unix has them.
func pages(t *testing.T, folder, ending string) map[string]string {
	t.Helper()
	found := map[string]string{}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(filepath.Join(root, filepath.FromSlash(folder)), func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ending) {
			return err
		}
		content, err := os.ReadFile(name)
		name, _ = filepath.Rel(root, name)
		found[filepath.ToSlash(name)] = strings.ReplaceAll(string(content), "\r\n", "\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	letters = regexp.MustCompile("[^a-z0-9_ -]")
)

// TestDocumentation_LinksLeadSomewhere follows every relative link, and its anchor.
func TestDocumentation_LinksLeadSomewhere(t *testing.T) {
	all := pages(t, "docs", ".md")
	if len(all) < 20 {
		t.Fatalf("only %d pages: run make docs", len(all))
	}
	followed := 0
	for name, text := range all {
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			target, anchor, _ := strings.Cut(match[1], "#")
			if strings.Contains(target, "://") {
				continue
			}
			followed++
			page := name
			if target != "" {
				page = path.Join(path.Dir(name), target)
			}
			switch content, there := all[page]; {
			case !there:
				t.Errorf("%s: %s leads nowhere", name, match[1])
			case anchor != "" && !anchors(content)[anchor] && !strings.Contains(content, `<a id="`+anchor+`"></a>`):
				t.Errorf("%s: %s has no such heading", name, match[1])
			}
		}
	}
	if followed < 20 {
		t.Errorf("only %d links followed: the search is broken", followed)
	}
}

// anchors are a page's headings as the registry and GitHub name them.
func anchors(text string) map[string]bool {
	found := map[string]bool{}
	for _, match := range heading.FindAllStringSubmatch(text, -1) {
		found[strings.ReplaceAll(letters.ReplaceAllString(strings.ToLower(match[1]), ""), " ", "-")] = true
	}
	return found
}

// TestDocumentation_TroubleshootingQuotesTheCode: an error that is reworded
// takes its entry along.
func TestDocumentation_TroubleshootingQuotesTheCode(t *testing.T) {
	var code strings.Builder
	for _, folder := range []string{"internal/provider", "internal/settings", "internal/transport"} {
		for name, text := range pages(t, folder, ".go") {
			if !strings.HasSuffix(name, "_test.go") {
				code.WriteString(text)
			}
		}
	}
	guide := pages(t, "docs/guides", "troubleshooting.md")["docs/guides/troubleshooting.md"]
	others := map[string]bool{ // not this provider's words
		"invalid_client": true, "Provider produced inconsistent final plan": true,
	}
	checked := 0
	for _, match := range regexp.MustCompile(`(?m)^### (.+)$`).FindAllStringSubmatch(guide, -1) {
		if checked++; !others[match[1]] && !strings.Contains(code.String(), match[1]) {
			t.Errorf("no error says %q", match[1])
		}
	}
	if checked < 40 {
		t.Errorf("only %d entries: the search is broken", checked)
	}
}

// TestDocumentation_EveryArgumentIsDescribed: an attribute without a sentence
// is a blank in the documentation.
func TestDocumentation_EveryArgumentIsDescribed(t *testing.T) {
	blank := regexp.MustCompile("(?m)^- `[a-z0-9_]+` \\([^)]*\\)( \\(see .*)?$")
	for name, text := range pages(t, "docs", ".md") {
		for _, line := range blank.FindAllString(text, -1) {
			t.Errorf("%s: %s", name, line)
		}
	}
}
