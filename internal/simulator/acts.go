package simulator

import "fmt"

// Act is a change by a second actor, in words. Which of the fields count depends on the name.
type Act struct {
	// Name is set-metadata, set-owner, remove-certificate, remove-private-key, revoke, renumber, add-to-store,
	// remove-from-store, run-jobs, add-identity, remove-identity, end-tokens or revoke-tokens.
	Name string
	// Thumbprint or ID choose the certificate (or the identity, by ID).
	Thumbprint string
	ID         int
	Key, Value string // metadata field and value; role; store GUID and alias; account name
}

// Perform does what an Act says.
func (s *Simulator) Perform(a Act) error {
	id := a.ID
	if a.Thumbprint != "" {
		c, ok := s.Certificate(a.Thumbprint)
		if !ok {
			return fmt.Errorf("no certificate has the thumbprint %s", a.Thumbprint)
		}
		id = c.ID
	}
	switch a.Name {
	case "set-metadata":
		return s.SetMetadata(id, a.Key, a.Value)
	case "set-owner":
		return s.SetOwner(id, a.Value)
	case "remove-certificate":
		return s.RemoveCertificate(id)
	case "remove-private-key":
		return s.RemovePrivateKey(id)
	case "revoke":
		return s.Revoke(id)
	case "renumber":
		_, err := s.Renumber(id)
		return err
	case "add-to-store":
		return s.AddToStore(id, a.Key, a.Value)
	case "remove-from-store":
		return s.RemoveFromStore(id, a.Key)
	case "run-jobs":
		s.RunJobs()
	case "add-identity":
		s.AddIdentity(Identity{AccountName: a.Value, IdentityType: "User", Valid: true})
	case "remove-identity":
		s.RemoveIdentity(id)
	case "end-tokens":
		s.EndTokens()
	case "revoke-tokens":
		s.RevokeTokens()
	default:
		return fmt.Errorf("unknown act %q", a.Name)
	}
	return nil
}
