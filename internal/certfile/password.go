package certfile

import "unicode/utf16"

// passwordForms are the octets that tools make of one password, the standard's first. The number of the form that
// opened one part of a file is tried first on the next.
type passwordForms struct {
	bmp   [][]byte // for the derivation of RFC 7292 B.2
	plain [][]byte // for PBES1, PBES2 and PBMAC1
}

func newPasswordForms(password string) passwordForms {
	standard := append(utf16BE([]rune(password)), 0, 0)
	utf8 := []byte(password)
	if password == "" {
		// OpenSSL and Windows write both: an empty password, and none ("NULL").
		return passwordForms{bmp: [][]byte{standard, nil}, plain: [][]byte{nil, standard}}
	}
	forms := passwordForms{bmp: [][]byte{standard}, plain: [][]byte{utf8}}
	if !isASCII(password) {
		// OpenSSL before 1.1.0 made a 16-bit unit of every byte that the terminal gave it.
		widened := make([]rune, len(utf8))
		for i, b := range utf8 {
			widened[i] = rune(b)
		}
		forms.bmp = append(forms.bmp, append(utf16BE(widened), 0, 0))
		if latin1, ok := latin1(password); ok {
			forms.plain = append(forms.plain, latin1)
		}
	}
	// NSS and old versions of Bouncy Castle used the UTF-16 form for PBES2 as well.
	forms.plain = append(forms.plain, standard)
	if !isASCII(password) {
		forms.plain = append(forms.plain, sevenBits(standard))
	}
	return forms
}

func utf16BE(runes []rune) []byte {
	units := utf16.Encode(runes)
	out := make([]byte, 0, 2*len(units)+2)
	for _, unit := range units {
		out = append(out, byte(unit>>8), byte(unit))
	}
	return out
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}

// latin1 encodes text in ISO 8859-1, as an 8-bit terminal does.
func latin1(text string) ([]byte, bool) {
	var out []byte
	for _, char := range text {
		if char > 0xff {
			return nil, false
		}
		out = append(out, byte(char))
	}
	return out, true
}

// sevenBits drops the upper bit of every byte, as Java does with the key that Bouncy Castle, where it is installed beside
// Java's own provider, makes of a password that is not ASCII.
func sevenBits(standard []byte) []byte {
	out := make([]byte, len(standard))
	for i, b := range standard {
		out[i] = b & 0x7f
	}
	return out
}
