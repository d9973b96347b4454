package simulator

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"time"
)

// gate is a listener on 127.0.0.1 that can be shut for a while: the port then refuses connections, as that of a server
// that restarts does.
type gate struct {
	address net.Addr

	mu     sync.Mutex
	opened *sync.Cond
	tcp    net.Listener // nil while shut
	closed bool
	conns  map[*tracked]struct{}
}

// tracked is a connection that its gate can cut.
type tracked struct {
	*net.TCPConn
	gate *gate
}

func (t *tracked) Close() error {
	t.gate.mu.Lock()
	delete(t.gate.conns, t)
	t.gate.mu.Unlock()
	return t.TCPConn.Close()
}

func listen(port int) (*gate, error) {
	tcp, err := bind(fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, err
	}
	g := &gate{address: tcp.Addr(), tcp: tcp, conns: map[*tracked]struct{}{}}
	g.opened = sync.NewCond(&g.mu)
	return g, nil
}

func bind(address string) (net.Listener, error) {
	return new(net.ListenConfig).Listen(context.Background(), "tcp", address)
}

// Accept waits for the next connection, over times of being shut.
func (g *gate) Accept() (net.Conn, error) {
	for {
		g.mu.Lock()
		for g.tcp == nil && !g.closed {
			g.opened.Wait()
		}
		tcp, closed := g.tcp, g.closed
		g.mu.Unlock()
		if closed {
			return nil, net.ErrClosed
		}
		conn, err := tcp.Accept()
		if err == nil {
			return g.track(conn)
		}
		g.mu.Lock()
		gone := g.tcp == tcp && !g.closed
		g.mu.Unlock()
		if gone {
			return nil, err
		}
	}
}

func (g *gate) track(conn net.Conn) (net.Conn, error) {
	t := &tracked{TCPConn: conn.(*net.TCPConn), gate: g}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.conns[t] = struct{}{}
	return t, nil
}

// Close ends the listener for good.
func (g *gate) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil
	}
	g.closed = true
	g.opened.Broadcast()
	if g.tcp == nil {
		return nil
	}
	return g.tcp.Close()
}

func (g *gate) Addr() net.Addr { return g.address }

// shut refuses new connections until open is called; it tells whether the port was open before.
func (g *gate) shut() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.tcp == nil || g.closed {
		return false
	}
	tcp := g.tcp
	g.tcp = nil
	_ = tcp.Close()
	return true
}

// cut resets all open connections.
func (g *gate) cut() {
	g.mu.Lock()
	open := make([]*tracked, 0, len(g.conns))
	for t := range g.conns {
		open = append(open, t)
	}
	g.mu.Unlock()
	for _, t := range open {
		_ = t.SetLinger(0)
		_ = t.Close()
	}
}

// open listens again on the same port. Somebody may hold it meanwhile, were it a client that dialled the free port and
// was given the same one as its own: it tries for ten seconds.
func (g *gate) open() error {
	var err error
	for range 1000 {
		g.mu.Lock()
		if g.closed || g.tcp != nil {
			g.mu.Unlock()
			return nil
		}
		var tcp net.Listener
		if tcp, err = bind(g.address.String()); err == nil {
			g.tcp = tcp
			g.opened.Broadcast()
			g.mu.Unlock()
			return nil
		}
		g.mu.Unlock()
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("listen again on %s: %w", g.address, err)
}

// StopListening makes a server ("command", "idp", "vedauth") refuse connections until Listen is called; open
// connections are cut.
func (s *Simulator) StopListening(name string) {
	listener := s.server(name).listener
	listener.shut()
	listener.cut()
}

// Listen undoes StopListening.
func (s *Simulator) Listen(name string) error { return s.server(name).listener.open() }

// ChangeCertificate makes a server present a new certificate from the next handshake on: one of the same authority, or
// one of an authority that nobody trusts.
func (s *Simulator) ChangeCertificate(name string, trusted bool) error {
	by := s.foreign
	if trusted {
		by = s.ca
	}
	return s.setCertificate(s.server(name), by)
}

// handshake is the configuration of the next handshake.
func (s *Simulator) handshake(srv *server) *tls.Config { return srv.tls.Load() }
