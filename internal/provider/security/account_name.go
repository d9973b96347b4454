package security

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// foldAccount makes account names equal that the directory takes for one: case
// does not count, in any script (strings.EqualFold compares so), and a
// backslash written twice, as in HCL, is one.
func foldAccount(name string) string {
	return strings.Map(foldRune, strings.ReplaceAll(name, `\\`, `\`))
}

// foldRune is the same for all that differ in case only: the lower case letter,
// and of several the first one, e.g. for the two small sigmas.
func foldRune(r rune) rune {
	if r < utf8.RuneSelf && (r < 'A' || r > 'Z') {
		return r
	}
	lowest := r
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		if unicode.IsLower(other) && (!unicode.IsLower(lowest) || other < lowest) {
			lowest = other
		}
	}
	return lowest
}

// closest are at most count of the names that resemble the one asked for, best
// first. A name that equals it but for its domain comes before all others.
func closest(name string, names []string, count int) []string {
	type candidate struct {
		name     string
		distance int
	}
	want := foldAccount(name)
	var near []candidate
	for _, n := range names {
		got := foldAccount(n)
		d := distance(want, got)
		if account(want) != "" && account(want) == account(got) {
			d = 0
		}
		if d <= max(len(want)/2, 3) {
			near = append(near, candidate{n, d})
		}
	}
	sort.SliceStable(near, func(i, j int) bool { return near[i].distance < near[j].distance })
	var out []string
	for _, c := range near[:min(count, len(near))] {
		out = append(out, c.name)
	}
	return out
}

// account is a folded name without its domain.
func account(name string) string {
	if i := strings.LastIndexByte(name, '\\'); i >= 0 {
		return name[i+1:]
	}
	first, _, _ := strings.Cut(name, "@")
	return first
}

// distance is the number of characters to add, drop or change between two
// names (Levenshtein).
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range to {
			change := diagonal
			if r != s {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(to)]
}
