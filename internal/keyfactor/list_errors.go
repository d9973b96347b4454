package keyfactor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
)

// ListChangedError means that a list changed while its pages were read, twice
// in a row, so that what was read may lack rows.
type ListChangedError struct {
	Path   string // below the API path
	Reason string // what was noticed
	ID     int64  // the row that was listed twice, where that is the reason
	// Rows and Total are the number expected or read, and the number that the
	// server named, where that is the reason.
	Rows, Total int64
}

const (
	reasonTotal    = "the total changed between two pages"
	reasonRepeated = "an entry was on two pages"
	reasonShort    = "the pages held another number of entries than the server's total"
	reasonMoved    = "a page was not the same when it was read again"
)

func (e *ListChangedError) Error() string {
	text := fmt.Sprintf("GET %s: the list changed while its pages were read: %s", e.Path, e.Reason)
	switch e.Reason {
	case reasonRepeated:
		text += fmt.Sprintf(" (id %d)", e.ID)
	case reasonTotal, reasonShort:
		text += fmt.Sprintf(" (%d, then %d)", e.Rows, e.Total)
	}
	return text
}

// PagingError means that the server does not page: it answered the same first
// row to different pages, in both spellings of the parameters, or had no end.
type PagingError struct {
	Path  string // below the API path
	Pages int    // how many pages were read without an end; 0 for the first reason
}

func (e *PagingError) Error() string {
	if e.Pages > 0 {
		return fmt.Sprintf("GET %s: the list has not ended after %d pages", e.Path, e.Pages)
	}
	return fmt.Sprintf("GET %s: the server ignored the paging parameters: it answered the same first entry to different pages", e.Path)
}

// TooManyRowsError means that an answer held far more entries than were asked
// for. The rest of it was not read.
type TooManyRowsError struct {
	Method, Path, Host string // of the request, without query
	Asked              int    // how many were asked for at most; 0 for an answer that is no list
	Most               int    // how many are read at most
}

func (e *TooManyRowsError) Error() string {
	asked := "no list was asked for"
	if e.Asked > 0 {
		asked = fmt.Sprintf("at most %d entries were asked for", e.Asked)
	}
	return fmt.Sprintf("%s %s on %s: %s, and the server answered more than %d. Nothing of the answer was used. "+
		"Check that the endpoint is Command's own API and that nothing on the way (a proxy, a gateway) drops the query", e.Method, e.Path, e.Host, asked, e.Most)
}

// VersionError means that the server is too old for what was asked.
type VersionError struct {
	Feature string // e.g. "claims"
	Needs   int    // the first major version that has it
	Seen    string // the server's product version
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("%s exist from Keyfactor Command %d on; this server is version %s", e.Feature, e.Needs, e.Seen)
}

// withClaims is the first version that has claims, and roles made of them.
const withClaims = 11

// needsClaims returns a *VersionError when the server is known to be older than
// claims.
func (c *Client) needsClaims(feature string) error {
	if c.olderThanClaims() {
		return &VersionError{Feature: feature, Needs: withClaims, Seen: c.ProductVersion()}
	}
	return nil
}

func (c *Client) olderThanClaims() bool {
	major := c.Major()
	return major != 0 && major < withClaims
}

type listCause int

const (
	causeOther listCause = iota
	causePaging
	causeChanged
	causeRepeated
	causeSort
)

// cause tells what a read of a list failed by.
func cause(err error) listCause {
	var paging *PagingError
	var changed *ListChangedError
	var refused *Error
	switch {
	case errors.As(err, &paging) && paging.Pages == 0:
		return causePaging
	case errors.As(err, &changed) && changed.Reason == reasonRepeated:
		return causeRepeated
	case errors.As(err, &changed):
		return causeChanged
	case errors.As(err, &refused) && refused.Status == http.StatusBadRequest && refused.Code == codeInvalidSort:
		return causeSort
	}
	return causeOther
}

// codeInvalidSort is Command's ErrorCode for a SortField that it does not know,
// as seen on 25.5.
const codeInvalidSort = "0xA011004A"

// tooMuch tells that a smaller page may do, while the caller still waits: the
// answer took too long, for the connection or for a proxy in front of Command,
// or was larger than the transport allows.
func tooMuch(ctx context.Context, err error) bool {
	if err == nil || ctx.Err() != nil {
		return false
	}
	switch StatusOf(err) {
	case http.StatusRequestTimeout, http.StatusGatewayTimeout:
		return true
	}
	var limit *transport.LimitError
	if errors.As(err, &limit) {
		return strings.HasPrefix(limit.What, "bytes")
	}
	var slow *transport.TimeoutError
	return errors.As(err, &slow) && slow.Phase != "connecting"
}
