package certificate

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
)

// managedFields are the metadata fields that a map manages: null values are not.
func managedFields(m types.Map) map[string]string {
	fields := make(map[string]string, len(m.Elements()))
	for name, v := range m.Elements() {
		if s, ok := v.(types.String); ok && !s.IsNull() && !s.IsUnknown() {
			fields[name] = s.ValueString()
		}
	}
	return fields
}

// lookUpFold finds a field whose name compares case-insensitively.
func lookUpFold(fields map[string]string, name string) (string, bool) {
	if v, ok := fields[name]; ok {
		return v, true
	}
	for k, v := range fields {
		if strings.EqualFold(k, name) {
			return v, true
		}
	}
	return "", false
}

// fieldsToWrite are the fields that an update has to send: those that the plan
// changes and the server does not hold already, and those that the plan no
// longer names, to be cleared with "".
func fieldsToWrite(plan, state map[string]string, current keyfactor.Metadata) map[string]string {
	write := map[string]string{}
	for name, want := range plan {
		if had, managed := lookUpFold(state, name); managed && had == want {
			continue
		}
		if now, _ := current.Get(name); now != want {
			write[name] = want
		}
	}
	for name := range state {
		if _, kept := lookUpFold(plan, name); kept {
			continue
		}
		if now, _ := current.Get(name); now != "" {
			write[name] = ""
		}
	}
	return write
}

// answeredOtherwise are the fields for which the server returns something else
// than was written, with what it returns: it may normalise values, or not take
// them at all.
func answeredOtherwise(written map[string]string, current keyfactor.Metadata) map[string]string {
	other := map[string]string{}
	for name, want := range written {
		if now, _ := current.Get(name); now != want {
			other[name] = now
		}
	}
	return other
}

// refreshedMetadata is the map of state brought up to what the server holds. A
// value counts as unchanged while the server returns what is in state, or what
// it returned right after the write. Fields not managed stay as they are.
func refreshedMetadata(state types.Map, current keyfactor.Metadata, answered map[string]string) (types.Map, bool) {
	elements := state.Elements()
	changed := false
	for name, had := range managedFields(state) {
		now, _ := current.Get(name)
		if now == had {
			continue
		}
		if other, recorded := lookUpFold(answered, name); recorded && now == other {
			continue
		}
		elements[name] = types.StringValue(now)
		changed = true
	}
	if !changed {
		return state, false
	}
	return types.MapValueMust(types.StringType, elements), true
}

// sameFold finds two names that differ in case only; "" when there are none.
func sameFold(elements map[string]attr.Value) (first, second string) {
	seen := make(map[string]string, len(elements))
	for _, name := range slices.Sorted(maps.Keys(elements)) {
		lower := strings.ToLower(name)
		if other, ok := seen[lower]; ok {
			return other, name
		}
		seen[lower] = name
	}
	return "", ""
}
