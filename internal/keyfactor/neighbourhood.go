package keyfactor

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

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
