package security

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider/session"
)

var (
	listedRoleType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"id": types.Int64Type, "name": types.StringType, "description": types.StringType, "email_address": types.StringType,
		"enabled": types.BoolType, "immutable": types.BoolType, "valid": types.BoolType, "private": types.BoolType,
	}}
	memberType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"id": types.Int64Type, "account_name": types.StringType, "identity_type": types.StringType, "sid": types.StringType,
	}}
	roleClaimType = types.ObjectType{AttrTypes: map[string]attr.Type{
		"claim_type": types.StringType, "claim_value": types.StringType, "description": types.StringType,
		"provider_authentication_scheme": types.StringType,
	}}
)

// roleFlags describe what is the same wherever a role is shown.
func roleFlags() map[string]schema.Attribute {
	flag := func(description string) schema.Attribute {
		return schema.BoolAttribute{Computed: true, MarkdownDescription: description + " Null where the server does not send it."}
	}
	return map[string]schema.Attribute{
		"id":          schema.Int64Attribute{Computed: true, MarkdownDescription: "Command's id of the role."},
		"name":        schema.StringAttribute{Computed: true, MarkdownDescription: "The role's name."},
		"description": schema.StringAttribute{Computed: true, MarkdownDescription: "What the role is for. Null where the server does not send it."},
		"enabled":     flag("Whether the role is in force."),
		"immutable":   flag("Whether the role is built in and cannot be changed."),
		"valid":       flag("Whether Command's audit record of the role is intact."),
		"private":     flag("Whether the role is a private one."),
	}
}

// listedRoleAttributes describe a role in the list of roles.
func listedRoleAttributes() map[string]schema.Attribute {
	attributes := roleFlags()
	attributes["email_address"] = schema.StringAttribute{Computed: true,
		MarkdownDescription: "Where mail about the role goes. Null when there is none."}
	return attributes
}

func listedRoles(roles []*keyfactor.Role) types.List {
	elements := make([]attr.Value, len(roles))
	for i, r := range roles {
		elements[i] = types.ObjectValueMust(listedRoleType.AttrTypes, map[string]attr.Value{
			"id": types.Int64Value(r.ID), "name": textOrNull(r.Name), "description": types.StringPointerValue(r.Description),
			"email_address": types.StringPointerValue(r.EmailAddress),
			"enabled":       types.BoolPointerValue(r.Enabled), "immutable": types.BoolPointerValue(r.Immutable),
			"valid": types.BoolPointerValue(r.Valid), "private": types.BoolPointerValue(r.Private),
		})
	}
	return types.ListValueMust(listedRoleType, elements)
}

// members are a role's identities, null where the server sent none of the field.
func members(identities []keyfactor.RoleMember) types.List {
	if identities == nil {
		return types.ListNull(memberType)
	}
	elements := make([]attr.Value, len(identities))
	for n, i := range identities {
		elements[n] = types.ObjectValueMust(memberType.AttrTypes, map[string]attr.Value{
			"id": types.Int64Value(i.ID), "account_name": textOrNull(i.AccountName),
			"identity_type": types.StringPointerValue(i.IdentityType), "sid": types.StringPointerValue(i.SID),
		})
	}
	return types.ListValueMust(memberType, elements)
}

// roleClaims are a role's claims, null where the server sent none of the field.
func roleClaims(claims []keyfactor.Claim) types.List {
	if claims == nil {
		return types.ListNull(roleClaimType)
	}
	elements := make([]attr.Value, len(claims))
	for i := range claims {
		c := &claims[i]
		elements[i] = types.ObjectValueMust(roleClaimType.AttrTypes, map[string]attr.Value{
			"claim_type": types.StringPointerValue(c.ClaimType), "claim_value": types.StringPointerValue(c.ClaimValue),
			"description": types.StringPointerValue(c.Description), "provider_authentication_scheme": types.StringPointerValue(c.Scheme()),
		})
	}
	return types.ListValueMust(roleClaimType, elements)
}

// readRoles reads all roles, once in a run.
func readRoles(ctx context.Context, s *session.Session, client *keyfactor.Client) ([]keyfactor.Role, error) {
	return session.Once(ctx, &s.Lists, session.ListKey{Path: "Security/Roles", What: "all"}, client.AllRoles)
}
