package keyfactor

import "context"

// ListCertificates lists the certificates that q selects to the last page; its
// Page is ignored, and PageSize 0 means DefaultPageSize. Permission:
// "Certificates: Read" in Command 10, /certificates/collections/read/ from 11
// on, for the collection where one is named, else for all.
func (c *Client) ListCertificates(ctx context.Context, q CertificateQuery) ([]Certificate, error) {
	l := listing[Certificate]{
		path: certificatesPath, query: q.Query,
		sort: q.SortField, sortIsOurs: q.SortField == "",
		descending: q.Descending, pageSize: q.PageSize,
		// Whether a row answers the query cannot be seen here.
		proof: q.Query != "" || q.SortField != "" || q.Descending || q.IncludeExpired || q.IncludeRevoked,
		id:    func(row *Certificate) int64 { return row.ID },
	}
	if l.sort == "" {
		l.sort, l.byID = "CertId", true
	}
	switches := q
	switches.Query, switches.Page, switches.PageSize, switches.SortField, switches.Descending = "", 0, 0, "", false
	l.more = switches.values
	return list(ctx, c, l)
}
