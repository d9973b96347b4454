package certfile

import (
	"bytes"
	"slices"
	"testing"
)

func TestPasswordForms(t *testing.T) {
	for _, test := range []struct {
		password   string
		bmp, plain []string
	}{
		{"", []string{"\x00\x00", ""}, []string{"", "\x00\x00"}},
		{"ab", []string{"\x00a\x00b\x00\x00"}, []string{"ab", "\x00a\x00b\x00\x00"}},
		{"ä", []string{"\x00\xe4\x00\x00", "\x00\xc3\x00\xa4\x00\x00"}, []string{"\xc3\xa4", "\xe4", "\x00\xe4\x00\x00", "\x00\x64\x00\x00"}},
		{"𝄞", []string{"\xd8\x34\xdd\x1e\x00\x00", "\x00\xf0\x00\x9d\x00\x84\x00\x9e\x00\x00"},
			[]string{"𝄞", "\xd8\x34\xdd\x1e\x00\x00", "\x58\x34\x5d\x1e\x00\x00"}},
	} {
		forms := newPasswordForms(test.password)
		for name, pair := range map[string][2][]string{"bmp": {texts(forms.bmp), test.bmp}, "plain": {texts(forms.plain), test.plain}} {
			if !slices.Equal(pair[0], pair[1]) {
				t.Errorf("%q, %s: %q, want %q", test.password, name, pair[0], pair[1])
			}
		}
	}
}

func texts(forms [][]byte) []string {
	var out []string
	for _, form := range forms {
		out = append(out, string(form))
	}
	return out
}

// OpenSSL before 1.1.0 widened the bytes of a UTF-8 terminal; such files still open.
func TestPKCS12_WidenedPassword(t *testing.T) {
	password := "Grüße"
	widened := newPasswordForms(password).bmp[1]
	d := digests["1.3.14.3.2.26"]
	content := seq(dataSafe(t, certBag(t, der(t, "web"), "")))
	salt := []byte("saltsalt")
	sum := hmacOf(d, pkcs12KDF(d, widened, salt, 10, forMAC, d.size), content)
	mac := seq(seq(seq(oidBytes(t, "1.3.14.3.2.26")), octet(sum)), octet(salt), integer(10))
	data := seq(integer(3), seq(oidBytes(t, oidData), explicit0(octet(content))), mac)
	file, err := ParseBytes(data, &password)
	if err != nil || !bytes.Equal(file.Leaf.Raw, der(t, "web")) {
		t.Fatalf("%v", err)
	}
	other := "Grusse"
	if _, err := ParseBytes(data, &other); kindOf(t, err) != PasswordWrong {
		t.Errorf("%v", err)
	}
}
