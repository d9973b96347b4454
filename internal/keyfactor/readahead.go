package keyfactor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
)

// A refresh of a thousand certificates is a thousand look-ups by id, and each
// costs a round trip. Certificates that were imported together lie together,
// so what surrounds an id is likely to be asked for next: a Finder reads ahead
// over the neighbourhood, as a file system does. The window grows while what
// was read ahead is used and shrinks while it is not. An answer is handed out
// once, for a bounded time, and not after a write to its certificate. A
// certificate that is not in such an answer is looked up by itself: absence is
// never concluded from a batch.

const (
	// keepAhead is how long a row that was read ahead may be handed out.
	keepAhead = time.Minute
	// firstWindow, narrowestWindow and widestWindow are how many ids are read
	// around each. It never closes: nothing would be seen to open it again.
	firstWindow, narrowestWindow, widestWindow = 32, 8, 512
	// worthwhile is the part of a request's rows, one in so many, that has to be
	// used for the window to grow.
	worthwhile = 100
	// rowsAhead bounds the rows of one request, and so its size and memory.
	rowsAhead = 600
	// keptAhead bounds the rows that are kept, each about a kilobyte.
	keptAhead = 32_768
	// idsAtOnce and thumbprintsAtOnce keep the query of a URL under the 2,048
	// bytes above which IIS refuses it.
	idsAtOnce, thumbprintsAtOnce = 16, 20
)

// Finder answers look-ups of certificates that run side by side in as few
// requests as is safe. It lives as long as its client.
type Finder struct {
	client *Client
	now    func() time.Time

	mu          sync.Mutex
	ahead       map[int64]*neighbourhood // by collection
	thumbprints map[int64]*thumbprints
}

// thumbprints are the look-ups by thumbprint in one collection.
type thumbprints struct {
	gather gatherer[thumbprint]
	trust  trust
}

// thumbprint is one question of a batch by thumbprint.
type thumbprint struct{ sha1, sha256 string }

func newFinder(client *Client) *Finder {
	return &Finder{
		client: client, now: time.Now,
		ahead: map[int64]*neighbourhood{}, thumbprints: map[int64]*thumbprints{},
	}
}

// Reading says that an operation may call ByID until it calls end. Those that
// run side by side wait for each other for a moment.
func (f *Finder) Reading(collectionID int64) (end func()) {
	return f.neighbourhood(collectionID).gather.begin()
}

// ByID is Client.FindByID without the certificate's content and locations, for
// a caller that has announced itself by Reading.
func (f *Finder) ByID(ctx context.Context, id, collectionID int64) (*Certificate, error) {
	n := f.neighbourhood(collectionID)
	if row := n.take(id); row != nil {
		return row, nil
	}
	if !n.trust.lost() {
		row, err := n.gather.get(ctx, id)
		if row != nil || err != nil {
			return row, f.client.whileGathering(err)
		}
	}
	return f.client.FindByID(ctx, id, collectionID)
}

// Importing says that an operation may call ByThumbprint until it calls end.
func (f *Finder) Importing(collectionID int64) (end func()) {
	return f.byThumbprint(collectionID).gather.begin()
}

// ByThumbprint is Client.FindByThumbprint for a certificate that is expected
// to be there, for a caller that has announced itself by Importing.
func (f *Finder) ByThumbprint(ctx context.Context, sha1, sha256 string, collectionID int64) (*Certificate, error) {
	if t := f.byThumbprint(collectionID); !t.trust.lost() {
		row, err := t.gather.get(ctx, thumbprint{NormalThumbprint(sha1), sha256})
		if row != nil || err != nil {
			return row, f.client.whileGathering(err)
		}
	}
	return f.client.FindByThumbprint(ctx, sha1, sha256, collectionID)
}

// whileGathering names the request that a caller did not wait for any longer.
func (c *Client) whileGathering(err error) error {
	if err == nil {
		return nil
	}
	req, invalid := c.request(context.Background(), call{method: http.MethodGet, path: certificatesPath})
	if invalid != nil {
		return err
	}
	return exchangeError(req, err)
}

// Wrote drops what was read ahead of a certificate that is being changed.
func (f *Finder) Wrote(id int64) {
	f.mu.Lock()
	all := make([]*neighbourhood, 0, len(f.ahead))
	for _, n := range f.ahead {
		all = append(all, n)
	}
	f.mu.Unlock()
	for _, n := range all {
		n.drop(id)
	}
}

func (f *Finder) neighbourhood(collectionID int64) *neighbourhood {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.ahead[collectionID]
	if n == nil {
		n = &neighbourhood{finder: f, collectionID: collectionID, rows: map[int64]aheadRow{}, written: map[int64]int{}}
		n.gather.ask = n.read
		f.ahead[collectionID] = n
	}
	return n
}

func (f *Finder) byThumbprint(collectionID int64) *thumbprints {
	f.mu.Lock()
	defer f.mu.Unlock()
	t := f.thumbprints[collectionID]
	if t == nil {
		t = &thumbprints{}
		t.gather.linger = true
		t.gather.ask = func(ctx context.Context, keys []thumbprint) map[thumbprint]*Certificate {
			return f.readThumbprints(ctx, &t.trust, keys, collectionID)
		}
		f.thumbprints[collectionID] = t
	}
	return t
}

// readThumbprints asks for several certificates in one request. What it does
// not bring, each asker looks up by itself; one alone always does so.
func (f *Finder) readThumbprints(ctx context.Context, trust *trust, keys []thumbprint, collectionID int64) map[thumbprint]*Certificate {
	if len(keys) < 2 {
		return nil
	}
	found := map[thumbprint]*Certificate{}
	for part := range slices.Chunk(keys, thumbprintsAtOnce) {
		clauses := make([]string, 0, len(part))
		for _, k := range part {
			if !strings.Contains(k.sha1, `"`) {
				clauses = append(clauses, fmt.Sprintf(`Thumbprint -eq "%s"`, k.sha1))
			}
		}
		rows, err := f.client.several(ctx, trust, aheadQuery(strings.Join(clauses, " OR "), collectionID, len(part)+1), false)
		if err != nil {
			return found
		}
		for _, row := range rows {
			for _, k := range part {
				if row.Is(k.sha1, k.sha256) && (found[k] == nil || row.ID < found[k].ID) {
					found[k] = row
				}
			}
		}
	}
	return found
}

// several asks once for several certificates: whoever misses one asks again
// alone, with all the attempts that the transport makes. A server that answers
// more than a page ignores the query.
func (c *Client) several(ctx context.Context, trust *trust, q CertificateQuery, condensed bool) ([]*Certificate, error) {
	rows, err := c.certificates(transport.Once(ctx), q, c.prefersPrefixed(certificatesPath), q.PageSize, condensed)
	trust.note(err)
	var tooMany *TooManyRowsError
	if errors.As(err, &tooMany) {
		trust.lose()
	}
	return rows, err
}

// trust is whether a server takes queries for several certificates.
type trust struct {
	mu     sync.Mutex
	failed int // in a row
	no     bool
}

// lost tells that there is no use in asking for several certificates at once.
func (t *trust) lost() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.no
}

// lose says that the server cannot be asked for several certificates at once.
func (t *trust) lose() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.no = true
}

// note counts what came of a query: refused for what it is, or failed twice in
// a row, it is not asked again.
func (t *trust) note(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil {
		t.failed = 0
		return
	}
	t.failed++
	switch status := StatusOf(err); status {
	case http.StatusUnauthorized, http.StatusRequestTimeout, http.StatusTooManyRequests:
	default:
		t.no = t.no || 400 <= status && status <= 499
	}
	t.no = t.no || t.failed >= 2
}

// neighbourhood is what was read ahead in one collection.
type neighbourhood struct {
	finder       *Finder
	collectionID int64
	gather       gatherer[int64]
	trust        trust

	mu      sync.Mutex
	rows    map[int64]aheadRow
	written map[int64]int // the request after which a row may be believed again
	asked   int           // requests so far
	window  int           // ids read around each
	used    int           // rows handed out since the last request
	brought int           // rows of the last request
	idle    int           // requests in a row that nothing was used of
}

type aheadRow struct {
	row   *Certificate // nil when it was handed out, and is not expected to be asked for again
	until time.Time
}

// take hands out a row that was read ahead, once.
func (n *neighbourhood) take(id int64) *Certificate {
	n.mu.Lock()
	defer n.mu.Unlock()
	ahead, ok := n.rows[id]
	if !ok || ahead.row == nil {
		return nil
	}
	n.rows[id] = aheadRow{until: ahead.until}
	if n.finder.now().After(ahead.until) {
		return nil
	}
	n.used++
	return ahead.row
}

func (n *neighbourhood) drop(id int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.rows, id)
	n.written[id] = n.asked
}

// read asks for the ids and what surrounds them.
func (n *neighbourhood) read(ctx context.Context, ids []int64) map[int64]*Certificate {
	slices.Sort(ids)
	found := map[int64]*Certificate{}
	for part := range slices.Chunk(ids, idsAtOnce) {
		if n.trust.lost() {
			break
		}
		request, window := n.plan(len(part))
		if len(part) == 1 && window == 0 {
			break // nothing to gain: whoever asks looks it up
		}
		asked := neighbours(part, window)
		rows, err := n.finder.client.several(ctx, &n.trust, asked.query(n.collectionID), true)
		if err != nil {
			n.failed()
			break
		}
		n.keep(request, asked, part, rows, found)
	}
	return found
}

// plan numbers the request and sizes its window by how the last ones were used.
func (n *neighbourhood) plan(ids int) (request, window int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked++
	switch {
	case n.asked == 1 && ids == 1:
		// One certificate alone costs one request for one row.
	case n.window == 0:
		n.window = firstWindow
	case n.used*worthwhile > n.brought:
		n.window, n.idle = min(2*n.window, widestWindow), 0
	case n.used > 0:
		n.idle = 0
	default:
		if n.idle++; n.idle > 1 {
			n.window, n.idle = max(n.window/2, narrowestWindow), 0
		}
	}
	n.used = 0
	return n.asked, min(n.window, rowsAhead/ids)
}

// keep sorts the answer into what was asked for and what was read ahead. A row
// outside of the ids asked for means that the server ignored the query.
func (n *neighbourhood) keep(request int, asked ranges, ids []int64, rows []*Certificate, found map[int64]*Certificate) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.finder.now()
	kept := 0
	maps.DeleteFunc(n.rows, func(_ int64, ahead aheadRow) bool {
		if ahead.row != nil {
			kept++
		}
		return now.After(ahead.until)
	})
	n.brought = len(rows)
	for _, row := range rows {
		if !asked.contain(row.ID) {
			n.trust.lose()
			return
		}
		if at, written := n.written[row.ID]; written && at >= request {
			continue // read before it was changed
		}
		ahead := aheadRow{until: now.Add(keepAhead)}
		if slices.Contains(ids, row.ID) {
			found[row.ID] = row
		} else if old, known := n.rows[row.ID]; known && old.row == nil || kept >= keptAhead {
			continue
		} else {
			ahead.row = row
			kept++
		}
		n.rows[row.ID] = ahead
	}
}

// failed begins again with a small request.
func (n *neighbourhood) failed() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.window = 0
}

// ranges of ids, both ends included, in ascending order.
type ranges [][2]int64

// neighbours are the ids, sorted, and about window ids around each. Ranges that
// touch are one.
func neighbours(ids []int64, window int) ranges {
	before, after := int64(window/4), int64(window-window/4) // ids grow, and so do walks over them
	var out ranges
	for i := 0; i < len(ids); {
		from, to := max(ids[i]-before, 1), ids[i]+after
		for i++; i < len(ids) && ids[i]-before <= to+1; i++ {
			to = ids[i] + after
		}
		out = append(out, [2]int64{from, to})
	}
	return out
}

func (r ranges) contain(id int64) bool {
	return slices.ContainsFunc(r, func(one [2]int64) bool { return one[0] <= id && id <= one[1] })
}

// query asks for everything in the ranges, in one page.
func (r ranges) query(collectionID int64) CertificateQuery {
	clauses := make([]string, 0, len(r))
	rows := 0
	for _, one := range r {
		rows += int(one[1]-one[0]) + 1
		if one[0] == one[1] {
			clauses = append(clauses, fmt.Sprintf("CertId -eq %d", one[0]))
		} else {
			clauses = append(clauses, fmt.Sprintf("(CertId -ge %d AND CertId -le %d)", one[0], one[1]))
		}
	}
	return aheadQuery(strings.Join(clauses, " OR "), collectionID, rows)
}

func aheadQuery(query string, collectionID int64, rows int) CertificateQuery {
	return CertificateQuery{
		Query: query, CollectionID: collectionID, PageSize: max(rows, 50), SortField: "CertId",
		IncludeRevoked: true, IncludeExpired: true, IncludeMetadata: true, IncludeHasPrivateKey: true,
	}
}
