package main

import (
	"encoding/json"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
)

// somePlan has one object of each kind of change, as "terraform show -json" prints them.
const somePlan = `{"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": [
	{"address": "keyfactor_imported_certificate.web", "mode": "managed", "type": "keyfactor_imported_certificate", "name": "web",
	 "change": {"actions": ["create", "delete"], "after": {"thumbprint": "AB12", "id": null}}},
	{"address": "keyfactor_imported_certificate.api", "mode": "managed", "change": {"actions": ["update"], "after": {}}},
	{"address": "keyfactor_imported_certificate.partner", "mode": "managed", "change": {"actions": ["no-op"]}},
	{"address": "keyfactor_imported_certificate.legacy", "mode": "managed", "change": {"actions": ["delete", "create"]}},
	{"address": "data.keyfactor_security_identities.owners", "mode": "data", "change": {"actions": ["read"]}}
]}`

func readPlan(t *testing.T) *tfjson.Plan {
	t.Helper()
	plan := &tfjson.Plan{}
	if err := json.Unmarshal([]byte(somePlan), plan); err != nil {
		t.Fatal(err)
	}
	return plan
}

func TestExpectChanges_Exactly(t *testing.T) {
	plan := readPlan(t)
	if err := expectChanges(plan, map[string]change{"web": replaceNewFirst, "api": update, "legacy": replaceOldFirst}); err != nil {
		t.Error(err)
	}
}

func TestExpectChanges_SaysWhatIsPlannedInstead(t *testing.T) {
	err := expectChanges(readPlan(t), map[string]change{"web": replaceNewFirst, "api": update})
	want := "the plan is to update in place keyfactor_imported_certificate.api, " +
		"replace, the old one first keyfactor_imported_certificate.legacy, " +
		"replace, the new one first keyfactor_imported_certificate.web; expected was to " +
		"update in place keyfactor_imported_certificate.api, replace, the new one first keyfactor_imported_certificate.web"
	if err == nil || err.Error() != want {
		t.Errorf("said %v\nwant %s", err, want)
	}
	if err := expectChanges(readPlan(t), nil); err == nil || !strings.HasSuffix(err.Error(), "expected was to do nothing") {
		t.Errorf("nothing expected: %v", err)
	}
}

func TestPlanned_KnownUnknownAndAbsent(t *testing.T) {
	plan := readPlan(t)
	for _, c := range []struct{ name, attribute, want string }{
		{"web", "thumbprint", "AB12"}, {"web", "id", ""}, {"api", "thumbprint", ""}, {"none", "thumbprint", ""},
	} {
		if got := planned(plan, c.name, c.attribute); got != c.want {
			t.Errorf("%s of %s is %q, want %q", c.attribute, c.name, got, c.want)
		}
	}
}

func TestSummary(t *testing.T) {
	for output, want := range map[string]string{
		"...\nPlan: 5 to add, 0 to change, 0 to destroy.\n":                                         "Plan: 5 to add, 0 to change, 0 to destroy.",
		"\nNo changes. Your infrastructure matches the configuration.\n\nT":                         "No changes. Your infrastructure matches the configuration.",
		"Apply complete! Resources: 1 added, 0 changed, 1 destroyed.\n":                             "Apply complete! Resources: 1 added, 0 changed, 1 destroyed.",
		"Plan: 0 to add, 0 to change, 5 to destroy.\n\nDestroy complete! Resources: 5 destroyed.\n": "Destroy complete! Resources: 5 destroyed.",
		"Error: no\n": "(no summary)",
	} {
		if got := summary(output); got != want {
			t.Errorf("summary %q, want %q", got, want)
		}
	}
}

func TestParseThumbprints(t *testing.T) {
	hex := strings.Repeat("A1", 20)
	got, err := parseThumbprints("web " + hex + "\napi " + hex + "\n")
	if err != nil || len(got) != 2 || got["api"] != hex {
		t.Errorf("read %v, %v", got, err)
	}
	if _, err := parseThumbprints("web " + hex[:38] + "\n"); err == nil {
		t.Error("a thumbprint that is too short was taken")
	}
}
