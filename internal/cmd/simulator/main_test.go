package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"
)

// output is written by the command and read by the test.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

func TestRun_PrintsWhatToPasteAndLeavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, interrupt := context.WithCancel(t.Context())
	var out, errors output
	ended := make(chan error)
	go func() {
		ended <- run(ctx, []string{"-version", "12.4.0.0", "-faults", "-seed", "7", "-v"}, &out, &errors)
	}()
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(out.String(), "Interrupt"); {
		if time.Now().After(deadline) {
			t.Fatalf("nothing was printed: %s", &errors)
		}
		time.Sleep(time.Millisecond)
	}
	text := out.String()
	for _, want := range []string{
		`endpoint       = "https://127.0.0.1:`, `basic = { username = "KEYEXAMPLE\\svc-terraform", password = "Pw-`,
		"/vedauth", "fault seed         7", "Authorization: Bearer control-",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	ca := regexp.MustCompile(`ca_certificate = "(.*)"`).FindStringSubmatch(text)[1]
	if data, err := os.ReadFile(ca); err != nil || !strings.Contains(string(data), "BEGIN CERTIFICATE") {
		t.Errorf("CA file: %v", err)
	}
	useAtVedauth(t, ca, text)
	interrupt()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// useAtVedauth gets a token with what the printed block holds.
func useAtVedauth(t *testing.T, ca, text string) {
	t.Helper()
	block := regexp.MustCompile(`# venafi_certificate = { url = "(.*)", client_id = "(.*)", scope = "(.*)", pkcs12 = filebase64\("(.*)"\), pkcs12_password = "(.*)" }`)
	found := block.FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no block venafi_certificate in\n%s", text)
	}
	if info, err := os.Stat(found[4]); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	data, err := os.ReadFile(found[4])
	if err != nil {
		t.Fatal(err)
	}
	key, leaf, _, err := pkcs12.DecodeChain(data, found[5])
	if err != nil {
		t.Fatal(err)
	}
	authority, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{
		RootCAs: roots, Certificates: []tls.Certificate{{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}},
	}}}
	defer client.CloseIdleConnections()
	resp, err := client.Post(found[1]+"/authorize/certificate", "application/json",
		strings.NewReader(`{"client_id":"`+found[2]+`","scope":"`+found[3]+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	if resp.StatusCode != http.StatusOK || !strings.Contains(string(body), `"access_token"`) {
		t.Errorf("%s: %s", resp.Status, body)
	}
}

func TestRun_WrongArguments(t *testing.T) {
	for _, args := range [][]string{{"-nothing"}, {"word"}, {"-port", "x"}} {
		var out, errors output
		if err := run(t.Context(), args, &out, &errors); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}
