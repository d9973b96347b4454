package simulator

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// apiPath is the path of Command's API under the host.
const apiPath = "/KeyfactorAPI"

// tokenPath is a Keycloak realm's token endpoint, as in the vendor's sample.
const tokenPath = "/realms/Keyfactor/protocol/openid-connect/token"

// Simulator is a running set of servers. Its methods may be called from several goroutines.
type Simulator struct {
	o        Options
	ca       *authority
	foreign  *authority // issues what nobody trusts: wrong client certificates, a changed server certificate
	servers  []*server
	world    *world
	journal  journal
	faults   faults
	tokens   tokens
	grants   grants
	password string
	secret   string
	static   string
	control  string
	stop     context.CancelFunc
	stopped  context.Context

	connections atomic.Int64
	active      active

	mu       sync.Mutex
	accounts []*Account
	live     Options // knobs that may be changed while running; see Configure
}

// server is one listener with its HTTP server.
type server struct {
	name     string
	address  string
	http     *http.Server
	listener *gate
	served   chan struct{}
	tls      atomic.Pointer[tls.Config]
}

// Start opens the servers. Close ends them.
func Start(o Options) (*Simulator, error) {
	o = o.withDefaults()
	s := &Simulator{
		o: o, live: o,
		password: random("Pw-"), secret: random("secret-"), static: random("static-"), control: random("control-"),
	}
	s.stopped, s.stop = context.WithCancel(context.Background())
	s.world = newWorld(o)
	s.faults.seed = o.Seed
	s.accounts = []*Account{{
		Name: User, Password: s.password, ClientID: ClientID, ClientSecret: s.secret,
		Roles: []string{Everything}, Permissions: []string{Everything},
	}}
	var err error
	if s.ca, err = newAuthority("Simulator root"); err == nil {
		s.foreign, err = newAuthority("Some other root")
	}
	if err != nil {
		return nil, err
	}
	if err := s.open(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := s.Inject(o.Faults...); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Simulator) open() error {
	for _, one := range []struct {
		name    string
		port    int
		handler http.Handler
	}{
		{"command", s.o.Ports.Command, s.commandHandler()},
		{"idp", s.o.Ports.IDP, s.idpHandler()},
		{"vedauth", s.o.Ports.Vedauth, s.vedauthHandler()},
		{"control", s.o.Ports.Control, s.controlHandler()},
	} {
		if err := s.serve(one.name, one.port, one.handler); err != nil {
			return fmt.Errorf("open the %s server: %w", one.name, err)
		}
	}
	return nil
}

func (s *Simulator) serve(name string, port int, handler http.Handler) error {
	listener, err := listen(port)
	if err != nil {
		return err
	}
	srv := &server{name: name, address: listener.Addr().String(), listener: listener, served: make(chan struct{})}
	srv.http = &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: time.Minute,
		ErrorLog:          log.New(io.Discard, "", 0),
		ConnContext:       s.connectionContext,
		BaseContext:       func(net.Listener) context.Context { return s.stopped },
	}
	if name == "control" {
		s.servers = append(s.servers, srv)
		go func() { defer close(srv.served); _ = srv.http.Serve(listener) }()
		return nil
	}
	if err := s.setCertificate(srv, s.ca); err != nil {
		return errors.Join(err, listener.Close())
	}
	srv.http.TLSConfig = &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2", "http/1.1"},
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return s.handshake(srv), nil
		},
	}
	if s.o.HTTP1Only || name == "vedauth" {
		srv.http.TLSConfig.NextProtos = []string{"http/1.1"}
		srv.http.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){}
	}
	s.servers = append(s.servers, srv)
	go func() { defer close(srv.served); _ = srv.http.ServeTLS(listener, "", "") }()
	return nil
}

// setCertificate makes a server present a new certificate of that authority from the next handshake on.
func (s *Simulator) setCertificate(srv *server, by *authority) error {
	certificate, err := by.server()
	if err != nil {
		return err
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{certificate}}
	config.NextProtos = []string{"h2", "http/1.1"}
	if s.o.HTTP1Only || srv.name == "vedauth" {
		config.NextProtos = []string{"http/1.1"}
	}
	if srv.name == "vedauth" {
		s.demandClientCertificate(config)
	}
	srv.tls.Store(config)
	return nil
}

// Close ends all servers at once, open requests included, and returns when they have ended.
func (s *Simulator) Close() error {
	s.stop()
	var failed error
	for _, srv := range s.servers {
		if err := srv.http.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			failed = errors.Join(failed, err)
		}
		_ = srv.listener.Close()
		<-srv.served
	}
	s.active.wait()
	return failed
}

// active counts the requests under way, so that Close can wait for the last one.
type active struct {
	mu    sync.Mutex
	count int
	idle  chan struct{} // closed by the last request when somebody waits
}

func (a *active) begin() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.count++
}

func (a *active) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.count--; a.count == 0 && a.idle != nil {
		close(a.idle)
		a.idle = nil
	}
}

func (a *active) wait() {
	a.mu.Lock()
	if a.count == 0 {
		a.mu.Unlock()
		return
	}
	if a.idle == nil {
		a.idle = make(chan struct{})
	}
	idle := a.idle
	a.mu.Unlock()
	<-idle
}

func (s *Simulator) server(name string) *server {
	for _, srv := range s.servers {
		if srv.name == name {
			return srv
		}
	}
	return nil
}

// Endpoint is the URL of Command's API, https://127.0.0.1:port/KeyfactorAPI.
func (s *Simulator) Endpoint() string { return "https://" + s.server("command").address + apiPath }

// TokenURL is the identity provider's token endpoint.
func (s *Simulator) TokenURL() string { return "https://" + s.server("idp").address + tokenPath }

// VedauthURL is the Venafi authentication server, https://127.0.0.1:port/vedauth.
func (s *Simulator) VedauthURL() string { return "https://" + s.server("vedauth").address + "/vedauth" }

// ControlURL is the control endpoint, plain http on loopback; it answers to ControlToken only.
func (s *Simulator) ControlURL() string { return "http://" + s.server("control").address }

// ControlToken is the random token of this start, sent to the control endpoint as Authorization: Bearer.
func (s *Simulator) ControlToken() string { return s.control }

// CAPEM is the certificate authority of this start, in PEM.
func (s *Simulator) CAPEM() string { return s.ca.pem() }

// Password is the password of User, random at each start.
func (s *Simulator) Password() string { return s.password }

// ClientSecret is the secret of ClientID, random at each start.
func (s *Simulator) ClientSecret() string { return s.secret }

// AccessToken is a bearer token that Command takes until RevokeTokens is called; it is random at each start.
func (s *Simulator) AccessToken() string { return s.static }

// Configure changes knobs while the simulator runs: edit gets the current ones and replaces maps and lists rather than
// changing them. Version, ports, clock, seed, faults, TLS and what seeds the world are fixed at the start.
func (s *Simulator) Configure(edit func(*Options)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.live
	edit(&next)
	next.Version, next.Now = s.o.Version, s.o.Now
	s.live = next
}

func (s *Simulator) options() Options {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live
}

func random(prefix string) string {
	var b [15]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return prefix + hex.EncodeToString(b[:])
}

type connectionKey struct{}

// connection is what is known of a TCP connection; it is in the context of each request that it carries.
type connection struct {
	number int
	conn   net.Conn
}

func (s *Simulator) connectionContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, &connection{number: int(s.connections.Add(1)), conn: c})
}
