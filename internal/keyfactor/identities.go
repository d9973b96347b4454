package keyfactor

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"sync"
)

// Identity is a user or group of Active Directory that Command knows. From
// Command 11 on only these legacy identities are listed; see [Client.Claims]
// for what replaces them.
type Identity struct {
	ID           int64
	AccountName  string // DOMAIN\name, with one backslash
	IdentityType string // "User" or "Group"
	Valid        *bool
	SID          *string // not sent by 10.5

	// Roles are shared: identities with the same role hold the same object,
	// which must not be changed.
	Roles []*Role
}

// IdentityListOptions select how identities are listed; the API has no filter.
type IdentityListOptions struct {
	// Validate false lets the server skip its check of each identity's audit
	// record; nil leaves it to the server, which checks.
	Validate *bool

	SortField  string // "" means "Id"
	Descending bool
	// AnyOrder says that the order does not matter, unless SortField is set:
	// then newest first is asked for, which takes the fewest requests.
	AnyOrder bool
	PageSize int // 0 means DefaultPageSize
}

// Identities lists all identities. Permission: "SecuritySettings: Read" in
// Command 10, /security/modify/ from 11 on.
func (c *Client) Identities(ctx context.Context, o IdentityListOptions) ([]Identity, error) {
	l := listing[Identity]{
		path: "Security/Identities",
		sort: o.SortField, sortIsOurs: o.SortField == "",
		descending: o.Descending, pageSize: o.PageSize,
		proof: o.SortField != "" || o.Descending,
		more:  validate(o.Validate),
		id:    func(i *Identity) int64 { return i.ID },
	}
	if l.sort == "" {
		l.sort, l.byID = "Id", true
	}
	if l.sortIsOurs && o.AnyOrder {
		l.descending, l.proof = true, false
	}
	shared := &sharedRoles{byText: map[string]*Role{}}
	l.row = func() decodeRow[Identity] {
		var wire identityWire // kept from row to row for its buffers
		return func(d *json.Decoder, into *Identity) error {
			wire = identityWire{Roles: wire.Roles[:0]}
			if err := decodeOne(d, &wire); err != nil {
				return err
			}
			roles, err := shared.all(wire.Roles)
			*into = Identity{
				ID: wire.ID, AccountName: wire.AccountName, IdentityType: known(wire.IdentityType),
				Valid: sharedBool(wire.Valid), SID: wire.SID, Roles: roles,
			}
			return err
		}
	}
	return list(ctx, c, l)
}

func validate(v *bool) func(bool) url.Values {
	if v == nil {
		return nil
	}
	return func(bool) url.Values { return url.Values{"Validate": {strconv.FormatBool(*v)}} }
}

type identityWire struct {
	ID           int64 `json:"Id"`
	AccountName  string
	IdentityType string
	Valid        *bool
	SID          *string
	Roles        []json.RawMessage
}

// sharedRoles keeps one object for each role, however many identities have it:
// the answer repeats the whole role in each. Decoding a role once and then
// recognising its text saves most of the time as well.
type sharedRoles struct {
	mu     sync.RWMutex
	byText map[string]*Role
}

func (s *sharedRoles) all(texts []json.RawMessage) ([]*Role, error) {
	if texts == nil {
		return nil, nil
	}
	roles := make([]*Role, len(texts))
	for i, text := range texts {
		role, err := s.one(text)
		if err != nil {
			return nil, err
		}
		roles[i] = role
	}
	return roles, nil
}

func (s *sharedRoles) one(text []byte) (*Role, error) {
	s.mu.RLock()
	role := s.byText[string(text)]
	s.mu.RUnlock()
	if role != nil {
		return role, nil
	}
	role = new(Role)
	if !bytes.Equal(text, []byte("null")) {
		if err := json.Unmarshal(text, role); err != nil {
			return nil, err
		}
	}
	// Members are not the business of a list of identities, and would grow with
	// the square of the directory.
	role.Identities = nil
	s.mu.Lock()
	defer s.mu.Unlock()
	if other := s.byText[string(text)]; other != nil {
		return other, nil
	}
	s.byText[string(text)] = role
	return role, nil
}

// known shares the texts of the documented identity types.
func known(identityType string) string {
	switch identityType {
	case "User":
		return "User"
	case "Group":
		return "Group"
	}
	return identityType
}

var sharedTrue, sharedFalse = true, false

func sharedBool(b *bool) *bool {
	switch {
	case b == nil:
		return nil
	case *b:
		return &sharedTrue
	}
	return &sharedFalse
}
