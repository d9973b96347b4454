package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

// The world of the demo, as the simulator is seeded.
const (
	ownerRole     = "PKI Administrators"
	administrator = `KEYEXAMPLE\user00200` // far beyond the first page of 50 identities
	identities    = 240
)

// record is what Command holds of one certificate, as far as the module decides it.
type record struct {
	ID         int
	Thumbprint string
	HasKey     bool
	Metadata   map[string]string
	Owner      string
	Stores     []string
}

// metadata writes a record's metadata on one line, sorted by name.
func metadata(r record) string {
	var fields []string
	for _, name := range slices.Sorted(maps.Keys(r.Metadata)) {
		fields = append(fields, name+" = "+r.Metadata[name])
	}
	return strings.Join(fields, ", ")
}

// startServers starts Command and its identity provider, and lets somebody else
// import one of the certificates first.
func (s *story) startServers() error {
	folder := filepath.Join(s.root, "examples", "demo", "certificates")
	text, err := os.ReadFile(filepath.Join(folder, "thumbprints.txt"))
	if err != nil {
		return err
	}
	if s.thumbprints, err = parseThumbprints(string(text)); err != nil {
		return err
	}
	known, err := os.ReadFile(filepath.Join(folder, "api.der"))
	if err != nil {
		return err
	}

	s.servers, err = simulator.Start(simulator.Options{
		Seed: s.seed, Faults: simulator.Small(s.seed), Identities: identities,
	})
	if err != nil {
		return err
	}
	if s.begun, err = s.servers.AddCertificate(known); err != nil {
		return fmt.Errorf("import api.der beforehand: %w", err)
	}
	if err := os.WriteFile(s.space.ca(), []byte(s.servers.CAPEM()), 0o600); err != nil {
		return err
	}
	store := s.servers.Stores()[0]
	s.variables = map[string]string{
		"endpoint":          s.servers.Endpoint(),
		"ca_certificate":    s.space.ca(),
		"token_url":         s.servers.TokenURL(),
		"client_id":         simulator.ClientID,
		"client_secret":     s.servers.ClientSecret(),
		"payments_password": "demo-payments",
		"legacy_password":   "demo-legacy",
		"contact":           "team@keyexample.com",
		"owner_role_name":   ownerRole,
		"administrator":     administrator,
		"store_id":          store.ID,
		"store_type_id":     fmt.Sprint(store.StoreTypeID),
	}
	return s.collectSecrets(folder)
}

// wanted is what Command must hold once the module is applied with the present
// variables. The ids are Command's own choice.
func (s *story) wanted() map[string]record {
	contact := map[string]string{"AppOwnerEmailAddress": s.variables["contact"]}
	return map[string]record{
		"web": {
			Thumbprint: s.thumbprints["web"], Owner: ownerRole, Stores: []string{s.variables["store_id"]},
			Metadata: map[string]string{"AppOwnerEmailAddress": s.variables["contact"], "BusinessUnit": "E-Business"},
		},
		"api":      {Thumbprint: s.thumbprints["api"], Metadata: contact},
		"partner":  {Thumbprint: s.thumbprints["partner"]},
		"payments": {Thumbprint: s.thumbprints["payments"], HasKey: true, Metadata: contact, Owner: ownerRole},
		"legacy":   {Thumbprint: s.thumbprints["legacy"], HasKey: true},
	}
}

// held is what Command holds, in the order of its ids.
func (s *story) held() []record {
	var found []record
	for _, c := range s.servers.Certificates() {
		r := record{ID: c.ID, Thumbprint: c.Thumbprint, HasKey: c.HasPrivateKey, Metadata: c.Metadata, Owner: c.OwnerRoleName}
		for _, location := range c.Locations {
			r.Stores = append(r.Stores, location.StoreID)
		}
		found = append(found, r)
	}
	slices.SortFunc(found, func(a, b record) int { return a.ID - b.ID })
	return found
}

// web is the row that has the thumbprint of the web certificate.
func (s *story) web() (record, error) {
	for _, r := range s.held() {
		if r.Thumbprint == s.thumbprints["web"] {
			return r, nil
		}
	}
	return record{}, errors.New("the server holds no certificate with the thumbprint of web")
}

// expectServer is an error when Command holds anything else than what is wanted:
// one row too many or too few, or one whose contents differ.
func (s *story) expectServer(want map[string]record) error {
	return compare(s.held(), want)
}

func compare(held []record, want map[string]record) error {
	names := map[string]string{} // by thumbprint
	for name, r := range want {
		names[r.Thumbprint] = name
	}
	for _, got := range held {
		name, ok := names[got.Thumbprint]
		if !ok {
			return fmt.Errorf("the server holds %s (id %d), which nothing here brought, or holds it twice", got.Thumbprint, got.ID)
		}
		delete(names, got.Thumbprint)
		expected := want[name]
		switch {
		case got.HasKey != expected.HasKey:
			return fmt.Errorf("%s: the server has a private key: %t, expected was %t", name, got.HasKey, expected.HasKey)
		case !maps.Equal(got.Metadata, expected.Metadata):
			return fmt.Errorf("%s: the server holds the metadata %v, expected was %v", name, got.Metadata, expected.Metadata)
		case got.Owner != expected.Owner:
			return fmt.Errorf("%s: the server holds the owner %q, expected was %q", name, got.Owner, expected.Owner)
		case !slices.Equal(got.Stores, expected.Stores):
			return fmt.Errorf("%s: it is in the stores %q, expected was %q", name, got.Stores, expected.Stores)
		}
	}
	if len(names) > 0 {
		return fmt.Errorf("the server does not hold %s", strings.Join(slices.Sorted(maps.Values(names)), ", "))
	}
	return nil
}

// showServer prints the rows and, against a second reading, that they are what is wanted.
func (s *story) showServer(context.Context) error {
	name := map[string]string{}
	for _, n := range names {
		name[s.thumbprints[n]] = n
	}
	for _, r := range s.held() {
		key := "no private key"
		if r.HasKey {
			key = "with its private key"
		}
		s.note("id %d  %-9s %s  %s", r.ID, name[r.Thumbprint], r.Thumbprint, key)
		if len(r.Metadata) > 0 {
			s.note("      %s", metadata(r))
		}
		if r.Owner != "" {
			s.note("      owner: %s", r.Owner)
		}
		for _, store := range r.Stores {
			s.note("      in the store %s", store)
		}
	}
	return s.expectServer(s.wanted())
}

// expectOutputs compares the data sources' outputs with what the server was seeded with.
func (s *story) expectOutputs(ctx context.Context) error {
	shown, err := s.terraform(ctx, nil, "output", "-json")
	if err != nil {
		return err
	}
	var outputs struct {
		Owners             struct{ Value []string }
		AdministratorRoles struct{ Value []string } `json:"administrator_roles"`
	}
	if err := json.Unmarshal([]byte(shown.stdout), &outputs); err != nil {
		return fmt.Errorf("read the outputs: %w", err)
	}
	owners, roles := s.seeded()
	if !sameElements(outputs.Owners.Value, owners) {
		return fmt.Errorf("the output owners is %q, expected was %q", outputs.Owners.Value, owners)
	}
	if !sameElements(outputs.AdministratorRoles.Value, roles) {
		return fmt.Errorf("the output administrator_roles is %q, expected was %q", outputs.AdministratorRoles.Value, roles)
	}
	s.note("the role %q is held by %s", ownerRole, strings.Join(owners, ", "))
	s.note("%s, read from a list of more than %d identities, holds %s", administrator, identities, strings.Join(roles, ", "))
	return nil
}

func sameElements(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// seeded is what the data sources must find: who holds the owner's role, and the
// roles of the administrator.
func (s *story) seeded() (owners, roles []string) {
	names := map[int]string{}
	for _, role := range s.servers.Roles() {
		names[role.ID] = role.Name
	}
	for _, identity := range s.servers.Identities() {
		for _, id := range identity.RoleIDs {
			if names[id] == ownerRole {
				owners = append(owners, identity.AccountName)
			}
			if identity.AccountName == administrator {
				roles = append(roles, names[id])
			}
		}
	}
	return owners, roles
}

// collectSecrets gathers what must be in no file of the CLI, by what it is: of
// the files with a private key a part is enough, as base64 text holds it.
func (s *story) collectSecrets(folder string) error {
	s.secrets = map[string]string{"the client secret": s.servers.ClientSecret()}
	for _, name := range []string{"payments", "legacy"} {
		content, err := os.ReadFile(filepath.Join(folder, name+".p12"))
		if err != nil {
			return err
		}
		middle := len(content) / 2 / 3 * 3 // base64 writes three octets at a time
		s.secrets["the file "+name+".p12"] = base64.StdEncoding.EncodeToString(content[middle : middle+300])
		s.secrets["the password of "+name+".p12"] = s.variables[name+"_password"]
	}
	return nil
}

// imports is how many certificates were sent to Command so far.
func (s *story) imports() int { return s.servers.Count("POST", "*/Certificates/Import") }

// showRequests prints what the servers were asked, from the journal.
func (s *story) showRequests() {
	counts := map[string]int{}
	for _, entry := range s.servers.Journal() {
		counts[entry.Method+" "+strings.TrimPrefix(entry.Path, "/KeyfactorAPI")]++
	}
	s.say("Requests that the servers answered:")
	for _, request := range slices.Sorted(maps.Keys(counts)) {
		s.note("%4d  %s", counts[request], request)
	}
}

func containsAll(text string, parts ...string) bool {
	return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(text, part) })
}
