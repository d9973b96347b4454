package settings

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/secret"
)

// ResolveVenafi checks arguments like those of the mode venafi_certificate that stand elsewhere: url, client_id, scope,
// pkcs12, pkcs12_password, certificate_pem, private_key_pem, revoke_on_exit, all without a prefix in values as in the
// paths of problems. Of env, KEYFACTOR_ALLOWED_HOSTS counts and nothing else. The result is complete only if there is
// no problem and no value is unknown.
func ResolveVenafi(values map[string]Value, env Environment) (Venafi, []Problem) {
	prefix := string(ModeVenafi) + "."
	in := Input{Values: map[string]Value{}, Blocks: map[string]State{string(ModeVenafi): Known}}
	for name, v := range values {
		in.Values[prefix+name] = v
	}
	r := &resolver{in: in, env: env, alone: true}
	r.result.Settings.Sources = map[string]Source{}
	r.allowedHosts()
	r.venafi()
	for i, p := range r.result.Problems {
		r.result.Problems[i].Path = strings.TrimPrefix(p.Path, prefix)
		if p.Path == string(ModeVenafi) {
			r.result.Problems[i].Path = ""
		}
	}
	return r.result.Settings.Venafi, r.result.Problems
}

// venafi resolves the mode venafi_certificate.
func (r *resolver) venafi() {
	const block = string(ModeVenafi) + "."
	address, id, scope := r.find(block+"url"), r.find(block+"client_id"), r.find(block+"scope")
	revoke := r.find(block + "revoke_on_exit")
	certificate, more := r.clientCertificate()
	r.incomplete(ModeVenafi, append([]setting{address, id, scope}, more...)...)
	r.notEmpty(id)
	r.notEmpty(scope)

	v := &r.result.Settings.Venafi
	*v = certificate
	v.URL = r.vedauth(address)
	v.ClientID, v.Scope, v.RevokeOnExit = id.text, scope.text, r.boolean(revoke)
}

// clientCertificate resolves either form of the client certificate, and returns the settings that the form needs. A form
// begun in the configuration decides: the environment only completes it.
func (r *resolver) clientCertificate() (Venafi, []setting) {
	const block = string(ModeVenafi) + "."
	state := func(name string) State { return r.value(rowOf(block + name)).State }
	anyOf := func(want State, names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return state(name) == want })
	}
	pem, file := []string{"certificate_pem", "private_key_pem"}, []string{"pkcs12", "pkcs12_password"}
	if anyOf(Known, pem...) && anyOf(Known, file...) {
		r.twoCertificates(state, pem, file)
		return Venafi{}, nil
	}
	for _, name := range append(pem, file...) {
		if state(name) == Unknown {
			r.unknown(block + name)
		}
	}
	switch {
	case anyOf(Known, pem...):
		cert, key := r.find(block+"certificate_pem"), r.find(block+"private_key_pem")
		r.notEmpty(cert)
		r.notEmpty(key)
		return Venafi{CertificatePEM: cert.text, PrivateKeyPEM: secret.String(key.text)}, []setting{cert, key}
	case anyOf(Unknown, pem...): // which form it will be is not known either
		return Venafi{}, nil
	}
	p12, pass := r.find(block+"pkcs12"), r.find(block+"pkcs12_password")
	return Venafi{PKCS12: r.pkcs12(p12), PKCS12Password: secret.String(pass.text)}, []setting{p12, pass}
}

// twoCertificates reports that both forms of the client certificate are written.
func (r *resolver) twoCertificates(state func(string) State, pem, file []string) {
	known := func(name string) bool { return state(name) == Known }
	first, second := pem[slices.IndexFunc(pem, known)], file[slices.IndexFunc(file, known)]
	path := string(ModeVenafi) + "." + first
	s := setting{row: rowOf(path), state: Known, source: Source{Configuration, path}}
	r.conflicting(s, "stands beside "+r.name(rowOf(string(ModeVenafi)+"."+second)),
		"The client certificate is given either by pkcs12 and pkcs12_password, or by certificate_pem and private_key_pem.")
}

// pkcs12 returns the bytes of the client certificate: base64 in the configuration, base64 or a path in the environment.
func (r *resolver) pkcs12(s setting) []byte {
	if s.state != Known || !r.notEmpty(s) {
		return nil
	}
	if s.source.Kind == Configuration {
		data := decode(s.text)
		if data == nil {
			r.invalid(s, "is not base64", `Write the file's content as filebase64("client.pfx") gives it.`)
		}
		return data
	}
	if data := asPKCS12(s.text); data != nil {
		return data
	}
	data, _, err := r.env.read(strings.TrimSpace(s.text))
	switch {
	case err != nil:
		r.invalid(s, fmt.Sprintf("is not base64 of a PKCS#12 file, so it was taken for the path of one, and no file can be read there: %v", err), "Set it to a path or to base64.")
		return nil
	case len(data) == 0:
		r.invalid(s, "is the path of an empty file", "Set it to the path of a PKCS#12 file.")
		return nil
	}
	if text := asPKCS12(string(data)); text != nil {
		return text
	}
	return data
}

// decode reads base64 in the standard or the URL alphabet, padded or not, with white space anywhere; nil if it is not.
func decode(text string) []byte {
	text = strings.Join(strings.Fields(text), "")
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	data, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(data) == 0 {
		return nil
	}
	return data
}

// asPKCS12 decodes base64 only if the result begins as every PKCS#12 file does, with an ASN.1 SEQUENCE as long as the
// rest or of indefinite length: a path can be valid base64 too.
func asPKCS12(text string) []byte {
	data := decode(text)
	if len(data) < 4 || data[0] != 0x30 {
		return nil
	}
	length, header := int(data[1]), 2
	if length > 0x80 {
		n := length & 0x7f
		if n > 4 || len(data) < 2+n {
			return nil
		}
		length, header = 0, 2+n
		for _, b := range data[2:header] {
			length = length<<8 | int(b)
		}
	}
	if data[1] != 0x80 && header+length != len(data) {
		return nil
	}
	return data
}

// vedauth brings the address forms that the vendor's clients and pages use (a host, a URL, either with /vedauth or
// /vedsdk) to the one of the authentication server. Other paths are kept as a prefix.
func (r *resolver) vedauth(s setting) string {
	if s.state != Known {
		return ""
	}
	u, err := parseAddress(s.text, true)
	if err != nil {
		r.invalid(s, err.Error(), "Write the server's host, or its https URL, with or without /vedauth.")
		return ""
	}
	if !r.hostAllowed(s, u) {
		return ""
	}
	return authServer(tidy(u))
}

func authServer(u *url.URL) string {
	if last := strings.ToLower(path.Base(u.Path)); last == "vedauth" || last == "vedsdk" {
		u = u.JoinPath("..")
	}
	return tidy(u).JoinPath("vedauth").String()
}
