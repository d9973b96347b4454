package simulator

import (
	"encoding/pem"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// CertificateRecord is a copy of what the simulator holds of a certificate.
type CertificateRecord struct {
	ID                  int
	Thumbprint, SHA256  string // upper-case hex
	SerialNumber        string
	Subject, Issuer, CN string
	NotBefore, NotAfter time.Time
	DER                 []byte
	HasPrivateKey       bool
	Metadata            map[string]string
	OwnerRoleID         int
	OwnerRoleName       string
	Revoked             bool
	Imports             int // how often it was imported
	ImportedAt          time.Time
	Locations           []Location
}

// Location is a certificate in a store; Pending until its job has run.
type Location struct {
	StoreID, Alias string
	Pending        bool
}

// Certificates returns what Command holds, by id.
func (s *Simulator) Certificates() []CertificateRecord {
	w := s.world
	w.mu.RLock()
	defer w.mu.RUnlock()
	out := make([]CertificateRecord, 0, len(w.ids))
	for _, id := range w.ids {
		c := w.certificates[id]
		r := CertificateRecord{
			ID: id, Thumbprint: c.thumbprint, SHA256: c.sha256, SerialNumber: c.serial, Subject: c.subject.String(),
			Issuer: c.issuer.String(), CN: c.cn(), NotBefore: c.notBefore, NotAfter: c.notAfter,
			DER: slices.Clone(c.der), HasPrivateKey: c.hasKey, Metadata: maps.Clone(c.metadata),
			OwnerRoleID: c.ownerID, OwnerRoleName: w.ownerName(c), Revoked: !c.revokedAt.IsZero(), Imports: c.imports,
			ImportedAt: c.importedAt,
		}
		for _, p := range c.places {
			r.Locations = append(r.Locations, Location{p.storeID, p.alias, !p.visible(s.o.Now())})
		}
		out = append(out, r)
	}
	return out
}

// Certificate returns the certificate with that thumbprint (SHA-1, hex, any case).
func (s *Simulator) Certificate(thumbprint string) (CertificateRecord, bool) {
	all := s.Certificates()
	i := slices.IndexFunc(all, func(c CertificateRecord) bool { return strings.EqualFold(c.Thumbprint, thumbprint) })
	if i < 0 {
		return CertificateRecord{}, false
	}
	return all[i], true
}

// Stores returns the certificate stores.
func (s *Simulator) Stores() []Store { return copied(s, func(w *world) []*Store { return w.stores }) }

// Roles returns the security roles, by id.
func (s *Simulator) Roles() []Role { return copied(s, func(w *world) []*Role { return w.roles }) }

// Identities returns the identities, by id.
func (s *Simulator) Identities() []Identity {
	return copied(s, func(w *world) []*Identity { return w.identities })
}

// Claims returns the claims, by id.
func (s *Simulator) Claims() []Claim { return copied(s, func(w *world) []*Claim { return w.claims }) }

// MetadataFields returns the metadata fields, by id.
func (s *Simulator) MetadataFields() []MetadataField {
	return copied(s, func(w *world) []*MetadataField { return w.fields })
}

func copied[T any](s *Simulator, list func(*world) []*T) []T {
	s.world.mu.RLock()
	defer s.world.mu.RUnlock()
	var out []T
	for _, one := range list(s.world) {
		out = append(out, *one)
	}
	return out
}

// AddCertificate adds a certificate from outside, as a CA synchronisation does, and returns its id. It takes the first
// certificate of PEM text, or DER. A certificate that is there already keeps its id.
func (s *Simulator) AddCertificate(data []byte) (int, error) {
	if block, _ := pem.Decode(data); block != nil {
		data = block.Bytes
	}
	raw, err := parseRaw(data)
	if err != nil {
		return 0, err
	}
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	c, _ := s.world.save(raw, s.o.Now())
	return c.id, nil
}

// edit changes a certificate from outside.
func (s *Simulator) edit(id int, change func(*world, *certificate) error) error {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	c := s.world.certificates[id]
	if c == nil {
		return fmt.Errorf("no certificate has the id %d", id)
	}
	return change(s.world, c)
}

// SetMetadata sets one metadata value as it is; "" removes it.
func (s *Simulator) SetMetadata(id int, name, v string) error {
	return s.edit(id, func(w *world, c *certificate) error {
		f := w.field(name)
		if f == nil {
			return fmt.Errorf("no metadata field has the name %q", name)
		}
		if v == "" {
			delete(c.metadata, f.Name)
			return nil
		}
		c.metadata[f.Name] = v
		return nil
	})
}

// SetOwner sets the owner role by name; "" removes it.
func (s *Simulator) SetOwner(id int, role string) error {
	return s.edit(id, func(w *world, c *certificate) error {
		c.ownerID = 0
		if role == "" {
			return nil
		}
		r := w.roleNamed(role)
		if r == nil {
			return fmt.Errorf("no role has the name %q", role)
		}
		c.ownerID = r.ID
		return nil
	})
}

// RemoveCertificate deletes a certificate.
func (s *Simulator) RemoveCertificate(id int) error {
	return s.edit(id, func(w *world, c *certificate) error { w.remove(c); return nil })
}

// RemovePrivateKey deletes a certificate's key.
func (s *Simulator) RemovePrivateKey(id int) error {
	return s.edit(id, func(_ *world, c *certificate) error { c.hasKey = false; return nil })
}

// Revoke marks a certificate as revoked now, for reason 4 (superseded).
func (s *Simulator) Revoke(id int) error {
	return s.edit(id, func(_ *world, c *certificate) error {
		c.revokedAt, c.reason, c.comment = s.o.Now(), 4, "revoked from outside"
		return nil
	})
}

// Renumber gives a certificate a new id, as deleting it and synchronising it again does, and returns that id.
func (s *Simulator) Renumber(id int) (int, error) {
	var next int
	err := s.edit(id, func(w *world, c *certificate) error {
		w.remove(c)
		c.id, next = w.nextID, w.nextID
		w.nextID++
		w.certificates[c.id], w.byThumbprint[c.thumbprint] = c, c
		w.ids = append(w.ids, c.id)
		for _, p := range c.places {
			w.places[p.key()] = c
		}
		return nil
	})
	return next, err
}

// AddToStore puts a certificate into a store, as an inventory finds it.
func (s *Simulator) AddToStore(id int, storeID, alias string) error {
	return s.edit(id, func(w *world, c *certificate) error {
		store := w.store(storeID)
		if store == nil {
			return fmt.Errorf("no store has the id %s", storeID)
		}
		w.add(c, place{storeID: store.ID, alias: alias}, true)
		return nil
	})
}

// RemoveFromStore takes a certificate out of a store.
func (s *Simulator) RemoveFromStore(id int, storeID string) error {
	return s.edit(id, func(w *world, c *certificate) error {
		c.places = slices.DeleteFunc(c.places, func(p place) bool {
			gone := strings.EqualFold(p.storeID, storeID)
			if gone {
				delete(w.places, p.key())
			}
			return gone
		})
		return nil
	})
}

// RunJobs runs all store jobs that wait because of HoldJobs, JobDelay or a schedule.
func (s *Simulator) RunJobs() {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	for _, c := range s.world.certificates {
		for i := range c.places {
			c.places[i].held, c.places[i].from = false, time.Time{}
		}
	}
}

// Populate adds n small certificates made for this start, as a CA synchronisation does.
func (s *Simulator) Populate(n int) error {
	for i := range n {
		issued, err := s.ca.client(fmt.Sprintf("populated-%05d.keyexample.com", i+1))
		if err != nil {
			return err
		}
		if _, err := s.AddCertificate(issued.Certificate[0]); err != nil {
			return err
		}
	}
	return nil
}
