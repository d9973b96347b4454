package settings

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	maxTimeout = 24 * time.Hour
	maxRetries = 20
)

// tls resolves what decides which servers are trusted.
func (r *resolver) tls() {
	r.result.Settings.CAPEM = r.certificateAuthority(r.find("ca_certificate"))
	r.result.Settings.SkipTLSVerify = r.skipVerify()
}

// skipVerify resolves skip_tls_verify. Who writes a CA certificate in the configuration wants it to be used, whatever
// the environment says.
func (r *resolver) skipVerify() bool {
	row := rowOf("skip_tls_verify")
	if r.value(row).State == Null && r.value(rowOf("ca_certificate")).State != Null {
		r.result.Settings.Sources[row.Path] = Source{Configuration, "ca_certificate"}
		return false
	}
	s := r.find(row.Path)
	if s.state != Known || !r.boolean(s) {
		return false
	}
	r.problem(Warning, r.path(s), "TLS certificates are not verified", r.subject(s)+
		" turns the verification of server certificates off, for Command, the token endpoint and vedauth alike: whoever is in between can read and change everything, credentials included. Give the issuer's certificate in ca_certificate instead.")
	return true
}

// boolean reads true and, as the vendor's tools do in the environment and in files, 1; anything else there is false.
func (r *resolver) boolean(s setting) bool {
	text := strings.ToLower(strings.TrimSpace(s.text))
	return text == "true" || text == "1" && s.source.Kind != Configuration
}

// ResolveCA reads an argument like ca_certificate that stands elsewhere, under the name path: PEM text, or the path of a
// PEM file. It returns the certificates as PEM; nil and no problem for a value that is null or unknown.
func ResolveCA(path string, v Value, env Environment) ([]byte, []Problem) {
	if v.State != Known {
		return nil, nil
	}
	r := &resolver{env: env, alone: true}
	s := setting{row: Row{Path: path}, state: Known, text: v.Text, source: Source{Configuration, path}}
	return r.certificateAuthority(s), r.result.Problems
}

// certificateAuthority returns the certificates of ca_certificate. Neither text, path nor content is ever repeated: a
// private key may be there by mistake.
func (r *resolver) certificateAuthority(s setting) []byte {
	const remedy = "Give one or more CA certificates as PEM text, or the path of a PEM file."
	if s.state != Known || !r.notEmpty(s) {
		return nil
	}
	text, where := []byte(s.text), ""
	switch {
	case len(text) > maxFile:
		r.invalid(s, "is longer than 1 MiB", remedy)
		return nil
	case !bytes.Contains(text, []byte("-----BEGIN")):
		data, _, err := r.env.read(strings.TrimSpace(s.text))
		if err != nil {
			r.invalid(s, fmt.Sprintf("is not PEM text, so it was taken for the path of a file, and no file can be read there: %v", err), remedy)
			return nil
		}
		text, where = data, "names a file that "
	}
	certificates, err := parseCertificates(text)
	if err != nil {
		r.invalid(s, where+err.Error(), remedy)
		return nil
	}
	return certificates
}

// parseCertificates returns the certificates in a PEM text, and an error that continues a sentence. Every one must be
// readable: crypto/x509 would leave out the others silently.
func parseCertificates(text []byte) ([]byte, error) {
	rest := normalPEM(text)
	begun := bytes.Count(rest, []byte("-----BEGIN CERTIFICATE-----"))
	var certificates []byte
	var count int
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if strings.Contains(block.Type, "PRIVATE KEY") {
			return nil, errors.New("holds a private key, which does not belong there")
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		count++
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return nil, fmt.Errorf("holds a certificate that cannot be read, number %d", count)
		}
		certificates = append(certificates, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: block.Bytes})...)
	}
	switch {
	case begun > count:
		return nil, errors.New("holds a damaged or truncated PEM block")
	case count == 0:
		return nil, errors.New("holds no PEM certificate")
	}
	return certificates, nil
}

// normalPEM mends what happens to PEM on its way through heredocs, editors and variables of CI systems: indentation, a
// byte order mark, line ends of other systems, \n written out.
func normalPEM(text []byte) []byte {
	text = bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF"))
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	if !bytes.Contains(bytes.TrimSpace(text), []byte("\n")) {
		text = bytes.ReplaceAll(text, []byte(`\n`), []byte("\n"))
	}
	lines := bytes.Split(text, []byte("\n"))
	for i, line := range lines {
		lines[i] = bytes.TrimSpace(line)
	}
	return append(bytes.Join(lines, []byte("\n")), '\n')
}

// limits resolves time-out and retries.
func (r *resolver) limits() {
	timeout, retries := r.find("request_timeout"), r.find("max_retries")
	duration, ok := parseTimeout(timeout.text)
	if !ok {
		r.invalid(timeout, "is not a duration above zero and up to 24 hours", `Write a duration such as "90s", or a number of seconds.`)
	}
	count, err := strconv.Atoi(strings.TrimSpace(retries.text))
	if err != nil || count < 0 || count > maxRetries {
		r.invalid(retries, fmt.Sprintf("is not a whole number from 0 to %d", maxRetries), "Write how often a failed attempt is repeated at most.")
		count = 0
	}
	r.result.Settings.RequestTimeout, r.result.Settings.MaxRetries = duration, count
}

// parseTimeout reads a duration, or a number of seconds.
func parseTimeout(text string) (time.Duration, bool) {
	text = strings.TrimSpace(text)
	if strings.Trim(text, "0123456789.") == "" {
		text += "s"
	}
	duration, err := time.ParseDuration(text)
	if err != nil || duration <= 0 || duration > maxTimeout {
		return 0, false
	}
	return duration, true
}
