package simulator

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// looseText takes JSON text, number or boolean: the vendor's pages show typed metadata values, its schema strings.
type looseText string

func (t *looseText) UnmarshalJSON(b []byte) error {
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	switch v := v.(type) {
	case string:
		*t = looseText(v)
	case nil:
		*t = ""
	case float64, bool:
		*t = looseText(strings.TrimSpace(string(b)))
	default:
		return fmt.Errorf("a metadata value is neither text, number nor boolean")
	}
	return nil
}

func texts(in map[string]looseText) map[string]string {
	out := make(map[string]string, len(in))
	for k, v := range in {
		out[k] = string(v)
	}
	return out
}

type importRequest struct {
	Certificate   string
	Password      *string
	Metadata      map[string]looseText
	StoreIds      []string
	StoreTypes    []importStoreType
	Schedule      *string
	OwnerRoleId   *int
	OwnerRoleName *string
}

type importStoreType struct {
	StoreTypeId int
	Alias       string
	Overwrite   bool
	Properties  []json.RawMessage
}

type invalidStore struct {
	KeystoreId, ClientMachine, StorePath, Alias string
	Reason                                      int
	Explanation                                 string
}

// importCertificate is POST /Certificates/Import. Importing what is known already is 200 (contract 2.1).
func (c *call) importCertificate(string) {
	var request importRequest
	if !c.allowed("/certificates/import/", 0) {
		return
	}
	if err := c.decode(&request); err != nil {
		c.fail(http.StatusBadRequest, codeNoBody, "The request body is not valid.")
		return
	}
	f, ok := c.read(request.Certificate, request.Password)
	if !ok {
		return
	}
	due, ok := c.importFacts(&request)
	if !ok {
		return
	}
	w := c.s.world
	w.mu.Lock()
	defer w.mu.Unlock()
	metadata := texts(request.Metadata)
	if unknown := w.unknownField(metadata); unknown != "" && !c.o.IgnoreUnknownMetadata {
		c.invalid("Metadata field '%s' does not exist.", unknown)
		return
	}
	var owner *Role
	if c.o.major() >= 12 {
		if owner, ok = c.ownerRole(deref(request.OwnerRoleId), deref(request.OwnerRoleName)); !ok {
			return
		}
	}
	row, isNew := w.save(f.leaf, c.s.o.Now())
	row.imports++
	row.hasKey = row.hasKey || f.hasKey
	if owner != nil {
		row.ownerID = owner.ID
	}
	refused := len(metadata) > 0 && !c.metadataTaken(isNew)
	if !refused {
		w.put(c.o, row, metadata)
	}
	c.json(http.StatusOK, struct {
		ImportStatus, JobStatus int
		InvalidKeystores        []invalidStore
		Thumbprint              string
	}{c.importStatus(isNew, refused), max(c.o.JobStatus, 1), c.install(w, row, &request, due), row.thumbprint})
}

// read parses the Certificate member; on failure the answer has been sent. Facts hold no content.
func (c *call) read(text string, password *string) (*file, bool) {
	c.fact("hasPassword", password != nil && *password != "")
	if text == "" {
		c.fail(http.StatusBadRequest, codeNoBody, "The certificate is required.")
		return nil, false
	}
	f, err := readFile(text, password, c.o.KnownFiles)
	if err != nil {
		c.invalid("The certificate could not be read: %s.", err)
		return nil, false
	}
	c.fact("format", f.format)
	c.fact("thumbprint", f.leaf.thumbprint)
	c.fact("hasKey", f.hasKey)
	c.fact("others", len(f.others))
	c.fact("content", digest([]byte(text)))
	// A key in PEM is ignored by Command; whether one was sent all the same is worth knowing.
	c.fact("sentPEMKey", f.format == "pem" && holdsPEMKey(text))
	return f, true
}

func (c *call) importFacts(request *importRequest) (due time.Time, ok bool) {
	c.fact("metadata", slices.Sorted(maps.Keys(request.Metadata)))
	c.fact("stores", slices.Sorted(slices.Values(request.StoreIds)))
	types, aliases := []int{}, []string{}
	overwrites, properties := []bool{}, []int{}
	for _, t := range request.StoreTypes {
		types, aliases = append(types, t.StoreTypeId), append(aliases, t.Alias)
		overwrites, properties = append(overwrites, t.Overwrite), append(properties, len(t.Properties))
	}
	c.fact("storeTypes", types)
	c.fact("aliases", aliases)
	c.fact("overwrites", overwrites)
	c.fact("properties", properties)
	due = c.s.o.Now()
	if request.Schedule != nil && *request.Schedule != "" {
		c.fact("schedule", *request.Schedule)
		at, err := time.Parse(time.RFC3339, *request.Schedule)
		if err != nil {
			c.invalid("The schedule is not a valid date and time.")
			return due, false
		}
		due = at
	}
	return due, true
}

func (c *call) metadataTaken(isNew bool) bool {
	if c.o.MetadataNotModifiable {
		return false
	}
	// The 25.1 pages ask for /metadata/modify/ to change what a known certificate has.
	return isNew || c.o.major() < 25 || c.account.may("/metadata/modify/", 0)
}

func (c *call) importStatus(isNew, metadataRefused bool) int {
	switch {
	case c.o.ImportStatus != 0:
		return c.o.ImportStatus
	case metadataRefused:
		return 4
	case isNew:
		return 1
	}
	return 2
}

// install makes the store jobs and returns the stores that Command refuses.
func (c *call) install(w *world, row *certificate, request *importRequest, due time.Time) []invalidStore {
	refused := []invalidStore{}
	for _, id := range request.StoreIds {
		store := w.store(id)
		if store == nil {
			refused = append(refused, invalidStore{KeystoreId: id, Reason: 1, Explanation: "The certificate store was not found."})
			continue
		}
		alias, overwrite := row.thumbprint, false
		for _, t := range request.StoreTypes {
			if t.StoreTypeId == store.StoreTypeID {
				overwrite = t.Overwrite
				if t.Alias != "" {
					alias = t.Alias
				}
			}
		}
		if why, ok := c.o.refusal(store.ID); ok {
			refused = append(refused, invalidStore{
				store.ID, store.ClientMachine, store.StorePath, alias, why.Reason, why.Explanation,
			})
			continue
		}
		w.add(row, place{storeID: store.ID, alias: alias, from: due.Add(c.o.JobDelay), held: c.o.HoldJobs}, overwrite)
	}
	return refused
}

func (o Options) refusal(id string) (Refusal, bool) {
	for refused, why := range o.RefusedStores {
		if strings.EqualFold(refused, id) {
			return why, true
		}
	}
	return Refusal{}, false
}

// add puts a certificate into a store. Another certificate under the alias stays unless it is overwritten.
func (w *world) add(row *certificate, p place, overwrite bool) {
	key := p.key()
	if other := w.places[key]; other != nil {
		if other == row || !overwrite {
			return
		}
		other.places = slices.DeleteFunc(other.places, func(q place) bool { return q.key() == key })
	}
	row.places = append(row.places, p)
	w.places[key] = row
}

// analyze is POST /Certificates/Analyze: what is in a file, without side effects (contract 2.2).
func (c *call) analyze(string) {
	var request importRequest
	if !c.account.may("/certificates/import/", 0) && !c.allowed("/certificates/collections/read/", 0) {
		return
	}
	if err := c.decode(&request); err != nil {
		c.fail(http.StatusBadRequest, codeNoBody, "The request body is not valid.")
		return
	}
	f, ok := c.read(request.Certificate, request.Password)
	if !ok {
		return
	}
	type details struct {
		IssuedDN, IssuerDN, Thumbprint, NotAfter, NotBefore string
		Metadata                                            map[string]string
		IsEndEntity                                         bool
	}
	all := append([]*rawCertificate{f.leaf}, f.others...)
	if c.o.AnalyzeLeafOnly || c.o.major() < 12 {
		all = all[:1]
	}
	w := c.s.world
	w.mu.RLock()
	defer w.mu.RUnlock()
	out := make([]details, 0, len(all))
	for i, raw := range all {
		d := details{
			raw.subject.String(), raw.issuer.String(), raw.thumbprint, stamp(raw.notAfter), stamp(raw.notBefore),
			map[string]string{}, i == 0,
		}
		if known := w.byThumbprint[raw.thumbprint]; known != nil {
			d.Metadata = maps.Clone(known.metadata)
		}
		out = append(out, d)
	}
	c.json(http.StatusOK, out)
}

// holdsPEMKey looks for a private key block in PEM text or in base64 of it.
func holdsPEMKey(text string) bool {
	if data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), "")); err == nil {
		text = string(data)
	}
	return strings.Contains(text, "PRIVATE KEY-----")
}

func deref[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}
