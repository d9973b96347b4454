package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const files = "../../certfile/testdata"

func certinfo(t *testing.T, arguments ...string) (status int, out, errors string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status = run(arguments, &stdout, &stderr)
	return status, stdout.String(), stderr.String()
}

// withoutPassword takes CERT_PASSWORD out of the environment for one test.
func withoutPassword(t *testing.T) {
	t.Setenv("CERT_PASSWORD", "")
	if err := os.Unsetenv("CERT_PASSWORD"); err != nil {
		t.Fatal(err)
	}
}

func TestCertinfo_PrintsTheFacts(t *testing.T) {
	t.Setenv("CERT_PASSWORD", "secret")
	status, out, errors := certinfo(t, filepath.Join(files, "openssl-default.p12"))
	if status != 0 || errors != "" {
		t.Fatalf("status %d: %s", status, errors)
	}
	for _, want := range []string{
		"format             pkcs12\n", `subject            CN=web.example,OU=Ops+OU=Web,O=Example\, Inc.,L=Frankfurt,ST=Hessen,C=DE` + "\n",
		"dns_names          web.example, *.web.example\n", "key_algorithm      ECDSA\n", "has_private_key    true\n", "is_ca              false\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no line %q in\n%s", want, out)
		}
	}
	if first, _, _ := strings.Cut(out, "\n"); !strings.HasPrefix(first, "thumbprint         ") || len(first) != 19+40 {
		t.Errorf("the first line is %q", first)
	}
	if strings.Count(out, "\nchain ") != 2 {
		t.Errorf("not two certificates in the chain:\n%s", out)
	}
}

func TestCertinfo_PasswordComesFromTheEnvironment(t *testing.T) {
	for _, test := range []struct {
		password, file string
		status         int
		want           string
	}{
		{"wrong", "openssl-default.p12", 1, "Wrong password"},
		{"", "openssl-default.p12", 1, "Wrong password"},
		{"", "openssl-empty.p12", 0, ""},
		{"secret", "not-request.pem", 1, "signing request"},
		{"secret", "absent.pem", 1, "no such file"},
	} {
		t.Setenv("CERT_PASSWORD", test.password)
		status, _, errors := certinfo(t, filepath.Join(files, test.file))
		if status != test.status || !strings.Contains(errors, test.want) {
			t.Errorf("%s with %q: status %d, %s", test.file, test.password, status, errors)
		}
	}
}

// go test has no terminal to ask on.
func TestCertinfo_NoPasswordAndNoTerminal(t *testing.T) {
	withoutPassword(t)
	status, out, errors := certinfo(t, filepath.Join(files, "openssl-default.p12"))
	if status != 1 || out != "" || !strings.Contains(errors, "none was given") {
		t.Errorf("status %d: %s%s", status, out, errors)
	}
	if status, _, errors := certinfo(t, filepath.Join(files, "openssl-open.p12")); status != 0 {
		t.Errorf("a file that needs no password: %s", errors)
	}
}

func TestCertinfo_Usage(t *testing.T) {
	for _, arguments := range [][]string{nil, {"-h"}, {"a.pem", "password"}} {
		if status, _, errors := certinfo(t, arguments...); status != 2 || !strings.Contains(errors, "usage") {
			t.Errorf("%v: status %d, %s", arguments, status, errors)
		}
	}
}
