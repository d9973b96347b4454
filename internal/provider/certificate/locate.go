package certificate

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/provider/session"
)

// located is what was found of a certificate in Command.
type located struct {
	row *keyfactor.Certificate // nil when it is gone
	// listed: the row comes from a list, whose HasPrivateKey can be believed.
	listed bool
}

// locator finds the certificate of a state on the server.
type locator struct {
	session      *session.Session
	client       *keyfactor.Client
	id           *int64 // nil when it could not be read back yet
	sha1, sha256 string // sha256 may be ""
	collectionID int64
	host         string // recorded at import, may be ""
	unsettled    bool   // the import may not have been carried out

	// together: many are looked up side by side, and an answer that was read
	// ahead will do.
	together bool
}

// find looks the certificate up by its id. That it is gone is concluded only
// from three answers together: an empty list, Command's own 404, and an empty
// list by thumbprint. With a collection no answer means gone, since the caller
// may just not see it.
func (l locator) find(ctx context.Context) (located, diag.Diagnostics) {
	if l.id == nil {
		return l.byThumbprint(ctx)
	}
	row, err := l.byID(ctx)
	switch {
	case err != nil:
		return located{}, l.failed(err)
	case row != nil:
		return located{row: row, listed: true}, l.check(row)
	case l.collectionID != 0:
		return located{}, l.invisible()
	}
	row, err = l.client.Certificate(ctx, *l.id, 0)
	if err == nil {
		return located{row: row}, l.check(row)
	}
	if !keyfactor.IsNotFound(err) {
		return located{}, l.failed(err)
	}
	return l.byThumbprint(ctx)
}

func (l locator) byID(ctx context.Context) (*keyfactor.Certificate, error) {
	if !l.together {
		return l.client.FindByID(ctx, *l.id, l.collectionID)
	}
	finder := l.client.Finder()
	defer finder.Reading(l.collectionID)()
	return finder.ByID(ctx, *l.id, l.collectionID)
}

func (l locator) byThumbprint(ctx context.Context) (located, diag.Diagnostics) {
	row, err := l.client.FindByThumbprint(ctx, l.sha1, l.sha256, l.collectionID)
	switch {
	case err != nil:
		return located{}, l.failed(err)
	case row != nil:
		return located{row: row, listed: true}, nil
	case l.collectionID != 0 && (l.id != nil || !l.unsettled):
		// What may never have been there counts as gone: importing it again is a success either way.
		return located{}, l.invisible()
	case l.host != "" && l.host != l.session.Host():
		return located{}, diag.Diagnostics{diag.NewErrorDiagnostic("Unable to find the certificate on this server",
			fmt.Sprintf("The certificate %s was imported into Command on %s; %s does not have it. Nothing was changed. "+
				"Check the provider's endpoint. If the certificate really moved, remove it from state (terraform state rm) and import it again.",
				l.sha1, l.host, l.session.Host()))}
	}
	return located{}, nil
}

// check refuses another certificate under the id.
func (l locator) check(row *keyfactor.Certificate) diag.Diagnostics {
	if row.Is(l.sha1, l.sha256) {
		return nil
	}
	other := "the certificate " + l.session.Line(row.Thumbprint)
	switch {
	case row.Thumbprint == "":
		other = "a certificate without a thumbprint"
	case keyfactor.SameThumbprint(row.Thumbprint, l.sha1):
		other = "one with the same SHA-1 thumbprint and another content (its SHA-256 differs from " + l.sha256 + ")"
	}
	return diag.Diagnostics{diag.NewErrorDiagnostic("Unable to read the certificate: another one has its id",
		fmt.Sprintf("State holds the certificate %s under the id %d, but Command has %s there. Nothing was changed. "+
			"Check that the endpoint is the server that the certificate was imported into; if it was restored or rebuilt, "+
			"remove the resource from state (terraform state rm) and import it again.", l.sha1, *l.id, other))}
}

func (l locator) invisible() diag.Diagnostics {
	return diag.Diagnostics{diag.NewErrorDiagnostic("Unable to find the certificate in its collection",
		fmt.Sprintf("The certificate %s is not visible in collection %d. It may have been deleted, or it left the collection. "+
			"Since that cannot be told apart, state is kept. If it is gone, remove it with terraform state rm.", l.sha1, l.collectionID))}
}

func (l locator) failed(err error) diag.Diagnostics {
	return diag.Diagnostics{l.session.Failure("Unable to read the certificate", err, permissionRead)}
}
