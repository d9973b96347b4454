package simulator

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Everything in Account.Permissions grants all permissions; in Account.Roles it holds all roles.
const Everything = "*"

// User is the name of the seeded directory account that may do everything; Simulator.Password is its password.
const User = `KEYEXAMPLE\svc-terraform`

// ClientID is the seeded OAuth client that may do everything; Simulator.ClientSecret is its secret.
const ClientID = "terraform"

// Account is somebody who may call Command: a directory account (Name and Password, for Basic and for the password
// grant), an OAuth client (ClientID and ClientSecret), or both.
type Account struct {
	Name, Password         string // Name is DOMAIN\user
	ClientID, ClientSecret string
	// Roles are names of security roles that the account holds; they matter for changing owners.
	Roles []string
	// Permissions are written as from Command 11 on, e.g. "/certificates/import/", and for one collection only
	// "/certificates/collections/read/5/". An account with neither roles nor permissions is mapped to no role.
	Permissions []string
}

// names10 are the 10.x names of permissions (contract, section 7: "Area: Permission").
var names10 = map[string]string{
	"/certificates/import/":                      "Certificates: Import",
	"/certificates/collections/read/":            "Certificates: Read",
	"/certificates/collections/metadata/modify/": "Certificates: EditMetadata",
	"/certificates/collections/delete/":          "Certificates: Delete",
	"/certificates/collections/revoke/":          "Certificates: Revoke",
	"/certificate_stores/read/":                  "CertificateStoreManagement: Read",
	"/certificate_stores/schedule/":              "CertificateStoreManagement: Schedule",
	"/security/modify/":                          "SecuritySettings: Modify",
	"/security/read/":                            "SecuritySettings: Read",
	"/metadata/types/read/":                      "CertificateMetadataTypes: Read",
}

// newer are permissions that 10.x has no names for.
var newer = []string{"/certificates/collections/change_owner/", "/certificates/expanded_change_owner/", "/metadata/modify/"}

// global are the permissions that are not for one collection only; of an account that may do everything, all that the
// operations ask for.
func (a *Account) global() []string {
	if slices.Contains(a.Permissions, Everything) {
		return slices.Sorted(slices.Values(slices.AppendSeq(slices.Clone(newer), maps.Keys(names10))))
	}
	return slices.DeleteFunc(slices.Clone(a.Permissions), func(p string) bool {
		_, err := strconv.Atoi(path.Base(p))
		return err == nil
	})
}

func (a *Account) label() string {
	if a.Name != "" {
		return a.Name
	}
	return a.ClientID
}

func (a *Account) hasRole() bool { return len(a.Roles) > 0 || len(a.Permissions) > 0 }

func (a *Account) holds(role string) bool {
	return slices.ContainsFunc(a.Roles, func(r string) bool { return r == Everything || strings.EqualFold(r, role) })
}

// may tells whether the account has a permission: globally, which covers every collection, or, with a collection given,
// for that one. Without a collection only the global permission counts (contract 2.3).
func (a *Account) may(permission string, collection int) bool {
	for _, p := range a.Permissions {
		if p == Everything {
			return true
		}
		if strings.EqualFold(p, permission) {
			return true
		}
		if collection != 0 && strings.EqualFold(p, fmt.Sprintf("%s%d/", permission, collection)) {
			return true
		}
	}
	return false
}

// is tells whether name is how a client may write this account: DOMAIN\user, user@domain or user alone.
func (a *Account) is(name string) bool {
	if a.Name == "" {
		return false
	}
	if strings.EqualFold(a.Name, name) {
		return true
	}
	domain, user, ok := strings.Cut(a.Name, `\`)
	if !ok {
		return false
	}
	if strings.EqualFold(user, name) {
		return true
	}
	gotUser, gotDomain, ok := strings.Cut(name, "@")
	gotDomain, _, _ = strings.Cut(gotDomain, ".")
	return ok && strings.EqualFold(gotUser, user) && strings.EqualFold(gotDomain, domain)
}

// AddAccount adds an account, or replaces the one of the same name or client id.
func (s *Simulator) AddAccount(a Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, old := range s.accounts {
		if (a.Name != "" && strings.EqualFold(old.Name, a.Name)) || (a.ClientID != "" && old.ClientID == a.ClientID) {
			s.accounts[i] = &a
			return
		}
	}
	s.accounts = append(s.accounts, &a)
}

func (s *Simulator) accountByPassword(name, password string) *Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.accounts {
		if a.is(name) && a.Password == password {
			return a
		}
	}
	return nil
}

func (s *Simulator) accountByClient(id, secret string) *Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.accounts {
		if a.ClientID != "" && a.ClientID == id && a.ClientSecret == secret {
			return a
		}
	}
	return nil
}
