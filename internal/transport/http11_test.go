package transport

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/http2"
)

// refuseHTTP2 ends the first stream of an HTTP/2 connection as IIS does where Windows authentication or a client
// certificate needs HTTP/1.1 (RFC 9113 section 7, HTTP_1_1_REQUIRED).
func refuseHTTP2(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(conn, preface); err != nil {
		return
	}
	framer := http2.NewFramer(conn, bufio.NewReader(conn))
	_ = framer.WriteSettings()
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return
		}
		switch f := frame.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				_ = framer.WriteSettingsAck()
			}
		case *http2.HeadersFrame:
			_ = framer.WriteRSTStream(f.StreamID, http2.ErrCodeHTTP11Required)
		}
	}
}

func TestRoundTrip_ServerThatWantsHTTP1(t *testing.T) {
	var streams, requests atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		requests.Add(1)
		_, _ = io.WriteString(w, r.Proto+" "+string(body))
	}))
	server.TLS = &tls.Config{NextProtos: []string{"h2", "http/1.1"}}
	server.Config.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){
		"h2": func(_ *http.Server, conn *tls.Conn, _ http.Handler) { streams.Add(1); refuseHTTP2(conn) },
	}
	server.StartTLS()
	defer server.Close()
	tr, _, slept := with(t, server, func(o *Options) { o.MaxRetries = 0 })
	for range 2 {
		resp, err := tr.Client(nil).Post(server.URL+"/x", "", io.MultiReader(strings.NewReader("body")))
		if err != nil {
			t.Fatal(err)
		}
		if got := text(t, resp); got != "HTTP/1.1 body" || AttemptsOf(resp) > 2 || MayHaveBeenCarriedOut(resp) {
			t.Error(got, AttemptsOf(resp))
		}
	}
	if streams.Load() != 1 || requests.Load() != 2 || len(slept.list) != 0 {
		t.Errorf("%d connections over HTTP/2, %d requests, %d waits", streams.Load(), requests.Load(), len(slept.list))
	}
}
