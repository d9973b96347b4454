package keyfactor

import (
	"context"
	"fmt"
	"regexp"
	"strings"
)

// Claim is what a token or login has to bring for a role: the replacement of
// identities from Command 11 on.
type Claim struct {
	ID          int64   `json:"Id"`
	ClaimType   *string // a name, e.g. "OAuthSubject"
	ClaimValue  *string
	Description *string
	Provider    *ClaimProvider
}

// ClaimProvider is the identity provider that a claim comes from.
type ClaimProvider struct {
	ID                   *string `json:"Id"` // GUID
	AuthenticationScheme *string
	DisplayName          *string
}

// Scheme is the provider's authentication scheme, nil where none was sent.
func (c *Claim) Scheme() *string {
	if c.Provider == nil {
		return nil
	}
	return c.Provider.AuthenticationScheme
}

// ClaimFilter selects claims by whole values, which compare
// case-insensitively; nil selects all.
type ClaimFilter struct {
	ClaimType   *string
	ClaimValue  *string
	Description *string
}

// Claims lists the claims that the filter selects. It needs Command 11, else
// there is a [*VersionError]. Permission: /security/read/.
func (c *Client) Claims(ctx context.Context, f ClaimFilter) ([]Claim, error) {
	const feature = "claims"
	if err := c.needsClaims(feature); err != nil {
		return nil, err
	}
	rows, err := selected(ctx, c, claimListing(f.query()), f.matches)
	if err == nil && len(rows) == 0 && f.ClaimType != nil {
		// How a query spells the type is not published: answers use names,
		// requests to create one use numbers. So the rest of the query selects,
		// and the type is compared here.
		untyped := f
		untyped.ClaimType = nil
		rows, err = selected(ctx, c, claimListing(untyped.query()), f.matches)
	}
	if err != nil {
		if older := c.needsClaims(feature); older != nil {
			return nil, older
		}
		return nil, err
	}
	return rows, nil
}

func claimListing(query string) listing[Claim] {
	return listing[Claim]{
		path: "Security/Claims", query: query,
		// The documented default, the provider, is the same for many claims.
		sort: "ClaimValue", sortIsOurs: true,
		id: func(c *Claim) int64 { return c.ID },
	}
}

// query is the filter in Command's own language, without the values that
// cannot be put into it. An empty value is left out too: whether it finds a
// field that is null is not published, and here it does.
func (f ClaimFilter) query() string {
	var terms []string
	add := func(field string, value *string) {
		if value != nil && *value != "" && !unsafeInQuery(*value) {
			terms = append(terms, fmt.Sprintf(`%s -eq "%s"`, field, *value))
		}
	}
	add("ClaimType", f.ClaimType)
	add("ClaimValue", f.ClaimValue)
	add("Description", f.Description)
	return strings.Join(terms, " AND ")
}

// tokens are what Command replaces in a query by the caller's name or a date.
var tokens = regexp.MustCompile(`(?i)%(ME|TODAY)[^%]*%`)

// unsafeInQuery tells that a value would not be compared as it is: a quotation
// mark ends it, a token stands for something else.
func unsafeInQuery(value string) bool {
	return strings.Contains(value, `"`) || tokens.MatchString(value)
}

func (f ClaimFilter) matches(c *Claim) bool {
	same := func(want, got *string) bool {
		return want == nil || got != nil && strings.EqualFold(*want, *got) || got == nil && *want == ""
	}
	return same(f.ClaimType, c.ClaimType) && same(f.ClaimValue, c.ClaimValue) && same(f.Description, c.Description)
}
