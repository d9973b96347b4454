package keyfactor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"strings"
)

// Role is a security role. What a server does not send is nil: version 1 of
// the endpoint knows neither claims nor their number, version 2 neither
// Enabled, Valid, Private nor identities, and its list neither descriptions
// nor permissions.
type Role struct {
	ID              int64 `json:"Id"`
	Name            string
	Description     *string
	EmailAddress    *string
	Enabled         *bool
	Immutable       *bool
	Valid           *bool
	Private         *bool
	PermissionSetID *string `json:"PermissionSetId"` // GUID

	// Permissions are "Area:Permission" in version 1, "/security/modify/" in version 2.
	Permissions []string

	// Identities are the role's members on Active Directory (version 1).
	Identities []RoleMember
	// Claims are the role's members from Command 11 on (version 2 of a single role).
	Claims      []Claim
	ClaimsCount *int64 // version 2 of the list
}

// RoleMember is an identity as a role lists it.
type RoleMember struct {
	ID           int64 `json:"Id"`
	AccountName  string
	IdentityType *string
	SID          *string
}

const rolesPath = "Security/Roles"

// RoleListOptions select roles.
type RoleListOptions struct {
	// APIVersion is 1 (0 means 1) or, from Command 11 on, 2.
	APIVersion int
	// Query is in Command's own language, e.g. `Name -contains "PKI"`; "" lists all.
	Query    string
	PageSize int // 0 means DefaultPageSize
}

// Roles lists security roles, sorted by name. Permission: "SecuritySettings:
// Read" in Command 10, /security/read/ from 11 on.
func (c *Client) Roles(ctx context.Context, o RoleListOptions) ([]Role, error) {
	if o.APIVersion > 1 {
		if err := c.needsClaims("roles of API version 2"); err != nil {
			return nil, err
		}
	}
	return list(ctx, c, roleListing(o))
}

func roleListing(o RoleListOptions) listing[Role] {
	return listing[Role]{
		path: rolesPath, apiVersion: o.APIVersion, query: o.Query,
		// The documented default, and unique.
		sort: "Name", sortIsOurs: true,
		pageSize: o.PageSize,
		id:       func(r *Role) int64 { return r.ID },
	}
}

// Role reads one role with its members; [IsNotFound] recognises that it does
// not exist. apiVersion is 1 (identities) or, from Command 11 on, 2 (claims).
func (c *Client) Role(ctx context.Context, id int64, apiVersion int) (*Role, error) {
	if apiVersion > 1 {
		if err := c.needsClaims("claims of a role"); err != nil {
			return nil, err
		}
	}
	var role Role
	err := c.do(ctx, call{
		method: http.MethodGet, path: rolesPath + "/" + strconv.FormatInt(id, 10), apiVersion: apiVersion,
	}, &role)
	if err != nil {
		return nil, err
	}
	if role.ID != id {
		return nil, fmt.Errorf("GET %s/%d: the server answered the role with the id %d, which was not asked for", rolesPath, id, role.ID)
	}
	return &role, nil
}

// AmbiguousRoleError means that several roles have the name asked for.
type AmbiguousRoleError struct {
	Name string
	IDs  []int64
}

func (e *AmbiguousRoleError) Error() string {
	return fmt.Sprintf("%d security roles are named %q", len(e.IDs), e.Name)
}

// RoleByName finds a role as the list shows it, by its name, which compares
// case-insensitively; one in the same case wins. It asks with the server's
// query, and compares every role here where the name cannot be put into a
// query or the server ignores it. It returns nil and no error when there is no
// such role, and an [*AmbiguousRoleError] when there are several.
func (c *Client) RoleByName(ctx context.Context, name string) (*Role, error) {
	rows, err := c.rolesNamed(ctx, name, 1)
	if len(rows) == 0 {
		rows, err = c.addNewer(nil, err, func() ([]Role, error) { return c.rolesNamed(ctx, name, 2) })
	}
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	if len(rows) == 1 {
		return &rows[0], nil
	}
	ambiguous := &AmbiguousRoleError{Name: name}
	for i := range rows {
		if rows[i].Name == name {
			return &rows[i], nil
		}
		ambiguous.IDs = append(ambiguous.IDs, rows[i].ID)
	}
	return nil, ambiguous
}

// AllRoles lists the roles of both API versions, each once. Version 1 says most
// about a role, but is documented for Active Directory only and is deprecated
// since Command 11; from there on version 2 adds the roles that it leaves out.
func (c *Client) AllRoles(ctx context.Context) ([]Role, error) {
	roles, err := c.Roles(ctx, RoleListOptions{})
	return c.addNewer(roles, err, func() ([]Role, error) { return c.Roles(ctx, RoleListOptions{APIVersion: 2}) })
}

// addNewer adds what newer lists to the roles of version 1, where the server
// has version 2, or may have it. err is what version 1 failed with.
func (c *Client) addNewer(roles []Role, err error, newer func() ([]Role, error)) ([]Role, error) {
	if err != nil && !IsNotOffered(err) {
		return nil, err
	}
	if c.olderThanClaims() {
		return roles, err
	}
	more, newerErr := newer()
	if newerErr != nil {
		if err == nil && IsNotOffered(newerErr) {
			return roles, nil
		}
		return nil, newerErr
	}
	known := make(map[int64]bool, len(roles))
	for i := range roles {
		known[roles[i].ID] = true
	}
	added := false
	for i := range more {
		if !known[more[i].ID] {
			roles = append(roles, more[i])
			added = true
		}
	}
	if added {
		sort.SliceStable(roles, func(i, j int) bool {
			return strings.ToLower(roles[i].Name) < strings.ToLower(roles[j].Name)
		})
	}
	return roles, nil
}

// IsNotOffered tells whether err is how a server may refuse a version of an
// endpoint that it does not have; no answer for that is documented.
func IsNotOffered(err error) bool {
	switch StatusOf(err) {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone, http.StatusNotImplemented:
		return true
	}
	return false
}

func (c *Client) rolesNamed(ctx context.Context, name string, apiVersion int) ([]Role, error) {
	l := roleListing(RoleListOptions{APIVersion: apiVersion})
	if !unsafeInQuery(name) {
		l.query = fmt.Sprintf(`Name -eq "%s"`, name)
	}
	return selected(ctx, c, l, func(r *Role) bool { return strings.EqualFold(r.Name, name) })
}

// selected lists the rows for which match holds, by the listing's query. Where
// the server answers other rows it ignored the query, and where it refuses the
// query it does not know it: then all rows are read and compared here.
func selected[T any](ctx context.Context, c *Client, l listing[T], match func(*T) bool) ([]T, error) {
	rows, err := list(ctx, c, l)
	if l.query != "" && refusedQuery(err) {
		l.query = ""
		rows, err = list(ctx, c, l)
	}
	if err != nil {
		return nil, err
	}
	var matching []T
	for i := range rows {
		if match(&rows[i]) {
			matching = append(matching, rows[i])
		}
	}
	return matching, nil
}

func refusedQuery(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == http.StatusBadRequest && e.Code != codeInvalidSort
}
