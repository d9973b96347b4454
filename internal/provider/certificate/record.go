package certificate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// record is what the resource remembers beside its state, in Terraform's
// private state. It never holds anything made from a password or a key alone.
type record struct {
	// Digest is the SHA-256 of the content as last applied, "" after an import
	// into state: content with this digest is known and need not be parsed.
	Digest string `json:"digest,omitempty"`
	// BringsKey: that content brings a private key to Command.
	BringsKey bool `json:"brings_key,omitempty"`
	// Host is the endpoint's host and port at the time of import.
	Host string `json:"host,omitempty"`
	// Answered holds the metadata fields that the server returned otherwise
	// than they were written, with what it returned.
	Answered map[string]string `json:"answered,omitempty"`
	// SeenKey: an earlier read saw the private key in Command.
	SeenKey bool `json:"seen_key,omitempty"`
	// OwnerID and OwnerName are the owner that this resource set, as the server returned it.
	OwnerID   *int64  `json:"owner_id,omitempty"`
	OwnerName *string `json:"owner_name,omitempty"`
	// OwnerHidden: the server does not return the owner to this caller.
	OwnerHidden bool `json:"owner_hidden,omitempty"`
	// Importing: the object is being imported into state and not read yet.
	Importing bool `json:"importing,omitempty"`
	// Adopted: the object came by import into state and was not applied since.
	Adopted bool `json:"adopted,omitempty"`
	// Unsettled: nobody knows whether the import was carried out.
	Unsettled bool `json:"unsettled,omitempty"`
}

const recordKey = "record"

// privateReader and privateWriter are what the framework's requests and
// responses offer; its own type lies in an internal package.
type (
	privateReader interface {
		GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
	}
	privateWriter interface {
		SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
	}
)

func loadRecord(ctx context.Context, private privateReader) (record, diag.Diagnostics) {
	var r record
	data, diags := private.GetKey(ctx, recordKey)
	if len(data) == 0 || diags.HasError() {
		return r, diags
	}
	if err := json.Unmarshal(data, &r); err != nil {
		// Another version's record: knowing nothing is safe, everything is looked at again.
		return record{}, diags
	}
	return r, diags
}

func (r record) save(ctx context.Context, private privateWriter) diag.Diagnostics {
	data, err := json.Marshal(r)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic("Unable to encode the private state", err.Error())}
	}
	return private.SetKey(ctx, recordKey, data)
}

func digest(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}
