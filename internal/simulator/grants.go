package simulator

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"software.sslmate.com/src/go-pkcs12"
)

// grant is what vedauth remembers of one authorization: its tokens end with it.
type grant struct {
	identity, client, scope string
	issued, access, ends    time.Time // access is when the last access token was issued
}

type grants struct {
	mu      sync.Mutex
	access  map[string]accessToken
	refresh map[string]*grant
}

type accessToken struct {
	grant *grant
	ends  time.Time
}

func (s *Simulator) saveGrant(g *grant, access, refresh string, ends time.Time) {
	s.grants.mu.Lock()
	defer s.grants.mu.Unlock()
	if s.grants.access == nil {
		s.grants.access, s.grants.refresh = map[string]accessToken{}, map[string]*grant{}
	}
	g.access = ends.Add(-s.options().Vedauth.accessLifetime())
	s.grants.access[access] = accessToken{g, ends}
	if refresh != "" {
		s.grants.refresh[refresh] = g
	}
}

// takeRefresh finds the grant of a refresh token and forgets the token: it is good for one use only.
func (s *Simulator) takeRefresh(value string, now time.Time) *grant {
	s.grants.mu.Lock()
	defer s.grants.mu.Unlock()
	g := s.grants.refresh[value]
	delete(s.grants.refresh, value)
	if g == nil || !now.Before(g.ends) {
		return nil
	}
	return g
}

func (s *Simulator) findGrant(access string, now time.Time) (*grant, time.Time) {
	s.grants.mu.Lock()
	defer s.grants.mu.Unlock()
	t, ok := s.grants.access[access]
	if !ok || !now.Before(t.ends) || !now.Before(t.grant.ends) {
		return nil, time.Time{}
	}
	return t.grant, t.ends
}

func (s *Simulator) removeGrant(g *grant) {
	s.grants.mu.Lock()
	defer s.grants.mu.Unlock()
	for value, t := range s.grants.access {
		if t.grant == g {
			delete(s.grants.access, value)
		}
	}
	for value, of := range s.grants.refresh {
		if of == g {
			delete(s.grants.refresh, value)
		}
	}
}

func (s *Simulator) endGrants() {
	s.grants.mu.Lock()
	defer s.grants.mu.Unlock()
	s.grants.access, s.grants.refresh = nil, nil
}

// EndGrants ends all grants of vedauth early, as an administrator can.
func (s *Simulator) EndGrants() { s.endGrants() }

// LiveGrants is the number of vedauth's grants that were neither revoked nor have ended.
func (s *Simulator) LiveGrants() int {
	now := s.o.Now().Add(s.options().Vedauth.ClockOffset)
	s.grants.mu.Lock()
	defer s.grants.mu.Unlock()
	live := map[*grant]bool{}
	for _, t := range s.grants.access {
		if now.Before(t.grant.ends) {
			live[t.grant] = true
		}
	}
	for _, g := range s.grants.refresh {
		if now.Before(g.ends) {
			live[g] = true
		}
	}
	return len(live)
}

// accountByGrant is whom Command takes a token of vedauth for.
func (s *Simulator) accountByGrant(value string) *Account {
	o := s.options().Vedauth
	g, _ := s.findGrant(value, s.o.Now().Add(o.ClockOffset))
	if g == nil || o.TokensRefused {
		return nil
	}
	return s.first()
}

// ClientCertificatePEM issues a client certificate that vedauth takes for the user cn: certificate and key in PEM.
func (s *Simulator) ClientCertificatePEM(cn string) (certificate, key string, err error) {
	return clientPEM(s.ca, cn)
}

// WrongClientCertificatePEM issues one of an authority that vedauth does not trust.
func (s *Simulator) WrongClientCertificatePEM(cn string) (certificate, key string, err error) {
	return clientPEM(s.foreign, cn)
}

func clientPEM(by *authority, cn string) (certificate, key string, err error) {
	issued, err := by.client(cn)
	if err != nil {
		return "", "", err
	}
	der, err := x509.MarshalPKCS8PrivateKey(issued.PrivateKey)
	if err != nil {
		return "", "", fmt.Errorf("encode the key of %s: %w", cn, err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: issued.Certificate[0]})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), nil
}

// ClientCertificatePKCS12 issues a client certificate for the user cn as a PKCS#12 file, the CA's certificate included.
func (s *Simulator) ClientCertificatePKCS12(cn, password string) ([]byte, error) {
	issued, err := s.ca.client(cn)
	if err != nil {
		return nil, err
	}
	key := issued.PrivateKey.(*ecdsa.PrivateKey)
	return pkcs12.Modern.Encode(key, issued.Leaf, []*x509.Certificate{s.ca.certificate}, password)
}

// reason answers with a reason phrase of its own, which needs the raw connection: net/http sends the standard one.
// Where there is none (an answer kept back by a fault), the standard phrase is sent.
func (c *call) reason(status int, phrase string, body []byte) {
	rec, ok := c.w.(*recorder)
	if !ok {
		c.send(status, "application/json", body)
		return
	}
	conn, _, err := http.NewResponseController(rec).Hijack()
	if err != nil {
		c.send(status, "application/json", body)
		return
	}
	defer conn.Close()
	phrase = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, phrase)
	var out bytes.Buffer
	fmt.Fprintf(&out, "HTTP/1.1 %03d %s\r\nDate: %s\r\nContent-Length: %d\r\nConnection: close\r\n",
		status, phrase, c.vedauthNow().UTC().Format(http.TimeFormat), len(body))
	if len(body) > 0 {
		out.WriteString("Content-Type: application/json\r\n")
	}
	out.WriteString("\r\n")
	out.Write(body)
	rec.status, rec.bytes = status, len(body)
	writer := bufio.NewWriter(conn)
	_, _ = writer.Write(out.Bytes())
	_ = writer.Flush()
	if t, ok := conn.(*tls.Conn); ok {
		_ = t.CloseWrite()
	}
}
