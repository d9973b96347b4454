package simulator

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// identityPermission is what listing identities needs: the 10.x pages say SecuritySettings: Read, newer ones
// /security/modify/ (contract 4.1).
func (c *call) identityPermission() string {
	if c.o.major() < 11 {
		return "/security/read/"
	}
	return "/security/modify/"
}

var identitySorts = map[string]func(a, b *Identity) int{
	"":   func(a, b *Identity) int { return a.ID - b.ID },
	"id": func(a, b *Identity) int { return a.ID - b.ID },
	"accountname": func(a, b *Identity) int {
		return strings.Compare(strings.ToLower(a.AccountName), strings.ToLower(b.AccountName))
	},
	"identitytype": func(a, b *Identity) int { return strings.Compare(a.IdentityType, b.IdentityType) },
	"sid":          func(a, b *Identity) int { return strings.Compare(a.SID, b.SID) },
}

// listIdentities is GET /Security/Identities: it has no filter, a queryString is not used (contract 4.1).
func (c *call) listIdentities(string) {
	if !c.allowed(c.identityPermission(), 0) {
		return
	}
	p := c.page()
	p.query = ""
	validate := p.flag("validate", true)
	c.fact("validate", validate)
	w := c.s.world
	w.mu.Lock() // for the caches of sorted identities and of roles
	defer w.mu.Unlock()
	list := selection[*Identity]{sorts: identitySorts}
	if _, ok := parsed(c, &p, list); !ok {
		return
	}
	rows := w.identitiesBy(p, list)
	from, to := p.cut(len(rows))
	c.total(len(rows))
	body := make([]byte, 0, 1+(to-from)*1200)
	body = append(body, '[')
	for i, row := range rows[from:to] {
		if i > 0 {
			body = append(body, ',')
		}
		body = w.appendIdentity(body, row, validate)
	}
	c.rawJSON(http.StatusOK, append(body, ']'))
}

// identitiesBy sorts all identities; the order is kept until an identity changes.
func (w *world) identitiesBy(p page, list selection[*Identity]) []*Identity {
	key := p.sort + strconv.FormatBool(p.descending && !p.ignored)
	if w.orders[key] == nil {
		if w.orders == nil {
			w.orders = map[string][]*Identity{}
		}
		w.orders[key] = sorted(&p, list, slices.Clone(w.identities))
	}
	return w.orders[key]
}

// appendIdentity writes an identity with its roles. Roles are marshalled once, not for each identity: a list of tens
// of thousands must not cost more here than in the client that is measured.
func (w *world) appendIdentity(out []byte, i *Identity, validate bool) []byte {
	out = append(out, `{"Id":`...)
	out = strconv.AppendInt(out, int64(i.ID), 10)
	out = append(append(out, `,"AccountName":`...), quoted(i.AccountName)...)
	out = append(append(out, `,"IdentityType":`...), quoted(i.IdentityType)...)
	out = append(out, `,"Roles":[`...)
	for n, id := range i.RoleIDs {
		if n > 0 {
			out = append(out, ',')
		}
		out = append(out, w.roleText(id)...)
	}
	out = append(out, `],"Valid":`...)
	out = strconv.AppendBool(out, i.Valid || !validate)
	out = append(append(out, `,"SID":`...), quoted(i.SID)...)
	return append(out, '}')
}

func quoted(s string) []byte {
	b, _ := json.Marshal(s) // text always marshals
	return b
}

// roleText is a role inside an identity: its members are not repeated there.
func (w *world) roleText(id int) []byte {
	if w.roleJSON[id] == nil {
		if w.roleJSON == nil {
			w.roleJSON = map[int][]byte{}
		}
		text := []byte("{}")
		if r := w.role(id); r != nil {
			text, _ = json.Marshal(r.legacy(nil))
		}
		w.roleJSON[id] = text
	}
	return w.roleJSON[id]
}

type legacyIdentity struct {
	Id                        int
	AccountName, IdentityType string
	Roles                     []legacyRole
	Valid                     bool
	SID                       string
}

// legacyRole is a role in version 1 of the API.
type legacyRole struct {
	Id                                 int
	Description                        string
	EmailAddress                       *string
	Enabled, Immutable, Valid, Private bool
	PermissionSetId                    string
	Identities                         []legacyIdentity
	Name                               string
	Permissions                        []string
}

func (r *Role) legacy(members []legacyIdentity) legacyRole {
	if members == nil {
		members = []legacyIdentity{}
	}
	return legacyRole{
		Id: r.ID, Name: r.Name, Description: r.Description, EmailAddress: optional(r.EmailAddress), Enabled: r.Enabled,
		Immutable: r.Immutable, Valid: r.Valid, Private: r.Private, PermissionSetId: r.PermissionSetID,
		Permissions: r.LegacyPermissions, Identities: members,
	}
}

func (w *world) members(role int) []legacyIdentity {
	var out []legacyIdentity
	for _, i := range w.identities {
		if slices.Contains(i.RoleIDs, role) {
			out = append(out, legacyIdentity{i.ID, i.AccountName, i.IdentityType, []legacyRole{}, i.Valid, i.SID})
		}
	}
	return out
}

func roleList() selection[*Role] {
	byName := func(a, b *Role) int { return strings.Compare(a.Name, b.Name) }
	return selection[*Role]{
		columns: fields[*Role]{"name": func(r *Role) value { return textValue(r.Name) }},
		sorts: map[string]func(a, b *Role) int{
			"": byName, "name": byName, "id": func(a, b *Role) int { return a.ID - b.ID },
		},
	}
}

// listRoles is GET /Security/Roles in both versions (contract 4.3).
func (c *call) listRoles(string) {
	if !c.allowed("/security/read/", 0) {
		return
	}
	w := c.s.world
	w.mu.RLock()
	defer w.mu.RUnlock()
	p := c.page()
	rows, ok := selectRows(c, &p, roleList(), w.roles)
	if !ok {
		return
	}
	if c.apiVersion() == 1 {
		sendPage(c, &p, rows, func(r *Role) legacyRole { return r.legacy(w.members(r.ID)) })
		return
	}
	type answer struct {
		Id              int
		Name            string
		EmailAddress    *string
		Immutable       bool
		PermissionSetId string
		ClaimsCount     int
	}
	sendPage(c, &p, rows, func(r *Role) answer {
		return answer{r.ID, r.Name, optional(r.EmailAddress), r.Immutable, r.PermissionSetID, len(w.claimsOf(r.ID))}
	})
}

func (w *world) claimsOf(role int) []claimAnswer {
	out := []claimAnswer{}
	for _, claim := range w.claims {
		if slices.Contains(claim.RoleIDs, role) {
			out = append(out, claim.answer())
		}
	}
	return out
}

// getRole is GET /Security/Roles/{id}: version 1 has identities, version 2 claims.
func (c *call) getRole(text string) {
	id, ok := c.id(text)
	if !ok || !c.allowed("/security/read/", 0) {
		return
	}
	w := c.s.world
	w.mu.RLock()
	defer w.mu.RUnlock()
	r := w.role(id)
	if r == nil {
		c.notFound("Security Role", id)
		return
	}
	if c.apiVersion() == 1 {
		c.json(http.StatusOK, r.legacy(w.members(id)))
		return
	}
	c.json(http.StatusOK, struct {
		Id                int
		Name, Description string
		EmailAddress      *string
		Immutable         bool
		PermissionSetId   string
		Permissions       []string
		Claims            []claimAnswer
	}{r.ID, r.Name, r.Description, optional(r.EmailAddress), r.Immutable, r.PermissionSetID, r.Permissions, w.claimsOf(id)})
}

type claimAnswer struct {
	Id                                 int
	Description, ClaimType, ClaimValue string
	Provider                           claimProvider
}

type claimProvider struct{ Id, AuthenticationScheme, DisplayName string }

func (c *Claim) answer() claimAnswer {
	return claimAnswer{
		c.ID, c.Description, c.ClaimType, c.ClaimValue,
		claimProvider{c.ProviderID, c.AuthenticationScheme, c.ProviderTitle},
	}
}

// listClaims is GET /Security/Claims (contract 4.4).
func (c *call) listClaims(string) {
	if !c.allowed("/security/read/", 0) {
		return
	}
	byProvider := func(a, b *Claim) int { return strings.Compare(a.AuthenticationScheme, b.AuthenticationScheme) }
	list := selection[*Claim]{
		columns: fields[*Claim]{
			"claimtype":    func(x *Claim) value { return textValue(x.ClaimType) },
			"claimvalue":   func(x *Claim) value { return textValue(x.ClaimValue) },
			"description":  func(x *Claim) value { return textValue(x.Description) },
			"adclaimvalue": func(x *Claim) value { return textValue(x.ClaimValue) },
		},
		sorts: map[string]func(a, b *Claim) int{
			"": byProvider, "provider": byProvider,
			"claimtype":   func(a, b *Claim) int { return strings.Compare(a.ClaimType, b.ClaimType) },
			"claimvalue":  func(a, b *Claim) int { return strings.Compare(a.ClaimValue, b.ClaimValue) },
			"description": func(a, b *Claim) int { return strings.Compare(a.Description, b.Description) },
		},
	}
	w := c.s.world
	w.mu.RLock()
	defer w.mu.RUnlock()
	p := c.page()
	rows, ok := selectRows(c, &p, list, w.claims)
	if !ok {
		return
	}
	sendPage(c, &p, rows, (*Claim).answer)
}

func (c *call) getClaim(text string) {
	id, ok := c.id(text)
	if !ok || !c.allowed("/security/read/", 0) {
		return
	}
	w := c.s.world
	w.mu.RLock()
	defer w.mu.RUnlock()
	for _, claim := range w.claims {
		if claim.ID == id {
			c.json(http.StatusOK, claim.answer())
			return
		}
	}
	c.notFound("Security Claim", id)
}

// my is GET /Security/My: who the caller is; no permission is needed (contract 4.5).
func (c *call) my(string) {
	type permission struct{ Area, Permission string }
	w := c.s.world
	w.mu.RLock()
	defer w.mu.RUnlock()
	roles, permissions := []string{}, []permission{}
	for _, r := range w.roles {
		if c.account.holds(r.Name) {
			roles = append(roles, r.Name)
		}
	}
	for _, p := range c.account.global() {
		area, rest, _ := strings.Cut(strings.Trim(p, "/"), "/")
		permissions = append(permissions, permission{area, rest})
	}
	c.json(http.StatusOK, struct {
		Roles             []string
		GlobalPermissions []permission
	}{roles, permissions})
}
