package simulator

import (
	"net/http"
	"strings"
)

type storeAnswer struct {
	Id                      string
	ContainerId             *int
	DisplayName             string
	ClientMachine           string
	Storepath               string // the vendor's spelling in this answer only
	CertStoreInventoryJobId *string
	CertStoreType           int
	Approved                bool
	CreateIfMissing         bool
	Properties              string
	AgentId                 *string
	AgentAssigned           bool
	ContainerName           *string
	InventorySchedule       struct{}
	ReenrollmentStatus      reenrollment
	SetNewPasswordAllowed   bool
	Password                struct{}
}

type reenrollment struct {
	Data                            bool
	AgentId, Message, JobProperties *string
	CustomAliasAllowed              int
	EntryParameters                 []struct{}
}

func (s *Store) answer() storeAnswer {
	container := "Container " + s.StoreType
	a := storeAnswer{
		Id: s.ID, DisplayName: s.ClientMachine + " - " + s.StorePath, ClientMachine: s.ClientMachine,
		Storepath: s.StorePath, CertStoreType: s.StoreTypeID, Approved: s.Approved, Properties: s.Properties,
		AgentId: optional(s.AgentID), AgentAssigned: s.AgentID != "",
		ReenrollmentStatus: reenrollment{EntryParameters: []struct{}{}},
	}
	if s.ContainerID != 0 {
		a.ContainerId, a.ContainerName = &s.ContainerID, &container
	}
	return a
}

func storeList() selection[*Store] {
	yes := func(*Store) value { return boolValue(true) }
	return selection[*Store]{
		columns: fields[*Store]{
			"clientmachine":         func(s *Store) value { return textValue(s.ClientMachine) },
			"storepath":             func(s *Store) value { return textValue(s.StorePath) },
			"containerid":           func(s *Store) value { return numberValue(int64(s.ContainerID)) },
			"container":             func(s *Store) value { return textValue("Container " + s.StoreType) },
			"category":              func(s *Store) value { return numberValue(int64(s.StoreTypeID)) },
			"agentid":               func(s *Store) value { return textValue(s.AgentID) },
			"approved":              func(s *Store) value { return boolValue(s.Approved) },
			"agentavailable":        yes,
			"addsupported":          yes,
			"removesupported":       yes,
			"privatekeyallowed":     yes,
			"hasinventoryscheduled": func(*Store) value { return boolValue(false) },
			"certificateid":         func(*Store) value { return value{} },
		},
		sorts: map[string]func(a, b *Store) int{
			"":              func(a, b *Store) int { return strings.Compare(a.ClientMachine, b.ClientMachine) },
			"clientmachine": func(a, b *Store) int { return strings.Compare(a.ClientMachine, b.ClientMachine) },
			"storepath":     func(a, b *Store) int { return strings.Compare(a.StorePath, b.StorePath) },
		},
	}
}

func (c *call) listStores(string) {
	if !c.allowed("/certificate_stores/read/", 0) {
		return
	}
	w := c.s.world
	w.mu.RLock()
	defer w.mu.RUnlock()
	p := c.page()
	rows, ok := selectRows(c, &p, storeList(), w.stores)
	if !ok {
		return
	}
	sendPage(c, &p, rows, (*Store).answer)
}

// sendPage answers the page of rows that was asked for.
func sendPage[T, A any](c *call, p *page, rows []T, answer func(T) A) {
	from, to := p.cut(len(rows))
	c.total(len(rows))
	out := make([]A, 0, to-from)
	for _, row := range rows[from:to] {
		out = append(out, answer(row))
	}
	c.json(http.StatusOK, out)
}

func (c *call) getStore(id string) {
	if !c.allowed("/certificate_stores/read/", 0) {
		return
	}
	w := c.s.world
	w.mu.RLock()
	defer w.mu.RUnlock()
	store := w.store(id)
	if store == nil {
		c.fail(http.StatusNotFound, codeNotFound, "Certificate store with id '%s' does not exist.", id)
		return
	}
	c.json(http.StatusOK, store.answer())
}

type locationDetail struct {
	StoreId, ClientMachine, StorePath, Alias string
	StoreTypeId                              int
	AgentPool, IPAddress                     *string
	Port                                     *int
	NetworkName                              *string
}

type locationGroup struct {
	StoreType   string
	StoreTypeId int
	StoreCount  int
	Locations   []locationDetail
}

// locations is GET /Certificates/Locations/{id}: what Command knows after the stores' jobs have run (contract 2.5).
func (c *call) locations(id string) {
	w := c.s.world
	w.mu.RLock()
	defer w.mu.RUnlock()
	row, ok := c.row(id, "/certificates/collections/read/")
	if !ok {
		return
	}
	groups, at := []locationGroup{}, map[int]int{}
	for _, p := range row.places {
		store := w.store(p.storeID)
		if store == nil || !p.visible(c.s.o.Now()) {
			continue
		}
		i, ok := at[store.StoreTypeID]
		if !ok {
			i = len(groups)
			at[store.StoreTypeID] = i
			groups = append(groups, locationGroup{StoreType: store.StoreType, StoreTypeId: store.StoreTypeID})
		}
		groups[i].StoreCount++
		detail := locationDetail{
			StoreId: store.ID, ClientMachine: store.ClientMachine, StorePath: store.StorePath, Alias: p.alias,
			StoreTypeId: store.StoreTypeID,
		}
		if c.o.major() < 11 { // the 10.x document knows no null here
			detail.AgentPool, detail.IPAddress, detail.NetworkName = new(string), new(string), new(string)
			detail.Port = new(int)
		}
		groups[i].Locations = append(groups[i].Locations, detail)
	}
	c.json(http.StatusOK, struct{ Details []locationGroup }{groups})
}
