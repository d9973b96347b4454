package tfcli

import (
	"os"
	"strings"
)

// foreign begin the names of the variables that steer the command line, this
// provider or the fetching of providers, and that belong to the user's own work.
var foreign = []string{"TF_", "TOFU_", "CHECKPOINT_", "KEYFACTOR_", "VENAFI_"}

// Environ is this process's environment without what would steer the command
// line or the provider, with the command line's calls home turned off.
func Environ() []string {
	return append(without(os.Environ(), foreign), "CHECKPOINT_DISABLE=1")
}

func without(environ, prefixes []string) []string {
	var kept []string
next:
	for _, entry := range environ {
		for _, prefix := range prefixes {
			// Windows does not care for the case of a variable's name.
			if len(entry) >= len(prefix) && strings.EqualFold(entry[:len(prefix)], prefix) {
				continue next
			}
		}
		kept = append(kept, entry)
	}
	return kept
}
