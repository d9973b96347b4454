package certificate

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// ValidateConfig checks what needs no file and no server. The file is not
// parsed here: Terraform validates several times, and a PKCS#12 file costs a
// key derivation.
func (r *importedCertificateResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config importedCertificateModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(validateContent(&config)...)
	resp.Diagnostics.Append(validateMetadata(config.Metadata)...)
	resp.Diagnostics.Append(validateStores(ctx, &config)...)
	resp.Diagnostics.Append(validateSettings(&config)...)
}

// isSet tells that a value is known and not null: a module may hand on both
// forms of an argument, and which of them is null is known at plan time only.
func isSet(v attr.Value) bool { return !v.IsNull() && !v.IsUnknown() }

func validateContent(config *importedCertificateModel) diag.Diagnostics {
	var diags diag.Diagnostics
	switch {
	case config.Certificate.IsNull() && config.CertificateWO.IsNull():
		diags.AddAttributeError(path.Root("certificate_wo"), "Missing certificate",
			"Give the certificate file's content in `certificate_wo`, or in `certificate` when it may be kept in state.")
	case isSet(config.Certificate) && isSet(config.CertificateWO):
		diags.AddAttributeError(path.Root("certificate"), "Conflicting certificates",
			"Both `certificate` and `certificate_wo` are set. Keep one of them.")
	}
	if isSet(config.Password) && isSet(config.PasswordWO) {
		diags.AddAttributeError(path.Root("password"), "Conflicting passwords",
			"Both `password` and `password_wo` are set. Keep one of them.")
	}
	return diags
}

func validateMetadata(metadata types.Map) diag.Diagnostics {
	var diags diag.Diagnostics
	at := path.Root("metadata")
	if first, second := sameFold(metadata.Elements()); second != "" {
		diags.AddAttributeError(at.AtMapKey(second), "Conflicting metadata fields",
			fmt.Sprintf("%q and %q are the same field: Command compares names case-insensitively. Keep one of them.", first, second))
	}
	for name := range metadata.Elements() {
		if strings.TrimSpace(name) == "" {
			diags.AddAttributeError(at.AtMapKey(name), "Invalid metadata field", "The name of a metadata field is empty.")
		}
	}
	return diags
}

// guid is the form in which Command writes the ids of stores.
var guid = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$`)

func validateStores(ctx context.Context, config *importedCertificateModel) diag.Diagnostics {
	var diags diag.Diagnostics
	at := path.Root("store_ids")
	seen := map[string]bool{}
	for _, element := range config.StoreIDs.Elements() {
		id, ok := element.(types.String)
		if !ok || id.IsUnknown() {
			continue
		}
		if !guid.MatchString(id.ValueString()) {
			diags.AddAttributeError(at.AtSetValue(element), "Invalid store id",
				fmt.Sprintf("%q is not a GUID such as \"0b5b8a4c-3f7e-4a57-9d5a-5a8a1a4c2f10\".", id.ValueString()))
			continue
		}
		if lower := strings.ToLower(id.ValueString()); seen[lower] {
			diags.AddAttributeError(at.AtSetValue(element), "Conflicting store ids",
				fmt.Sprintf("The store %s is named twice, in different case.", id.ValueString()))
		} else {
			seen[lower] = true
		}
	}
	noStores := config.StoreIDs.IsNull() || !config.StoreIDs.IsUnknown() && len(config.StoreIDs.Elements()) == 0
	if noStores && len(config.StoreTypes.Elements()) > 0 {
		diags.AddAttributeError(path.Root("store_types"), "Missing stores",
			"`store_types` says how to install into stores, but `store_ids` names none.")
	}
	if noStores && isSet(config.Schedule) {
		diags.AddAttributeError(path.Root("schedule"), "Missing stores",
			"`schedule` says when to install into stores, but `store_ids` names none.")
	}
	diags.Append(validateStoreTypes(ctx, config.StoreTypes)...)
	return diags
}

func validateStoreTypes(_ context.Context, storeTypes types.Set) diag.Diagnostics {
	var diags diag.Diagnostics
	at := path.Root("store_types")
	seen := map[int64]bool{}
	for _, element := range storeTypes.Elements() {
		object, ok := element.(types.Object)
		if !ok || object.IsUnknown() || object.IsNull() {
			continue
		}
		a := object.Attributes()
		if id, ok := a["store_type_id"].(types.Int64); ok && !id.IsUnknown() {
			if seen[id.ValueInt64()] {
				diags.AddAttributeError(at, "Conflicting store types",
					fmt.Sprintf("The store type %d is named twice; one object per store type.", id.ValueInt64()))
			}
			seen[id.ValueInt64()] = true
		}
		if !validProperties(a["properties"]) {
			// The text may hold passwords: it is not repeated.
			diags.AddAttributeError(at, "Invalid properties of a store type",
				"`properties` must be JSON text of an array of objects; write it with jsonencode([{ ... }]).")
		}
	}
	return diags
}

func validProperties(v attr.Value) bool {
	properties, ok := v.(types.String)
	if !ok || properties.IsNull() || properties.IsUnknown() {
		return true
	}
	var objects []map[string]any
	return json.Unmarshal([]byte(properties.ValueString()), &objects) == nil && objects != nil && !slices.ContainsFunc(objects, func(o map[string]any) bool { return o == nil })
}

func validateSettings(config *importedCertificateModel) diag.Diagnostics {
	var diags diag.Diagnostics
	if s := config.Schedule; !s.IsNull() && !s.IsUnknown() {
		if _, err := time.Parse(time.RFC3339, s.ValueString()); err != nil {
			diags.AddAttributeError(path.Root("schedule"), "Invalid schedule",
				fmt.Sprintf("%q is not an RFC 3339 time such as \"2026-12-01T02:00:00Z\".", s.ValueString()))
		}
	}
	if isSet(config.OwnerRoleID) && isSet(config.OwnerRoleName) {
		diags.AddAttributeError(path.Root("owner_role_id"), "Conflicting owners",
			"Both `owner_role_id` and `owner_role_name` are set. Keep one of them.")
	}
	if n := config.OwnerRoleName; !n.IsNull() && !n.IsUnknown() && strings.TrimSpace(n.ValueString()) == "" {
		diags.AddAttributeError(path.Root("owner_role_name"), "Invalid owner",
			"The name of the owning role is empty. Leave the argument out for no owner.")
	}
	if d := config.OnDestroy; !d.IsNull() && !d.IsUnknown() && !slices.Contains(onDestroyValues, d.ValueString()) {
		diags.AddAttributeError(path.Root("on_destroy"), "Invalid on_destroy",
			fmt.Sprintf("%q is neither `%s`.", d.ValueString(), strings.Join(onDestroyValues, "` nor `")))
	}
	for name, v := range map[string]types.Int64{"collection_id": config.CollectionID, "owner_role_id": config.OwnerRoleID} {
		if !v.IsNull() && !v.IsUnknown() && v.ValueInt64() < 1 {
			diags.AddAttributeError(path.Root(name), "Invalid "+name, fmt.Sprintf("%d is not an id: ids begin at 1.", v.ValueInt64()))
		}
	}
	return diags
}
