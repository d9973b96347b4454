package keyfactor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
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
	// firstWindow and widestWindow are how many ids are read around each.
	firstWindow, widestWindow = 32, 512
	// rowsAhead bounds the rows of one request, and so its size and memory.
	rowsAhead = 600
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
	thumbprints map[int64]*gatherer[thumbprint]
}

// thumbprint is one question of a batch by thumbprint.
type thumbprint struct{ sha1, sha256 string }

func newFinder(client *Client) *Finder {
	return &Finder{
		client: client, now: time.Now,
		ahead: map[int64]*neighbourhood{}, thumbprints: map[int64]*gatherer[thumbprint]{},
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
	if !n.refused() {
		row, err := n.gather.get(ctx, id)
		if row != nil || err != nil {
			return row, err
		}
	}
	return f.client.FindByID(ctx, id, collectionID)
}

// Importing says that an operation may call ByThumbprint until it calls end.
func (f *Finder) Importing(collectionID int64) (end func()) {
	return f.byThumbprint(collectionID).begin()
}

// ByThumbprint is Client.FindByThumbprint for a certificate that is expected
// to be there, for a caller that has announced itself by Importing.
func (f *Finder) ByThumbprint(ctx context.Context, sha1, sha256 string, collectionID int64) (*Certificate, error) {
	row, err := f.byThumbprint(collectionID).get(ctx, thumbprint{NormalThumbprint(sha1), sha256})
	if row != nil || err != nil {
		return row, err
	}
	return f.client.FindByThumbprint(ctx, sha1, sha256, collectionID)
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

func (f *Finder) byThumbprint(collectionID int64) *gatherer[thumbprint] {
	f.mu.Lock()
	defer f.mu.Unlock()
	g := f.thumbprints[collectionID]
	if g == nil {
		g = &gatherer[thumbprint]{linger: true, ask: func(ctx context.Context, keys []thumbprint) map[thumbprint]*Certificate {
			return f.readThumbprints(ctx, keys, collectionID)
		}}
		f.thumbprints[collectionID] = g
	}
	return g
}

// readThumbprints asks for several certificates in one request. What it does
// not bring, each asker looks up by itself; one alone always does so.
func (f *Finder) readThumbprints(ctx context.Context, keys []thumbprint, collectionID int64) map[thumbprint]*Certificate {
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
		rows, err := f.client.certificates(ctx, aheadQuery(strings.Join(clauses, " OR "), collectionID, len(part)+1), f.client.prefersPrefixed(certificatesPath))
		if err != nil {
			return found
		}
		for i := range rows {
			for _, k := range part {
				if rows[i].Is(k.sha1, k.sha256) && (found[k] == nil || rows[i].ID < found[k].ID) {
					found[k] = &rows[i]
				}
			}
		}
	}
	return found
}

// neighbourhood is what was read ahead in one collection.
type neighbourhood struct {
	finder       *Finder
	collectionID int64
	gather       gatherer[int64]

	mu      sync.Mutex
	rows    map[int64]aheadRow
	written map[int64]int // the request after which a row may be believed again
	asked   int           // requests so far
	window  int           // ids read around each
	used    int           // rows handed out since the last request
	idle    int           // requests in a row that nothing was used of
	off     bool          // the server refuses such queries
}

type aheadRow struct {
	row   *Certificate
	until time.Time
}

// take hands out a row that was read ahead, once.
func (n *neighbourhood) take(id int64) *Certificate {
	n.mu.Lock()
	defer n.mu.Unlock()
	ahead, ok := n.rows[id]
	if !ok {
		return nil
	}
	delete(n.rows, id)
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

// refused tells that this server does not take such queries.
func (n *neighbourhood) refused() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.off
}

// read asks for the ids and what surrounds them.
func (n *neighbourhood) read(ctx context.Context, ids []int64) map[int64]*Certificate {
	slices.Sort(ids)
	found := map[int64]*Certificate{}
	for part := range slices.Chunk(ids, idsAtOnce) {
		if n.refused() {
			break
		}
		request, window := n.plan(len(part))
		if len(part) == 1 && window == 0 {
			break // nothing to gain: whoever asks looks it up
		}
		asked := neighbours(part, window)
		client := n.finder.client
		rows, err := client.certificates(ctx, asked.query(n.collectionID), client.prefersPrefixed(certificatesPath))
		if err != nil {
			n.failed(err)
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
	case n.window == 0 && n.asked <= 2:
		n.window = firstWindow
	case n.used > 0:
		n.window, n.idle = min(2*n.window, widestWindow), 0
	default:
		if n.idle++; n.idle > 1 {
			n.window, n.idle = n.window/2, 0
		}
	}
	n.used = 0
	return n.asked, min(n.window, rowsAhead/ids)
}

// keep sorts the answer into what was asked for and what was read ahead. A row
// outside of the ids asked for means that the server ignored the query.
func (n *neighbourhood) keep(request int, asked ranges, ids []int64, rows []Certificate, found map[int64]*Certificate) {
	n.mu.Lock()
	defer n.mu.Unlock()
	until := n.finder.now().Add(keepAhead)
	for i := range rows {
		row := &rows[i]
		if !asked.contain(row.ID) {
			n.off = true
			return
		}
		if at, written := n.written[row.ID]; written && at >= request {
			continue // read before it was changed
		}
		row.forgetContent()
		if slices.Contains(ids, row.ID) {
			found[row.ID] = row
		} else {
			n.rows[row.ID] = aheadRow{row: row, until: until}
		}
	}
}

// failed stops reading ahead where the server refuses such queries; after any
// other failure the next request is a small one.
func (n *neighbourhood) failed(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var answer *Error
	n.off = n.off || errors.As(err, &answer) && answer.Status == http.StatusBadRequest
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
