package faulttest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	tfjson "github.com/hashicorp/terraform-json"
)

// message is a line of the command line's JSON output.
// https://developer.hashicorp.com/terraform/internals/machine-readable-ui
type message struct {
	Type   string
	Change struct {
		Resource struct {
			Addr string
		}
		Action string
		Reason string
	}
	Diagnostic struct {
		Severity, Summary, Detail, Address string
	}
}

// outcome is what an apply planned and said.
type outcome struct {
	code       int
	took, cpu  time.Duration
	planned    map[string]int // by action
	changed    []string       // addresses that were planned to be created or updated
	replaced   []string       // that Terraform did not mark as tainted
	tainted    []string       // planned to be replaced, marked by Terraform
	errors     []string
	notTaken   []string // addresses whose metadata was not taken as written
	incomplete bool     // no plan was made
}

// apply applies or destroys, and reads what was planned.
func (w *workspace) apply(round int, destroy bool) outcome {
	w.t.Helper()
	began := time.Now()
	o := w.read(w.run(arguments(round, destroy)...))
	o.took = time.Since(began)
	return o
}

func arguments(round int, destroy bool) []string {
	verb := "apply"
	if destroy {
		verb = "destroy"
	}
	return []string{verb, "-json", "-auto-approve", "-input=false", fmt.Sprintf("-var=round=%d", round)}
}

func (w *workspace) read(r result) outcome {
	w.t.Helper()
	o := outcome{code: r.code, cpu: r.cpu, planned: map[string]int{}, incomplete: true}
	lines := bufio.NewScanner(strings.NewReader(r.stdout))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var m message
		if json.Unmarshal(lines.Bytes(), &m) != nil {
			continue // a line that a killed process could not finish
		}
		switch {
		case m.Type == "planned_change":
			o.plan(m)
		case m.Type == "change_summary":
			o.incomplete = false
		case m.Type == "diagnostic" && m.Diagnostic.Severity == "error":
			o.errors = append(o.errors, fmt.Sprintf("%s: %s: %s", m.Diagnostic.Address, m.Diagnostic.Summary, m.Diagnostic.Detail))
		case m.Type == "diagnostic" && m.Diagnostic.Summary == "Metadata was not taken as written":
			o.notTaken = append(o.notTaken, m.Diagnostic.Address)
		}
	}
	w.must(lines.Err())
	return o
}

func (o *outcome) plan(m message) {
	o.planned[m.Change.Action]++
	switch {
	case m.Change.Action == "create" || m.Change.Action == "update":
		o.changed = append(o.changed, m.Change.Resource.Addr)
	case m.Change.Action == "replace" && m.Change.Reason == "tainted":
		o.tainted = append(o.tainted, m.Change.Resource.Addr)
	case m.Change.Action == "replace":
		o.replaced = append(o.replaced, m.Change.Resource.Addr+" because of "+m.Change.Reason)
	}
}

// object is what state holds of a certificate.
type object struct {
	ID               *int              `json:"id"`
	Thumbprint       string            `json:"thumbprint"`
	Preexisting      bool              `json:"preexisting"`
	Metadata         map[string]string `json:"metadata"`
	OwnerRoleName    *string           `json:"owner_role_name"`
	OwnerRoleID      *int              `json:"owner_role_id"`
	StoreIDs         []string          `json:"store_ids"`
	InvalidKeyStores []struct {
		StoreID     string `json:"store_id"`
		Explanation string `json:"explanation"`
	} `json:"invalid_key_stores"`

	tainted bool
}

// state is what state holds, by address.
func (w *workspace) state() map[string]object {
	w.t.Helper()
	r := w.run("show", "-json")
	if r.code != 0 {
		w.t.Fatalf("show ended with %d:\n%s", r.code, r.output)
	}
	var state tfjson.State
	w.must(json.Unmarshal([]byte(r.stdout), &state))
	found := map[string]object{}
	if state.Values == nil || state.Values.RootModule == nil {
		return found
	}
	for _, resource := range state.Values.RootModule.Resources {
		if resource.DeposedKey != "" {
			found[resource.Address+" (deposed)"] = object{}
			continue
		}
		text, err := json.Marshal(resource.AttributeValues)
		w.must(err)
		o := object{tainted: resource.Tainted}
		w.must(json.Unmarshal(text, &o))
		found[resource.Address] = o
	}
	return found
}

// refused are the stores of an object whose import was not answered.
func (o object) refused() []string {
	var stores []string
	for _, s := range o.InvalidKeyStores {
		stores = append(stores, s.StoreID)
	}
	slices.Sort(stores)
	return stores
}
