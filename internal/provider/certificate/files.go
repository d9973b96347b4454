package certificate

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"sync"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/certfile"
)

// A PKCS#12 file costs a key derivation of up to seconds, and Terraform asks
// for the same file several times in one process: it plans a replacement
// twice, plans again before it applies, and calls a function wherever it
// stands. Files remembers what was read, by digest.

// maxFiles is how many files are remembered; at some hundred bytes each the
// memory stays flat.
const maxFiles = 20_000

// Files reads certificate files, each once. It keeps facts, never contents,
// keys or passwords. The zero value is ready; methods may be called side by side.
type Files struct {
	mu       sync.Mutex
	readings map[[sha256.Size]byte]*reading
}

type reading struct {
	once  sync.Once
	facts *facts
	err   error
}

// facts are what a file told, without its bytes.
type facts struct {
	format      certfile.Format
	certificate certfile.Certificate // the one that the file is about, without its bytes
	chain       []string             // thumbprints of the others
	others      []string             // thumbprints of those that could have been meant as well
	holdsKey    bool                 // the file holds a private key, whatever its format
	caFirst     bool
}

// parse reads a file, or takes what an earlier call found.
func (f *Files) parse(content string, password *string) (*facts, error) {
	r := f.reading(content, password)
	r.once.Do(func() { r.keep(certfile.Parse(content, password)) })
	return r.facts, r.err
}

// read is parse together with what is to be sent to a server. A PKCS#12 file
// that an earlier call has opened is not opened again. The error of a file that
// cannot be read here brings its payload.
func (f *Files) read(content string, password *string) (*facts, []byte, error) {
	r := f.reading(content, password)
	var file *certfile.File
	var err error
	r.once.Do(func() {
		file, err = certfile.Parse(content, password)
		r.keep(file, err)
	})
	if file == nil && err == nil { // read by an earlier call
		if r.err == nil && r.facts.format == certfile.PKCS12 {
			if payload := certfile.PKCS12Payload(content); payload != nil {
				return r.facts, payload, nil
			}
		}
		file, err = certfile.Parse(content, password)
	}
	if err != nil {
		return nil, nil, err
	}
	return r.facts, file.Payload(), nil
}

// reading is the entry for this content and password; the key tells no
// password apart from an empty one.
func (f *Files) reading(content string, password *string) *reading {
	hash := sha256.New()
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(content)))
	hash.Write(length[:])
	hash.Write([]byte(content))
	if password != nil {
		hash.Write([]byte{1})
		hash.Write([]byte(*password))
	}
	key := [sha256.Size]byte(hash.Sum(nil))
	f.mu.Lock()
	defer f.mu.Unlock()
	if r, ok := f.readings[key]; ok {
		return r
	}
	if f.readings == nil || len(f.readings) >= maxFiles {
		f.readings = map[[sha256.Size]byte]*reading{}
	}
	r := &reading{}
	f.readings[key] = r
	return r
}

// keep keeps what reading a file brought, but for its bytes.
func (r *reading) keep(file *certfile.File, err error) {
	var e *certfile.Error
	switch {
	case err == nil:
		r.facts = factsOf(file)
	case errors.As(err, &e) && e.Payload != nil:
		light := *e
		light.Payload = nil
		r.err = &light
	default:
		r.err = err
	}
}

func factsOf(file *certfile.File) *facts {
	f := &facts{
		format: file.Format, certificate: withoutBytes(file.Leaf), holdsKey: file.HasPrivateKey, caFirst: file.CAFirst,
	}
	for _, c := range file.Chain {
		f.chain = append(f.chain, c.Thumbprint)
	}
	for _, c := range file.OtherEndEntities {
		f.others = append(f.others, c.Thumbprint)
	}
	return f
}

// withoutBytes copies the facts of a certificate and nothing that points into
// the file.
func withoutBytes(c certfile.Certificate) certfile.Certificate {
	return certfile.Certificate{
		Thumbprint: c.Thumbprint, ThumbprintSHA256: c.ThumbprintSHA256, Subject: c.Subject, Issuer: c.Issuer,
		SerialNumber: c.SerialNumber, DNSNames: c.DNSNames, NotBefore: c.NotBefore, NotAfter: c.NotAfter,
		KeyAlgorithm: c.KeyAlgorithm, IsCA: c.IsCA,
	}
}

// bringsKey tells whether importing the file gives Command a private key: a key
// in a PEM file is ignored by Command, and is not sent.
func (f *facts) bringsKey() bool { return f.holdsKey && f.format == certfile.PKCS12 }
