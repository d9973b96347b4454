package simulator

import (
	"fmt"
	"strings"
)

// Operations are all that the servers answer, as README.md lists them, in lower case.
func (s *Simulator) Operations() []string {
	all := []string{"`post " + tokenPath + "`"}
	for _, r := range s.routes() {
		line := fmt.Sprintf("`%s %s`", r.method, r.path)
		if r.since > 0 {
			line += fmt.Sprintf(" (%d)", r.since)
		}
		all = append(all, line)
	}
	for operation := range vedauthRoutes {
		all = append(all, "`"+operation+"`")
	}
	for i, line := range all {
		all[i] = strings.ToLower(line)
	}
	return all
}
