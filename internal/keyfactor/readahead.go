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

func aheadQuery(query string, collectionID int64, rows int) CertificateQuery {
	return CertificateQuery{
		Query: query, CollectionID: collectionID, PageSize: max(rows, 50), SortField: "CertId",
		IncludeRevoked: true, IncludeExpired: true, IncludeMetadata: true, IncludeHasPrivateKey: true,
	}
}
