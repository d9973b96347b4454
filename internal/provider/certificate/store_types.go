package certificate

import (
	"encoding/json"
	"reflect"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// sameStoreTypes tells whether two sets ask for the same: the default written
// out, or JSON spaced otherwise, is no change that would start jobs anew.
func sameStoreTypes(a, b types.Set) bool {
	if a.Equal(b) {
		return true
	}
	if a.IsUnknown() || b.IsUnknown() || len(a.Elements()) != len(b.Elements()) {
		return false
	}
	others := storeTypesByID(b)
	for id, one := range storeTypesByID(a) {
		if other, ok := others[id]; !ok || !reflect.DeepEqual(one, other) {
			return false
		}
	}
	return true
}

// wantedStoreType is one element of store_types with its defaults filled in.
type wantedStoreType struct {
	alias      string
	overwrite  bool
	properties any  // as JSON decodes it
	unknown    bool // something in it is known after apply
}

func storeTypesByID(set types.Set) map[int64]wantedStoreType {
	out := make(map[int64]wantedStoreType, len(set.Elements()))
	for i, element := range set.Elements() {
		object, ok := element.(types.Object)
		if !ok || object.IsUnknown() {
			out[-int64(i)-1] = wantedStoreType{unknown: true}
			continue
		}
		a := object.Attributes()
		id, _ := a["store_type_id"].(types.Int64)
		overwrite, _ := a["overwrite"].(types.Bool)
		wanted := wantedStoreType{alias: text(a["alias"]), overwrite: overwrite.ValueBool(), unknown: anyUnknown(a)}
		if properties := text(a["properties"]); properties != "" && json.Unmarshal([]byte(properties), &wanted.properties) != nil {
			wanted.properties = properties
		}
		out[id.ValueInt64()] = wanted
	}
	return out
}

func anyUnknown(attributes map[string]attr.Value) bool {
	for _, v := range attributes {
		if v.IsUnknown() {
			return true
		}
	}
	return false
}
