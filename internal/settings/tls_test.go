package settings

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"
)

// certificate makes a CA certificate and its key, both PEM.
func certificate(t *testing.T, name string) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Unix(2e9, 0), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))
}

func TestCA_Forms(t *testing.T) {
	first, _ := certificate(t, "first")
	second, _ := certificate(t, "second")
	for name, text := range map[string]string{
		"as openssl writes it":  first + second,
		"text around it":        "subject=CN = first\n" + first + "\nissuer: x\n" + second + "tail",
		"line ends of Windows":  strings.ReplaceAll(first+second, "\n", "\r\n"),
		"line ends of old Macs": strings.ReplaceAll(first+second, "\n", "\r"),
		"a byte order mark":     "\xEF\xBB\xBF" + first + second,
		"an indented heredoc":   "    " + strings.ReplaceAll(first+second, "\n", "\n    "),
		"no last line end":      strings.TrimSuffix(first+second, "\n"),
		"line ends written out": strings.ReplaceAll(first+second, "\n", `\n`),
	} {
		w := world{config: with(onlyEndpoint, "access_token", "t", "ca_certificate", text)}
		r := w.resolve()
		if string(r.Settings.CAPEM) != first+second || len(r.Problems) > 0 {
			t.Errorf("%s: %q %s", name, r.Settings.CAPEM, lines(r.Problems))
		}
		w = world{config: with(onlyEndpoint, "access_token", "t"), vars: map[string]string{"KEYFACTOR_CA_CERT": "~/ca.pem\n"}, files: map[string]string{"/home/user/ca.pem": text}}
		if r := w.resolve(); string(r.Settings.CAPEM) != first+second || len(r.Problems) > 0 {
			t.Errorf("%s, in a file: %q %s", name, r.Settings.CAPEM, lines(r.Problems))
		}
	}
	file := strings.Replace(basicFile, `"host"`, `"ca_cert_path":"/ca.pem","host"`, 1)
	r := world{config: map[string]string{"config_file": "/f"}, files: map[string]string{"/f": file, "/ca.pem": first}}.resolve()
	wantProblems(t, r.Problems)
	if string(r.Settings.CAPEM) != first || r.Settings.Sources["ca_certificate"] != (Source{File, "/f#servers.default.ca_cert_path"}) {
		t.Errorf("%+v", r.Settings)
	}
}

func TestCA_Refused(t *testing.T) {
	good, key := certificate(t, "SECRET")
	garbage := "-----BEGIN CERTIFICATE-----\n" + base64.StdEncoding.EncodeToString([]byte("SECRET SECRET")) + "\n-----END CERTIFICATE-----\n"
	const end = " Give one or more CA certificates as PEM text, or the path of a PEM file. This setting can also come from the environment variable KEYFACTOR_CA_CERT."
	for name, c := range map[string]struct{ text, wrong string }{
		"a key beside it":         {good + key, "holds a private key, which does not belong there."},
		"one that is none":        {good + garbage, "holds a certificate that cannot be read, number 2."},
		"cut":                     {good + good[:len(good)-40], "holds a damaged or truncated PEM block."},
		"another kind of block":   {strings.ReplaceAll(good, "CERTIFICATE", "CERTIFICATE REQUEST"), "holds no PEM certificate."},
		"larger than the limit":   {good + strings.Repeat(" ", 1<<20), "is longer than 1 MiB."},
		"base64 of a certificate": {strings.Split(good, "\n")[1], "is not PEM text, so it was taken for the path of a file, and no file can be read there: file does not exist."},
		"a file that is not PEM":  {"/text", "names a file that holds no PEM certificate."},
		"a file with a key":       {"/key", "names a file that holds a private key, which does not belong there."},
		"a file that is too big":  {"/big", "is not PEM text, so it was taken for the path of a file, and no file can be read there: it is larger than 1 MiB."},
	} {
		w := world{config: with(onlyEndpoint, "access_token", "t", "ca_certificate", c.text), files: map[string]string{"/text": "SECRET", "/key": key, "/big": strings.Repeat(" ", 1<<20+1)}}
		r := w.resolve()
		t.Log(name)
		at := "" // at the whole block: Terraform would quote the text
		if strings.HasPrefix(c.text, "/") || !strings.Contains(c.text, "\n") {
			at = "ca_certificate"
		}
		wantProblems(t, r.Problems, "invalid "+at+" | Invalid ca_certificate | The argument ca_certificate "+c.wrong+end)
		if r.Settings.CAPEM != nil {
			t.Errorf("%q", r.Settings.CAPEM)
		}
	}
	wantProblems(t, world{config: with(onlyEndpoint, "access_token", "t", "ca_certificate", "")}.resolve().Problems,
		"invalid ca_certificate | Invalid ca_certificate | The argument ca_certificate is empty. Give it a value, or leave it out. This setting can also come from the environment variable KEYFACTOR_CA_CERT.")
}

func TestResolveCA_ArgumentThatStandsAlone(t *testing.T) {
	good, _ := certificate(t, "x")
	for _, v := range []Value{Text(good), Text("/ca.pem")} {
		got, problems := ResolveCA("ca_certificate", v, world{files: map[string]string{"/ca.pem": good}}.environment())
		wantProblems(t, problems)
		if !bytes.Equal(got, []byte(good)) {
			t.Errorf("%q", got)
		}
	}
	for _, v := range []Value{{}, {State: Unknown}} {
		if got, problems := ResolveCA("ca_certificate", v, Environment{}); got != nil || problems != nil {
			t.Errorf("%q %s", got, lines(problems))
		}
	}
	_, problems := ResolveCA("ca_certificate", Text("SECRET"), Environment{})
	wantProblems(t, problems, "invalid ca_certificate | Invalid ca_certificate | The argument ca_certificate is not PEM text, so it was taken for the path of a file, and no file can be read there: files cannot be read here. Give one or more CA certificates as PEM text, or the path of a PEM file.")
}

func TestSkipVerify(t *testing.T) {
	ca, _ := certificate(t, "ca")
	for _, c := range []struct {
		config, ca, env string
		want            bool
		source          Source
	}{
		{"", "", "", false, Source{Default, ""}},
		{"true", "", "", true, Source{Configuration, "skip_tls_verify"}},
		{"false", "", "true", false, Source{Configuration, "skip_tls_verify"}},
		{"", "", "true", true, Source{FromEnvironment, "KEYFACTOR_SKIP_VERIFY"}},
		{"", "", "1", true, Source{FromEnvironment, "KEYFACTOR_SKIP_VERIFY"}},
		{"", "", " TRUE ", true, Source{FromEnvironment, "KEYFACTOR_SKIP_VERIFY"}},
		{"", "", "yes", false, Source{FromEnvironment, "KEYFACTOR_SKIP_VERIFY"}},
		{"", "", "0", false, Source{FromEnvironment, "KEYFACTOR_SKIP_VERIFY"}},
		{"", ca, "true", false, Source{Configuration, "ca_certificate"}},
		{"true", ca, "", true, Source{Configuration, "skip_tls_verify"}},
	} {
		config := with(onlyEndpoint, "access_token", "t")
		if c.config != "" {
			config["skip_tls_verify"] = c.config
		}
		if c.ca != "" {
			config["ca_certificate"] = c.ca
		}
		r := world{config: config, vars: map[string]string{"KEYFACTOR_SKIP_VERIFY": c.env}}.resolve()
		if r.Settings.SkipTLSVerify != c.want || r.Settings.Sources["skip_tls_verify"] != c.source {
			t.Errorf("%+v: %t %+v", c, r.Settings.SkipTLSVerify, r.Settings.Sources["skip_tls_verify"])
		}
		const rest = " turns the verification of server certificates off, for Command, the token endpoint and vedauth alike: whoever is in between can read and change everything, credentials included. Give the issuer's certificate in ca_certificate instead."
		switch {
		case !c.want:
			wantProblems(t, r.Problems)
		case c.source.Kind == Configuration:
			wantProblems(t, r.Problems, "warning skip_tls_verify | TLS certificates are not verified | The argument skip_tls_verify"+rest)
		default:
			wantProblems(t, r.Problems, "warning skip_tls_verify | TLS certificates are not verified | The environment variable KEYFACTOR_SKIP_VERIFY"+rest)
		}
	}
	// Not known yet: nobody is trusted blindly in the meantime.
	r := world{config: with(onlyEndpoint, "access_token", "t"), unknown: []string{"ca_certificate"}, vars: map[string]string{"KEYFACTOR_SKIP_VERIFY": "true"}}.resolve()
	if r.Settings.SkipTLSVerify || len(r.Unknown) != 1 {
		t.Errorf("%+v", r)
	}
}

func TestLimits(t *testing.T) {
	for text, want := range map[string]time.Duration{"90s": 90 * time.Second, "90": 90 * time.Second, "1.5": 1500 * time.Millisecond, " 2m30s\n": 150 * time.Second, "24h": 24 * time.Hour, "500ms": 500 * time.Millisecond} {
		config := world{config: with(onlyEndpoint, "access_token", "t", "request_timeout", text)}.resolve()
		env := world{config: with(onlyEndpoint, "access_token", "t"), vars: map[string]string{"KEYFACTOR_CLIENT_TIMEOUT": text}}.resolve()
		if config.Settings.RequestTimeout != want || env.Settings.RequestTimeout != want || len(config.Problems)+len(env.Problems) > 0 {
			t.Errorf("%q: %s, %s", text, config.Settings.RequestTimeout, env.Settings.RequestTimeout)
		}
	}
	for _, text := range []string{"", "0", "-5", "90x", ".", "25h", "99999999999999999999", "0x10", "1e3", "NaN"} {
		wantProblems(t, world{config: with(onlyEndpoint, "access_token", "t", "request_timeout", text)}.resolve().Problems,
			`invalid request_timeout | Invalid request_timeout | The argument request_timeout is not a duration above zero and up to 24 hours. Write a duration such as "90s", or a number of seconds. This setting can also come from the environment variable KEYFACTOR_CLIENT_TIMEOUT.`)
	}
	for text, want := range map[string]int{"0": 0, "20": 20, " 7\n": 7} {
		if r := (world{config: onlyEndpoint, vars: with(tokenVars, "KEYFACTOR_MAX_RETRIES", text)}).resolve(); r.Settings.MaxRetries != want || len(r.Problems) > 0 {
			t.Errorf("%q: %d %s", text, r.Settings.MaxRetries, lines(r.Problems))
		}
	}
	for _, text := range []string{"-1", "21", "4.5", "many", "1e1"} {
		wantProblems(t, world{config: onlyEndpoint, vars: with(tokenVars, "KEYFACTOR_MAX_RETRIES", text)}.resolve().Problems,
			"missing max_retries | Invalid max_retries | The environment variable KEYFACTOR_MAX_RETRIES is not a whole number from 0 to 20. Write how often a failed attempt is repeated at most. This setting stands for the argument max_retries.")
	}
	if s := (world{config: onlyEndpoint, vars: tokenVars}).resolve().Settings; s.RequestTimeout != time.Minute || s.MaxRetries != 4 {
		t.Errorf("%+v", s)
	}
}
