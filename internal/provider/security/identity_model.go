package security

import (
	"context"
	"sort"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider/session"
)

// The types of an identity and of the roles inside it are made once: every
// value of a large list shares them.
var (
	heldRoleType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"id": types.Int64Type, "name": types.StringType, "description": types.StringType,
		"enabled": types.BoolType, "immutable": types.BoolType, "valid": types.BoolType, "private": types.BoolType,
		"permissions": textListType,
	}}
	heldRolesType = types.ListType{ElemType: heldRoleType}
	identityType  = types.ObjectType{AttrTypes: map[string]attr.Type{
		"id": types.Int64Type, "account_name": types.StringType, "identity_type": types.StringType,
		"valid": types.BoolType, "sid": types.StringType, "roles": heldRolesType,
	}}
	textListType = types.ListType{ElemType: types.StringType}
)

// identityTypes are the vendor's words for what an identity can be.
var identityTypes = []string{"User", "Group"}

// What the types above are on the wire.
var (
	heldRolesWire = heldRolesType.TerraformType(context.Background())
	identityWire  = identityType.TerraformType(context.Background())
	identityList  = tftypes.List{ElementType: identityWire}
)

// identityValues turns identities into values for the state of Terraform
// itself: the framework's own values would be checked and turned into these
// ones, role by role in every identity, which takes longer than reading the
// list. Here a role is turned once and shared, as the client shares it.
func identityValues(ctx context.Context, identities []*keyfactor.Identity) (tftypes.Value, error) {
	roles := map[*keyfactor.Role]tftypes.Value{}
	elements := make([]tftypes.Value, len(identities))
	for n, i := range identities {
		held := make([]tftypes.Value, len(i.Roles))
		for r, role := range i.Roles {
			value, known := roles[role]
			if !known {
				var err error
				if value, err = heldRole(role).ToTerraformValue(ctx); err != nil {
					return tftypes.Value{}, err
				}
				roles[role] = value
			}
			held[r] = value
		}
		elements[n] = tftypes.NewValue(identityWire, map[string]tftypes.Value{
			"id": tftypes.NewValue(tftypes.Number, i.ID), "account_name": wireText(i.AccountName),
			"identity_type": wireText(i.IdentityType), "valid": tftypes.NewValue(tftypes.Bool, i.Valid),
			"sid": tftypes.NewValue(tftypes.String, i.SID), "roles": tftypes.NewValue(heldRolesWire, held),
		})
	}
	return tftypes.NewValue(identityList, elements), nil
}

func wireText(s string) tftypes.Value {
	if s == "" {
		return tftypes.NewValue(tftypes.String, nil)
	}
	return tftypes.NewValue(tftypes.String, s)
}

// heldRoles are the roles of one identity.
func heldRoles(i *keyfactor.Identity) types.List {
	elements := make([]attr.Value, len(i.Roles))
	for n, role := range i.Roles {
		elements[n] = heldRole(role)
	}
	return types.ListValueMust(heldRoleType, elements)
}

func heldRole(r *keyfactor.Role) attr.Value {
	return types.ObjectValueMust(heldRoleType.AttrTypes, map[string]attr.Value{
		"id": types.Int64Value(r.ID), "name": textOrNull(r.Name), "description": types.StringPointerValue(r.Description),
		"enabled": types.BoolPointerValue(r.Enabled), "immutable": types.BoolPointerValue(r.Immutable),
		"valid": types.BoolPointerValue(r.Valid), "private": types.BoolPointerValue(r.Private),
		"permissions": texts(r.Permissions),
	})
}

// texts is a list of strings, null where the server sent none.
func texts(values []string) types.List {
	if values == nil {
		return types.ListNull(types.StringType)
	}
	elements := make([]attr.Value, len(values))
	for i, v := range values {
		elements[i] = types.StringValue(v)
	}
	return types.ListValueMust(types.StringType, elements)
}

func textOrNull(s string) types.String {
	if s == "" {
		return types.StringNull()
	}
	return types.StringValue(s)
}

// identityAttributes describe what is read of an identity.
func identityAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"id":           schema.Int64Attribute{Computed: true, MarkdownDescription: "Command's id of the identity."},
		"account_name": schema.StringAttribute{Computed: true, MarkdownDescription: "The account as Command writes it: `DOMAIN\\name`, with one backslash (in HCL `\"DOMAIN\\\\name\"`)."},
		"identity_type": schema.StringAttribute{Computed: true,
			MarkdownDescription: "`User` or `Group`. Members of a group are not listed: only the directory knows them."},
		"valid": schema.BoolAttribute{Computed: true,
			MarkdownDescription: "Whether Command's audit record of the identity is intact. Says nothing with `validate = false`."},
		"sid": schema.StringAttribute{Computed: true, MarkdownDescription: "The Windows security identifier. Null where the server does not send it (Command 10)."},
		"roles": schema.ListNestedAttribute{Computed: true,
			MarkdownDescription: "The security roles that the identity holds.",
			NestedObject:        schema.NestedAttributeObject{Attributes: heldRoleAttributes()}},
	}
}

func heldRoleAttributes() map[string]schema.Attribute {
	attributes := roleFlags()
	attributes["permissions"] = schema.ListAttribute{Computed: true, ElementType: types.StringType,
		MarkdownDescription: "What the role may do, as `Area:Permission`."}
	return attributes
}

// directory is the list of identities with an index by account name, made once
// however many look-ups there are.
type directory struct {
	identities []keyfactor.Identity
	byName     map[string][]*keyfactor.Identity
}

func (d *directory) named(name string) []*keyfactor.Identity { return d.byName[foldAccount(name)] }

func newDirectory(identities []keyfactor.Identity) *directory {
	d := &directory{identities: identities, byName: make(map[string][]*keyfactor.Identity, len(identities))}
	for i := range identities {
		key := foldAccount(identities[i].AccountName)
		d.byName[key] = append(d.byName[key], &identities[i])
	}
	return d
}

// identityOrder is what tells one list of identities from another.
type identityOrder struct {
	validate   bool
	sortField  string // "" for the id
	descending bool
}

// byID tells that the list is one that can be sorted here.
func (o identityOrder) byID() bool { return o.sortField == "" }

// howToRead is what makes no other list of it: whoever comes first decides.
type howToRead struct {
	pageSize int
	anyOrder bool
}

// readDirectory reads all identities, once in a run for each order. By id they
// are one list, whichever end comes first: here it is the lowest.
func readDirectory(ctx context.Context, s *session.Session, client *keyfactor.Client, o identityOrder, how howToRead) (*directory, error) {
	what := o
	if o.byID() {
		what.descending = false
	}
	key := session.ListKey{Path: "Security/Identities", What: what}
	return session.Once(ctx, &s.Lists, key, func(ctx context.Context) (*directory, error) {
		rows, err := client.Identities(ctx, keyfactor.IdentityListOptions{
			Validate: &o.validate, SortField: o.sortField, Descending: o.descending, AnyOrder: how.anyOrder, PageSize: how.pageSize,
		})
		if err != nil {
			return nil, err
		}
		if o.byID() {
			sort.Slice(rows, func(i, j int) bool { return rows[i].ID < rows[j].ID })
		}
		return newDirectory(rows), nil
	})
}
