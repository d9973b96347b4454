package certificate

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider/argument"
)

// onDestroy says what becomes of the certificate in Command when the resource goes.
type onDestroy string

const (
	onDestroyDelete onDestroy = "delete"
	onDestroyKeep   onDestroy = "keep"
)

var onDestroyValues = []string{string(onDestroyDelete), string(onDestroyKeep)}

// invalidKeyStoreTypes are the attributes of one refused store.
var invalidKeyStoreTypes = map[string]attr.Type{
	"store_id": types.StringType, "client_machine": types.StringType, "store_path": types.StringType,
	"alias": types.StringType, "reason": types.Int64Type, "explanation": types.StringType,
}

func importedCertificateSchema() schema.Schema {
	attributes := importedCertificateArguments()
	for name, attribute := range importedCertificateFacts() {
		attributes[name] = attribute
	}
	for name, attribute := range importedCertificateAnswers() {
		attributes[name] = attribute
	}
	return schema.Schema{
		MarkdownDescription: "Imports a certificate file into Keyfactor Command and keeps its metadata, owner and stores as configured. " +
			"PEM, DER, PKCS#12 and PKCS#7 files are read at plan time: the plan shows which certificate will be imported, " +
			"and another certificate replaces the resource.\n\n" +
			"Permissions in Command: `/certificates/import/` and `/certificates/collections/read/`; for metadata `/metadata/modify/` at import and " +
			"`/certificates/collections/metadata/modify/` later; for an owner `/certificates/collections/change_owner/` and the current and the new role; " +
			"to delete `/certificates/collections/delete/`. Command 10 calls them *Certificates: Import*, *Read*, *Edit Metadata*, *Delete*.",
		Attributes: attributes,
	}
}

func importedCertificateArguments() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"certificate": schema.StringAttribute{
			Optional: true, Sensitive: true,
			MarkdownDescription: "The certificate file's content: PEM text (`file(\"web.pem\")`), or base64 of a PEM, DER, PKCS#12 or PKCS#7 file (`filebase64(\"web.pfx\")`). " +
				"The format is detected. It is kept in state, as it is: for a file with a private key use `certificate_wo`. " +
				"Exactly one of `certificate` and `certificate_wo`.",
		},
		"certificate_wo": schema.StringAttribute{
			Optional: true, Sensitive: true, WriteOnly: true,
			MarkdownDescription: "As `certificate`, but never in plan or state; may come from an ephemeral value. " +
				"A changed file is noticed by its thumbprint; there is no version argument to change along with it.",
		},
		"password": schema.StringAttribute{
			Optional: true, Sensitive: true,
			MarkdownDescription: "The password of a PKCS#12 file; an empty one is a password. It is kept in state in clear: `password_wo` is not. At most one of the two.",
		},
		"password_wo": schema.StringAttribute{
			Optional: true, Sensitive: true, WriteOnly: true,
			MarkdownDescription: "As `password`, but never in plan or state.",
		},
		"metadata": schema.MapAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "Metadata fields by name. Only the fields named here are managed; others set in Command are left alone, and a field taken out is cleared. " +
				"Names compare case-insensitively. `\"\"` is a managed, empty field; null a field that is not managed. The fields must exist in Command.",
		},
		"store_ids": schema.SetAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "GUIDs of the certificate stores to install the certificate into. A store taken out keeps the certificate: Command's import cannot remove it.",
		},
		"store_types": schema.SetNestedAttribute{
			Optional:            true,
			MarkdownDescription: "How to install into the stores of each type, one object per store type; needs `store_ids`. A change sends all stores again.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"store_type_id": schema.Int64Attribute{Required: true, MarkdownDescription: "The store type's number in Command."},
				"alias":         schema.StringAttribute{Optional: true, MarkdownDescription: "The name of the certificate in the store."},
				"overwrite":     schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether a certificate under the same alias is replaced. Not set means `false`."},
				"properties": schema.StringAttribute{
					Optional: true, Sensitive: true,
					MarkdownDescription: "What the store type asks for besides, as JSON text: an array of objects (`jsonencode([{ ... }])`). It may hold passwords and is kept in state.",
				},
			}},
		},
		"schedule": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "When to install into the stores, an RFC 3339 time such as `2026-12-01T02:00:00Z`; sent in UTC. Not set means at once. Needs `store_ids`. " +
				"A time more than five minutes past is an error where a store is new in the plan. A change alone sends nothing: jobs that exist already stay.",
		},
		"owner_role_id": schema.Int64Attribute{
			Optional:            true,
			MarkdownDescription: "The security role that owns the certificate, by id; Command 12 and later. At most one of `owner_role_id` and `owner_role_name`; taken out, the owner is removed.",
		},
		"owner_role_name": schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "The security role that owns the certificate, by name (case-insensitive); Command 12 and later.",
		},
		"collection_id": schema.Int64Attribute{
			Optional:            true,
			MarkdownDescription: "The certificate collection through which the certificate is read and changed, for callers whose permission is on one collection only.",
		},
		"on_destroy": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "What happens in Command on destroy: `" + strings.Join(onDestroyValues, "` or `") + "`. Not set: a certificate that was there before this resource " +
				"(`preexisting`), or that Command still lists in a store, is kept; any other is deleted with its stored private key. `delete` deletes in any case. What counts is the value in state: apply a change before destroying.",
		},
		"timeouts": timeoutsAttribute(),
	}
}

func timeoutsAttribute() schema.Attribute {
	duration := func(description string) schema.Attribute {
		return schema.StringAttribute{Optional: true, Validators: []validator.String{argument.Duration()}, MarkdownDescription: description}
	}
	return schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: "How long one operation may take as a whole, all its requests and their repetitions together.",
		Attributes: map[string]schema.Attribute{
			"create": duration("How long creating may take, a duration such as `30s` or `10m`; 20m if not set."),
			"read":   duration("How long reading may take; 5m if not set."),
			"update": duration("How long updating may take; 20m if not set."),
			"delete": duration("How long deleting may take; 10m if not set."),
		},
	}
}

func importedCertificateFacts() map[string]schema.Attribute {
	text := func(description string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	return map[string]schema.Attribute{
		"thumbprint": text("SHA-1 of the certificate, upper-case hex, known at plan time. Another thumbprint replaces the resource. " +
			"If an apply ends with \"inconsistent final plan\" on `.thumbprint`, the file changed after the plan was made: plan again."),
		"thumbprint_sha256": text("SHA-256 of the certificate, upper-case hex."),
		"format":            text("The file's format: `pem`, `der`, `pkcs12` or `pkcs7`."),
		"subject":           text("The certificate's subject (RFC 4514)."),
		"issuer":            text("The certificate's issuer (RFC 4514)."),
		"serial_number":     text("The certificate's serial number, upper-case hex."),
		"dns_names": schema.ListAttribute{Computed: true, ElementType: types.StringType,
			MarkdownDescription: "The DNS names among the certificate's subject alternative names, in the order of the certificate."},
		"not_before":    text("From when the certificate is valid (RFC 3339, UTC)."),
		"not_after":     text("Until when the certificate is valid (RFC 3339, UTC)."),
		"key_algorithm": text("The kind of the public key: `RSA`, `RSA-PSS`, `ECDSA`, `Ed25519`, `Ed448`, `DSA`, else the dotted OID."),
		"has_private_key": schema.BoolAttribute{Computed: true,
			MarkdownDescription: "Whether the file brings a private key to Command, which only PKCS#12 does. Becomes `false` when the key was removed in Command."},
	}
}

func importedCertificateAnswers() map[string]schema.Attribute {
	number := func(description string) schema.Attribute {
		return schema.Int64Attribute{Computed: true, MarkdownDescription: description}
	}
	text := func(description string) schema.Attribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	return map[string]schema.Attribute{
		"id": number("Command's id of the certificate. Null until it could be read."),
		"preexisting": schema.BoolAttribute{Computed: true,
			MarkdownDescription: "Whether Command had the certificate before this resource imported it. Such a certificate is kept on destroy unless `on_destroy` says otherwise."},
		"import_status": number("The number that Command answered to the last import; its meaning is not published."),
		"job_status":    number("The number that Command answered for the store jobs of the last import; its meaning is not published."),
		"invalid_key_stores": schema.ListNestedAttribute{
			Computed: true,
			MarkdownDescription: "The stores that refused the certificate, `[]` when none did. While one of them is still in `store_ids`, every plan proposes to try it again. " +
				"A `postcondition` on its length makes a refused store an error.",
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"store_id":       text("The store's GUID."),
				"client_machine": text("The machine of the store."),
				"store_path":     text("The store's path on that machine."),
				"alias":          text("The alias under which it was to be installed."),
				"reason":         number("The vendor's number of the reason; its meaning is not published."),
				"explanation":    text("The vendor's explanation."),
			}},
		},
	}
}

func (r *importedCertificateResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"thumbprint": identityschema.StringAttribute{
			RequiredForImport: true,
			Description:       "SHA-1 thumbprint of the certificate, hex.",
		},
	}}
}
