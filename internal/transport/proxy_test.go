package transport

import (
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
)

// through returns a transport whose proxy for https is at the address.
func through(t *testing.T, address string) (*Transport, *waits) {
	t.Helper()
	t.Setenv("HTTPS_PROXY", address)
	t.Setenv("NO_PROXY", "direct.invalid")
	slept := &waits{}
	tr := New(Options{MaxRetries: 2, Sleep: slept.sleep})
	t.Cleanup(tr.CloseIdleConnections)
	return tr, slept
}

func TestProxy_DownIsNamedAndNotTheServer(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	tr, slept := through(t, "http://user:PROXYSECRET@"+address)
	_, err = tr.Client(nil).Get("https://command.invalid/x")
	got := cause[*ProxyError](t, err)
	if got.Host != address || got.Status != 0 || cause[syscall.Errno](t, got) != syscall.ECONNREFUSED {
		t.Errorf("%+v", got)
	}
	if want := "the proxy " + address + " cannot be reached: dial tcp " + address + ": connect: connection refused"; got.Error() != want || len(slept.list) != 2 {
		t.Errorf("%q after %d waits", got, len(slept.list))
	}
}

func TestProxy_UntrustedIsNotTakenForTheServer(t *testing.T) {
	proxy := httptest.NewUnstartedServer(http.NotFoundHandler())
	proxy.Config.ErrorLog = log.New(io.Discard, "", 0)
	proxy.StartTLS()
	defer proxy.Close()
	tr, slept := through(t, proxy.URL)
	_, err := tr.Client(nil).Get("https://command.invalid/x")
	got := cause[*ProxyError](t, err)
	_ = cause[x509.UnknownAuthorityError](t, got)
	if got.Host != strings.TrimPrefix(proxy.URL, "https://") || len(slept.list) != 0 {
		t.Errorf("%+v after %d waits", got, len(slept.list))
	}
}

func TestProxy_UnreadableAddressIsNoDirectConnection(t *testing.T) {
	for _, address := range []string{
		"http://user:p%zz@proxy.invalid:3128", "http://user:pa#ss@proxy.invalid:3128", "user:12/34@proxy.invalid:3128", "http://user:pa?ss@proxy.invalid", "http://",
	} {
		tr, slept := through(t, address)
		_, err := tr.Client(nil).Get("https://command.invalid/x")
		if got := cause[*ProxyError](t, err); got.Error() != errProxyAddress.Error() || len(slept.list) != 0 {
			t.Errorf("%s: %v after %d waits", address, got, len(slept.list))
		}
		if _, err = tr.Client(nil).Get("https://direct.invalid/x"); cause[*net.DNSError](t, err).Name != "direct.invalid" {
			t.Errorf("%s: %v", address, err)
		}
	}
}
