package transport

import "net/http"

// judgeRedirect refuses every redirect but that of a GET to the same scheme, host and port, which http.Client then
// follows. Judging here and not in http.Client.CheckRedirect covers the answers that net/http hands on as they are
// (a 307 to a request whose body cannot be read again) and the callers that use the transport without a client.
func judgeRedirect(req *http.Request, resp *http.Response) error {
	if resp.StatusCode < 300 || resp.StatusCode > 399 {
		return nil
	}
	refused := &RedirectError{Method: req.Method, Status: resp.StatusCode, From: Origin(req.URL)}
	target, err := req.URL.Parse(resp.Header.Get("Location"))
	named := err == nil && resp.Header.Get("Location") != ""
	if named && target.Host != "" {
		refused.To = Origin(target)
	}
	if req.Method != http.MethodGet {
		return refused
	}
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return nil // 300, 304 and the like send nobody anywhere: an ordinary answer
	}
	if named && refused.To == refused.From && target.User == nil {
		return nil
	}
	return refused
}
