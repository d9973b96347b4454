package simulator

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// kept holds an answer back.
type kept struct {
	sent   http.ResponseWriter
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *kept) Header() http.Header { return k.header }

func (k *kept) WriteHeader(status int) {
	if k.status == 0 {
		k.status = status
	}
}

func (k *kept) Write(b []byte) (int, error) {
	k.WriteHeader(http.StatusOK)
	return k.body.Write(b)
}

// spoil ends a request that was carried out without a whole answer.
func (c *call) spoil(r *rule, k *kept) {
	c.fact("carriedOut", k.status)
	switch r.Kind {
	case FaultLoseAnswer:
		c.reset()
	case FaultHangAfter:
		c.hang()
	}
	for name, values := range k.header {
		c.w.Header()[name] = values
	}
	body := k.body.Bytes()
	if len(body) > 0 {
		c.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	c.w.WriteHeader(k.status)
	if r.Kind == FaultCut {
		_, _ = c.w.Write(body[:len(body)/2])
		c.flush()
		c.reset()
	}
	for piece := range slices.Chunk(body, 1+len(body)/500) {
		if _, err := c.w.Write(piece); err != nil {
			return
		}
		c.flush()
		c.pause(r.delay())
		if c.r.Context().Err() != nil {
			return
		}
	}
}

func (c *call) flush() { _ = http.NewResponseController(c.w).Flush() }

// reset ends the request's connection with a TCP reset; in HTTP/2 only the request's stream, so that requests beside it
// are left alone.
func (c *call) reset() {
	if conn, ok := c.r.Context().Value(connectionKey{}).(*connection); ok && c.r.ProtoMajor == 1 {
		cutConnection(conn.conn)
	}
	panic(http.ErrAbortHandler)
}

func cutConnection(conn net.Conn) {
	under := conn
	if t, ok := conn.(interface{ NetConn() net.Conn }); ok {
		under = t.NetConn()
	}
	if t, ok := under.(*tracked); ok {
		_ = t.SetLinger(0)
	}
	_ = under.Close()
}

// hang waits until the client gives up or the simulator ends.
func (c *call) hang() {
	select {
	case <-c.r.Context().Done():
	case <-c.s.stopped.Done():
	}
	panic(http.ErrAbortHandler)
}

// flood sends a large answer, white space before an object so that a JSON decoder reads on.
func (c *call) flood(r *rule) {
	size, status := r.Size, r.Status
	if size == 0 {
		size = 100 << 20
	}
	if status == 0 {
		status = http.StatusOK
	}
	c.w.Header().Set("Content-Type", "application/json")
	var to io.Writer = c.w
	if r.Gzip && strings.Contains(c.r.Header.Get("Accept-Encoding"), "gzip") {
		c.w.Header().Set("Content-Encoding", "gzip")
		packed := gzip.NewWriter(c.w)
		defer packed.Close()
		to = packed
	}
	c.w.WriteHeader(status)
	chunk := bytes.Repeat([]byte(" "), 64<<10)
	for size > 0 {
		n := min(size, int64(len(chunk)))
		if _, err := to.Write(chunk[:n]); err != nil {
			return
		}
		size -= n
	}
	_, _ = to.Write([]byte("{}"))
}

// refuse shuts the server's port for a while and cuts its connections, other requests' too, as a restart does.
func (s *Simulator) refuse(c *call, d time.Duration) {
	listener := s.server(c.entry.Server).listener
	if listener.shut() {
		time.AfterFunc(d, func() { _ = listener.open() })
	}
	listener.cut()
	panic(http.ErrAbortHandler)
}

// changeCertificate presents a new certificate: for good, or for a while one that nobody trusts.
func (s *Simulator) changeCertificate(c *call, r *rule) {
	srv := s.server(c.entry.Server)
	before, by := srv.tls.Load(), s.foreign
	if r.Trusted {
		by = s.ca
	}
	if err := s.setCertificate(srv, by); err == nil && !r.Trusted {
		changed := srv.tls.Load()
		time.AfterFunc(r.delay(), func() { srv.tls.CompareAndSwap(changed, before) })
	}
	if conn, ok := c.r.Context().Value(connectionKey{}).(*connection); ok {
		cutConnection(conn.conn) // in HTTP/2 too: only a new handshake shows the certificate
	}
	panic(http.ErrAbortHandler)
}

// echo repeats what was sent in the error's message.
func (c *call) echo(r *rule) {
	status := r.Status
	if status == 0 {
		status = http.StatusBadRequest
	}
	var sent bytes.Buffer
	_ = c.r.Header.Write(&sent)
	message := c.r.Method + " " + c.r.URL.String() + " " + sent.String() + " " + string(c.body)
	body, _ := json.Marshal(map[string]string{
		"ErrorCode": codeValidation, "Message": message, "error": "invalid_request", "error_description": message,
	})
	c.send(status, "application/json", body)
}
