package venafi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
)

// httpd is Apache httpd, which can do what Go's server cannot: ask for the client certificate after it has read the
// URL. It passes requests on to a backend that plays vedauth and records whose certificate came with each.
type httpd struct {
	address string
	mu      sync.Mutex
	seen    []string // "METHOD path client-name"
}

// startHTTPD starts httpd on a free port, or skips the test where it is not installed.
func startHTTPD(t *testing.T, ca *authority, protocols, verifyIn string) *httpd {
	t.Helper()
	binary := ""
	for _, name := range []string{"apache2", "httpd", "/usr/sbin/apache2", "/usr/sbin/httpd"} {
		if found, err := exec.LookPath(name); err == nil {
			binary = found
			break
		}
	}
	modules := ""
	for _, dir := range []string{"/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/lib/httpd/modules"} {
		if _, err := os.Stat(filepath.Join(dir, "mod_ssl.so")); err == nil {
			modules = dir
		}
	}
	if binary == "" || modules == "" {
		t.Skip("needs Apache httpd with mod_ssl (Debian: apache2), the only server here that renegotiates TLS 1.2")
	}
	h := &httpd{}
	backend := httptest.NewServer(http.HandlerFunc(h.serve))
	t.Cleanup(backend.Close)

	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pair := ca.issue(t, "vedauth server")
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.address = listener.Addr().String()
	_ = listener.Close()

	var config strings.Builder
	fmt.Fprintf(&config, "ServerRoot %q\nServerName vedauth.test\nListen %s\nPidFile %q\nErrorLog %q\nMutex pthread default\n",
		dir, h.address, filepath.Join(dir, "pid"), filepath.Join(dir, "error.log"))
	for _, name := range []string{"mpm_event", "authz_core", "headers", "proxy", "proxy_http", "socache_shmcb", "ssl"} {
		fmt.Fprintf(&config, "LoadModule %s_module %q\n", name, filepath.Join(modules, "mod_"+name+".so"))
	}
	if os.Getuid() == 0 {
		config.WriteString("User nobody\nGroup nogroup\n")
	}
	fmt.Fprintf(&config, "StartServers 1\nThreadsPerChild 8\nThreadLimit 8\nMaxRequestWorkers 8\nMinSpareThreads 1\nMaxSpareThreads 8\n")
	fmt.Fprintf(&config, "SSLEngine on\nSSLProtocol %s\nSSLSessionCache none\nSSLCertificateFile %q\nSSLCertificateKeyFile %q\nSSLCACertificateFile %q\n", protocols,
		write("server.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}))),
		write("server.key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))),
		write("ca.pem", string(ca.pem)))
	fmt.Fprintf(&config, "RequestHeader set X-Client \"%%{SSL_CLIENT_S_DN_CN}s\"\nProxyPass / %s/\n", backend.URL)
	if verifyIn != "" {
		fmt.Fprintf(&config, "<Location %s>\nSSLVerifyClient require\n</Location>\n", verifyIn)
	}

	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, binary, "-DFOREGROUND", "-f", write("httpd.conf", config.String()))
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	var output strings.Builder
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); close(ended) }()
	t.Cleanup(func() { cancel(); <-ended })

	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", h.address)
		if err == nil {
			_ = conn.Close()
			return h
		}
		select {
		case <-ended:
			log, _ := os.ReadFile(filepath.Join(dir, "error.log"))
			t.Fatalf("httpd ended: %s\n%s", output.String(), log)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("httpd does not listen: %s", output.String())
		}
	}
}

func (h *httpd) serve(w http.ResponseWriter, r *http.Request) {
	client := r.Header.Get("X-Client")
	h.mu.Lock()
	h.seen = append(h.seen, r.Method+" "+r.URL.Path+" "+client)
	h.mu.Unlock()
	if client == "" || client == "(null)" {
		w.WriteHeader(401)
		return
	}
	if strings.HasSuffix(r.URL.Path, "/authorize/certificate") && client == "refused" {
		w.WriteHeader(400)
		_, _ = io.WriteString(w, `{"error":"unauthorized_client","error_description":"User is not authorized to use application 'x'"}`)
		return
	}
	_, _ = io.WriteString(w, `{"access_token":"AAAA==","expires_in":60}`)
}

func (h *httpd) config(t *testing.T, ca *authority, name string) Config {
	t.Helper()
	return Config{URL: h.address, ClientID: "MyApp", Scope: "certificate:manage", Certificate: ca.issue(t, name),
		Transport: transport.Options{CAPEM: ca.pem, RequestTimeout: 20 * time.Second, MaxRetries: 2, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}}
}

func TestHTTPD_AsksByRenegotiation(t *testing.T) {
	ca := newAuthority(t, "Test CA")
	for name, c := range map[string]struct {
		protocols string
		requests  string // what reached vedauth
	}{
		"TLS 1.2 only":    {"-all +TLSv1.2", "POST /vedauth/authorize/certificate device,POST /vedauth/authorize/certificate device,GET /vedauth/revoke/token device"},
		"TLS 1.2 and 1.3": {"-all +TLSv1.2 +TLSv1.3", "POST /vedauth/authorize/certificate device,POST /vedauth/authorize/certificate device,GET /vedauth/revoke/token device"},
	} {
		t.Run(name, func(t *testing.T) {
			h := startHTTPD(t, ca, c.protocols, "/vedauth")
			client, err := New(h.config(t, ca, "device"))
			if err != nil {
				t.Fatal(err)
			}
			defer client.CloseIdleConnections()
			first, err := client.Authorize(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err = client.Authorize(t.Context()); err != nil { // on the kept connection
				t.Fatal(err)
			}
			if err = first.Revoke(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(h.seen, ","); got != c.requests {
				t.Errorf("vedauth saw %s", got)
			}
			if ch := client.channel(); !ch.renegotiated.Load() {
				t.Error("a renegotiation looks like a handshake")
			}
		})
	}
}

func TestHTTPD_TLS13OnlyCannotAskAnyMore(t *testing.T) {
	ca := newAuthority(t, "Test CA")
	h := startHTTPD(t, ca, "-all +TLSv1.3", "/vedauth")
	_, err := Authorize(t.Context(), h.config(t, ca, "device"))
	var got *Error
	if !errors.As(err, &got) || got.Status != 403 || len(h.seen) != 0 {
		t.Fatalf("%v, vedauth saw %v", err, h.seen)
	}
	want := "The server never asked for the client certificate in the TLS 1.3 handshake. It may want to ask only after it has read the request, " +
		"which works by TLS 1.2 renegotiation alone, and a second try with TLS 1.2 failed: remote error: tls: protocol version not supported. " + askAtOnce
	if got.Diagnosis != want {
		t.Errorf("diagnosis %s", got.Diagnosis)
	}
}

func TestHTTPD_NeverAsks(t *testing.T) {
	ca := newAuthority(t, "Test CA")
	h := startHTTPD(t, ca, "-all +TLSv1.2 +TLSv1.3", "")
	_, err := Authorize(t.Context(), h.config(t, ca, "device"))
	var got *Error
	if !errors.As(err, &got) || got.Status != 401 || len(h.seen) != 2 || !strings.Contains(got.Diagnosis, "neither in the TLS 1.3 handshake nor with TLS 1.2") {
		t.Errorf("%v, vedauth saw %v, diagnosis %q", err, h.seen, got.Diagnosis)
	}
}

func TestHTTPD_RefusedAfterRenegotiation(t *testing.T) {
	ca := newAuthority(t, "Test CA")
	h := startHTTPD(t, ca, "-all +TLSv1.2", "/vedauth")
	_, err := Authorize(t.Context(), h.config(t, ca, "refused"))
	var got *Error
	if !errors.As(err, &got) || got.Status != 400 || got.Code != "unauthorized_client" || len(h.seen) != 1 {
		t.Errorf("%v, vedauth saw %v", err, h.seen)
	}
}

func TestHTTPD_CertificateOfAnotherAuthority(t *testing.T) {
	ca, other := newAuthority(t, "Test CA"), newAuthority(t, "Other CA")
	h := startHTTPD(t, ca, "-all +TLSv1.2", "/vedauth")
	c := h.config(t, ca, "")
	c.Certificate = other.issue(t, "stranger")
	_, err := Authorize(t.Context(), c)
	var got *CertificateRefusedError
	if !errors.As(err, &got) || got.Alert != "unknown certificate authority" || len(h.seen) != 0 {
		t.Errorf("%v, vedauth saw %v", err, h.seen)
	}
	var failed *transport.Error
	if !errors.As(err, &failed) || failed.Attempts != 1 {
		t.Errorf("%+v", failed)
	}
}

func TestHTTPD_IsNeededForTheseTests(t *testing.T) {
	// The control: without permission to renegotiate, the same server is out of reach.
	ca := newAuthority(t, "Test CA")
	h := startHTTPD(t, ca, "-all +TLSv1.2", "/vedauth")
	roots := x509.NewCertPool()
	roots.AddCert(ca.cert)
	plain := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{ca.issue(t, "device")}}}
	defer plain.CloseIdleConnections()
	_, err := (&http.Client{Transport: plain}).Post("https://"+h.address+"/vedauth/authorize/certificate", "application/json", strings.NewReader("{}"))
	if err == nil || !strings.Contains(err.Error(), "no renegotiation") {
		t.Error(err)
	}
}
