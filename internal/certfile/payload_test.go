package certfile

import (
	"bytes"
	"encoding/base64"
	"testing"
)

func TestPKCS12Payload_IsWhatParseWouldSend(t *testing.T) {
	password := "secret"
	for _, name := range []string{"openssl-default.p12", "openssl-legacy.p12"} {
		data := append(readTestFile(t, name), "\r\n"...) // what follows the file is not sent
		f, err := ParseBytes(data, &password)
		if err != nil {
			t.Fatal(err)
		}
		for form, content := range map[string]string{"bytes": string(data), "base64": base64.StdEncoding.EncodeToString(data)} {
			if got := PKCS12Payload(content); !bytes.Equal(got, f.Payload()) {
				t.Errorf("%s as %s: %d bytes, want %d", name, form, len(got), len(f.Payload()))
			}
		}
	}
}

func TestPKCS12Payload_NothingElse(t *testing.T) {
	for _, name := range []string{"web.der", "chain.pem", "openssl-der.p7"} {
		if got := PKCS12Payload(string(readTestFile(t, name))); got != nil {
			t.Errorf("%s: %d bytes", name, len(got))
		}
	}
	if got := PKCS12Payload("no file at all"); got != nil {
		t.Errorf("text: %d bytes", len(got))
	}
}
