package simulator

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"
)

func (c *call) deleteCertificate(id string) {
	c.s.world.mu.Lock()
	defer c.s.world.mu.Unlock()
	if row, ok := c.row(id, "/certificates/collections/delete/"); ok {
		c.s.world.remove(row)
		c.w.WriteHeader(http.StatusNoContent)
	}
}

func (c *call) deletePrivateKey(id string) {
	c.s.world.mu.Lock()
	defer c.s.world.mu.Unlock()
	if row, ok := c.row(id, "/certificates/collections/delete/"); ok {
		row.hasKey = false
		c.w.WriteHeader(http.StatusNoContent)
	}
}

// putMetadata changes the named fields only; "" clears one (contract 2.6).
func (c *call) putMetadata(string) {
	var request struct {
		ID       int `json:"Id"`
		Metadata map[string]looseText
	}
	if err := c.decode(&request); err != nil {
		c.fail(http.StatusBadRequest, codeNoBody, "The request body is not valid.")
		return
	}
	metadata := texts(request.Metadata)
	c.fact("metadata", slices.Sorted(maps.Keys(metadata)))
	w := c.s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	row, ok := c.row(strconv.Itoa(request.ID), "/certificates/collections/metadata/modify/")
	if !ok {
		return
	}
	if unknown := w.unknownField(metadata); unknown != "" && !c.o.IgnoreUnknownMetadata {
		c.invalid("Metadata field '%s' does not exist.", unknown)
		return
	}
	w.put(c.o, row, metadata)
	c.w.WriteHeader(http.StatusNoContent)
}

// putOwner needs the current and the new owner role, unless the caller may change owners at large (contract 2.7).
func (c *call) putOwner(id string) {
	var request struct {
		NewRoleID   int    `json:"NewRoleId"`
		NewRoleName string `json:"NewRoleName"`
	}
	if err := c.decode(&request); err != nil {
		c.fail(http.StatusBadRequest, codeNoBody, "The request body is not valid.")
		return
	}
	w := c.s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	expanded := c.o.major() >= 25 && c.account.may("/certificates/expanded_change_owner/", 0)
	permission := "/certificates/collections/change_owner/"
	if expanded {
		permission = "/certificates/expanded_change_owner/"
	}
	row, ok := c.row(id, permission)
	if !ok {
		return
	}
	c.fact("owner", "")
	next, ok := c.ownerRole(request.NewRoleID, request.NewRoleName)
	if !ok {
		return
	}
	for _, role := range []*Role{w.role(row.ownerID), next} {
		if role != nil && !expanded && !c.account.holds(role.Name) {
			c.fail(http.StatusForbidden, codeForbidden,
				"User %s does not hold the owner role '%s'.", c.account.label(), role.Name)
			return
		}
	}
	row.ownerID = 0
	if next != nil {
		row.ownerID = next.ID
	}
	c.w.WriteHeader(http.StatusNoContent)
}

// ownerRole is the role that a request names by id or by name, nil for none; on failure the answer has been sent.
func (c *call) ownerRole(id int, name string) (*Role, bool) {
	var role *Role
	switch {
	case id == 0 && name == "":
		return nil, true
	case id != 0 && name != "":
		c.invalid("Only one of the owner role's id and name may be given.")
		return nil, false
	case id != 0:
		role = c.s.world.role(id)
	default:
		role = c.s.world.roleNamed(name)
	}
	if role == nil {
		c.invalid("The owner role does not exist.")
		return nil, false
	}
	c.fact("owner", role.Name)
	return role, true
}

// revoke marks certificates as revoked at once (contract 2.8).
func (c *call) revoke(string) {
	var request struct {
		CertificateIDs []int `json:"CertificateIds"`
		Reason         int
		Comment        string
		EffectiveDate  *time.Time
		CollectionID   int `json:"CollectionId"`
	}
	if err := c.decode(&request); err != nil {
		c.fail(http.StatusBadRequest, codeNoBody, "The request body is not valid.")
		return
	}
	if !c.allowed("/certificates/collections/revoke/", request.CollectionID) {
		return
	}
	w := c.s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range request.CertificateIDs {
		if w.certificates[id] == nil {
			c.notFound("Certificate", id)
			return
		}
	}
	at := c.s.o.Now()
	if request.EffectiveDate != nil {
		at = *request.EffectiveDate
	}
	for _, id := range request.CertificateIDs {
		row := w.certificates[id]
		row.revokedAt, row.reason, row.comment = at, request.Reason, request.Comment
	}
	c.json(http.StatusOK, struct {
		RevokedIds     []int
		SuspendedCerts []int
	}{request.CertificateIDs, []int{}})
}
