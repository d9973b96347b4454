package faulttest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

// agreement is the comparison of configuration, state and server.
type agreement struct {
	differences []string // one line each; empty when all three agree
	orphans     int      // certificates on the server that state does not know
	duplicates  int      // rows or objects for one certificate beyond the first
	refused     int      // stores left to the next apply, for which no answer was received
	tainted     int      // objects that state marks
}

func (a *agreement) differ(format string, arguments ...any) {
	a.differences = append(a.differences, fmt.Sprintf(format, arguments...))
}

func (a agreement) settled() bool { return len(a.differences) == 0 && a.refused == 0 }

// wanted is what the configuration says of an item in a round.
func (w *workspace) wanted(i *item, round int) (metadata map[string]string, owner string, stores []string) {
	metadata = map[string]string{"AppOwnerFirstName": []string{"First", "Second"}[round-1], "Notes": i.name}
	if round == 1 {
		metadata["BusinessUnit"] = "IT"
	}
	owner = []string{"Web Team", "Payments Team"}[round-1]
	if i.pkcs12 {
		owner = []string{"Payments Team", ""}[round-1]
	}
	for _, s := range w.servers.Stores()[:round] {
		stores = append(stores, s.ID)
	}
	slices.Sort(stores)
	return metadata, owner, stores
}

// compare compares item by item. Round 0 means that everything was destroyed.
func (w *workspace) compare(round int) agreement {
	w.t.Helper()
	var a agreement
	state := w.state()
	rows := map[string]simulator.CertificateRecord{}
	for _, row := range w.servers.Certificates() {
		if _, twice := rows[row.Thumbprint]; twice {
			a.duplicates++
		}
		rows[row.Thumbprint] = row
	}
	known := map[string]bool{}
	for _, o := range state {
		if known[o.Thumbprint] && o.Thumbprint != "" { // of a deposed object nothing is known
			a.duplicates++
		}
		known[o.Thumbprint] = true
	}
	for thumbprint := range w.others {
		if _, there := rows[thumbprint]; !there {
			a.differ("%s, which belongs to somebody else, is gone", thumbprint)
		}
		delete(rows, thumbprint)
	}
	for thumbprint := range rows {
		if !known[thumbprint] {
			a.orphans++
			a.differ("%s is on the server and not in state", thumbprint)
		}
	}
	if round == 0 {
		for _, address := range slices.Sorted(maps.Keys(state)) {
			a.differ("%s is still in state", address)
		}
		return a
	}
	for _, i := range w.items {
		w.compareItem(&a, i, round, state, rows)
		delete(state, i.address)
	}
	for _, address := range slices.Sorted(maps.Keys(state)) {
		a.differ("%s is in state and not in the configuration", address)
	}
	return a
}

func (w *workspace) compareItem(a *agreement, i *item, round int, state map[string]object, rows map[string]simulator.CertificateRecord) {
	o, known := state[i.address]
	row, there := rows[i.thumbprint]
	switch {
	case !known || !there:
		a.differ("%s: in state %t, on the server %t", i.address, known, there)
		return
	case o.tainted:
		a.tainted++
		a.differ("%s is marked as tainted", i.address)
		return
	}
	metadata, owner, stores := w.wanted(i, round)
	if o.ID == nil || *o.ID != row.ID || o.Thumbprint != i.thumbprint {
		a.differ("%s: state holds id %v and %s, the server %d and %s", i.address, o.ID, o.Thumbprint, row.ID, row.Thumbprint)
	}
	if !maps.Equal(o.Metadata, metadata) || !maps.Equal(row.Metadata, metadata) && !(i.warned && i.acted.Load()) {
		a.differ("%s: wanted metadata %v, state holds %v, the server %v", i.address, metadata, o.Metadata, row.Metadata)
	}
	if row.OwnerRoleName != owner || o.owner() != owner {
		a.differ("%s: wanted owner %q, state holds %q, the server %q", i.address, owner, o.owner(), row.OwnerRoleName)
	}
	if i.pkcs12 && !row.HasPrivateKey {
		a.differ("%s: the server has no private key", i.address)
	}
	var held []string
	for _, l := range row.Locations {
		held = append(held, l.StoreID)
	}
	refused := o.refused()
	a.refused += len(refused)
	held = append(held, slices.DeleteFunc(refused, func(id string) bool { return slices.Contains(held, id) })...)
	slices.Sort(held)
	slices.Sort(o.StoreIDs)
	if !slices.Equal(held, stores) || !slices.Equal(o.StoreIDs, stores) {
		a.differ("%s: wanted stores %v, state holds %v, the server %v", i.address, stores, o.StoreIDs, held)
	}
}

// owner is the name of the owner that state holds; the module names a role by id in one place.
func (o object) owner() string {
	switch {
	case o.OwnerRoleName != nil:
		return *o.OwnerRoleName
	case o.OwnerRoleID != nil && *o.OwnerRoleID == 6:
		return "Payments Team"
	case o.OwnerRoleID != nil:
		return fmt.Sprint(*o.OwnerRoleID)
	}
	return ""
}

// doubled lists, from the requests of one apply, the store jobs that were started a second time for one certificate, each
// with what happened to that certificate.
func doubled(journal []simulator.Entry) (found []string) {
	started := map[string]bool{}
	history := map[string][]string{}
	for _, e := range journal {
		thumbprint := thumbprintOf(e)
		if thumbprint == "" {
			continue
		}
		history[thumbprint] = append(history[thumbprint], fmt.Sprintf("%s %s %s %d %s", e.Time.Format("05.000"), e.Method, e.Path, e.Status, e.Fault))
		if e.Method != "POST" || !carriedOut(e) {
			continue
		}
		stores, _ := e.Facts["stores"].([]string)
		for _, store := range stores {
			job := thumbprint + " into " + store
			if started[job] {
				found = append(found, job+": "+strings.Join(history[thumbprint], ", "))
			}
			started[job] = true
		}
	}
	return found
}

// thumbprintOf is the certificate that a request was about: an import's, or a look-up's.
func thumbprintOf(e simulator.Entry) string {
	if thumbprint, ok := e.Facts["thumbprint"].(string); ok {
		return thumbprint
	}
	if _, after, ok := strings.Cut(e.Query.Get("QueryString")+e.Query.Get("pq.queryString"), `Thumbprint -eq "`); ok {
		return after[:min(40, len(after))]
	}
	return ""
}

// carriedOut tells whether the server did what was asked, answered or not.
func carriedOut(e simulator.Entry) bool {
	if status, ok := e.Facts["carriedOut"].(int); ok {
		return status == 200
	}
	return e.Status == 200 && e.Facts["thumbprint"] != nil
}
