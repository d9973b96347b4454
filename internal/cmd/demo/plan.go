package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"
)

// change is what a plan does to one object.
type change string

const (
	create            change = "create"
	update            change = "update in place"
	replaceNewFirst   change = "replace, the new one first"
	replaceOldFirst   change = "replace, the old one first"
	destroy           change = "destroy"
	somethingElse     change = "something else"
	resourceType             = "keyfactor_imported_certificate"
	addressOfResource        = resourceType + "."
)

// changes is what the plan does to managed objects, by address; what stays as it
// is is left out.
func changes(plan *tfjson.Plan) map[string]change {
	found := map[string]change{}
	for _, resource := range plan.ResourceChanges {
		if resource.Mode != tfjson.ManagedResourceMode || resource.Change == nil || resource.Change.Actions.NoOp() {
			continue
		}
		found[resource.Address] = kind(resource.Change.Actions)
	}
	return found
}

func kind(actions tfjson.Actions) change {
	switch {
	case actions.Create():
		return create
	case actions.Update():
		return update
	case actions.CreateBeforeDestroy():
		return replaceNewFirst
	case actions.DestroyBeforeCreate():
		return replaceOldFirst
	case actions.Delete():
		return destroy
	default:
		return somethingElse
	}
}

// expectChanges is an error that lists what was planned when that is anything
// but the changes wanted, by the names of the resources.
func expectChanges(plan *tfjson.Plan, want map[string]change) error {
	got, expected := changes(plan), map[string]change{}
	for name, what := range want {
		expected[addressOfResource+name] = what
	}
	if maps.Equal(got, expected) {
		return nil
	}
	return fmt.Errorf("the plan is to %s; expected was to %s", describe(got), describe(expected))
}

func describe(changes map[string]change) string {
	if len(changes) == 0 {
		return "do nothing"
	}
	var parts []string
	for _, address := range slices.Sorted(maps.Keys(changes)) {
		parts = append(parts, fmt.Sprintf("%s %s", changes[address], address))
	}
	return strings.Join(parts, ", ")
}

// planned is a text attribute of an object as it will be after apply; empty when
// it is not known yet.
func planned(plan *tfjson.Plan, name, attribute string) string {
	for _, resource := range plan.ResourceChanges {
		if resource.Address != addressOfResource+name || resource.Change == nil {
			continue
		}
		after, _ := resource.Change.After.(map[string]any)
		text, _ := after[attribute].(string)
		return text
	}
	return ""
}

// summary is the last line in which the CLI says what it will do or did.
func summary(output string) string {
	last := "(no summary)"
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		for _, start := range []string{"Plan: ", "Apply complete!", "Destroy complete!", "No changes."} {
			if strings.HasPrefix(line, start) {
				last = line
			}
		}
	}
	return last
}

// parseThumbprints reads lines of a name and a thumbprint.
func parseThumbprints(text string) (map[string]string, error) {
	found := map[string]string{}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) != 2 || len(fields[1]) != 40 {
			return nil, fmt.Errorf("%q is no name and SHA-1 thumbprint", strings.TrimSpace(line))
		}
		found[fields[0]] = fields[1]
	}
	return found, nil
}
