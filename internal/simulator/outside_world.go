package simulator

import (
	"slices"
)

// AddIdentity adds an identity behind all others and returns its id; an ID given is ignored.
func (s *Simulator) AddIdentity(i Identity) int {
	w := s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	w.changed()
	i.ID = 1
	if n := len(w.identities); n > 0 {
		i.ID = w.identities[n-1].ID + 1
	}
	w.identities = append(w.identities, &i)
	return i.ID
}

// RemoveIdentity deletes an identity; it tells whether there was one.
func (s *Simulator) RemoveIdentity(id int) bool {
	w := s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	w.changed()
	before := len(w.identities)
	w.identities = slices.DeleteFunc(slices.Clone(w.identities), func(i *Identity) bool { return i.ID == id })
	return len(w.identities) < before
}

// DuplicateIdentity lists an identity a second time, as a careless server may; it tells whether there was one.
func (s *Simulator) DuplicateIdentity(id int) bool {
	w := s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	w.changed()
	at := slices.IndexFunc(w.identities, func(i *Identity) bool { return i.ID == id })
	if at < 0 {
		return false
	}
	w.identities = slices.Insert(slices.Clone(w.identities), at, w.identities[at])
	return true
}

// AddRole adds a security role and returns its id; an ID given is ignored.
func (s *Simulator) AddRole(r Role) int {
	w := s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	w.changed()
	r.ID = w.roles[len(w.roles)-1].ID + 1
	if r.PermissionSetID == "" {
		r.PermissionSetID = guid("permission set")
	}
	w.roles = append(w.roles, &r)
	return r.ID
}

// RenameRole renames a role; it tells whether there was one.
func (s *Simulator) RenameRole(id int, name string) bool {
	w := s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	w.changed()
	r := w.role(id)
	if r != nil {
		r.Name = name
	}
	return r != nil
}

// AddClaim adds a claim and returns its id; an ID given is ignored.
func (s *Simulator) AddClaim(c Claim) int {
	w := s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	c.ID = len(w.claims) + 1
	if c.ProviderID == "" {
		c.ProviderID, c.AuthenticationScheme = guid("provider"), "Keyfactor-Identity-Provider"
	}
	w.claims = append(w.claims, &c)
	return c.ID
}

// AddMetadataField adds a metadata field and returns its id; an ID given is ignored.
func (s *Simulator) AddMetadataField(f MetadataField) int {
	w := s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	f.ID = len(w.fields) + 1
	if f.DisplayOrder == 0 {
		f.DisplayOrder = f.ID
	}
	w.fields = append(w.fields, &f)
	return f.ID
}

// AddStore adds a certificate store; an empty ID is filled. It returns the id.
func (s *Simulator) AddStore(st Store) string {
	w := s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	if st.ID == "" {
		st.ID = guid("store " + st.ClientMachine + st.StorePath)
	}
	w.stores = append(w.stores, &st)
	return st.ID
}
