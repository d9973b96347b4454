package certfile

import (
	"bytes"
	"encoding/base64"
)

// decodeBase64 decodes text in the standard or, when it holds none of the standard alphabet's own characters, the URL
// alphabet, with white space anywhere and with or without padding. It reports false for anything else.
func decodeBase64(text []byte) ([]byte, bool) {
	packed := make([]byte, 0, min(len(text), 4096))
	standard, url := false, false
	for _, b := range text {
		switch {
		case b == ' ' || b == '\n' || b == '\r' || b == '\t':
			continue
		case b == '+' || b == '/':
			standard = true
		case b == '-' || b == '_':
			url = true
		case !(b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '='):
			return nil, false
		}
		packed = append(packed, b)
	}
	if standard && url {
		return nil, false
	}
	packed = bytes.TrimRight(packed, "=")
	alphabet := base64.RawStdEncoding
	if url {
		alphabet = base64.RawURLEncoding
	}
	n, err := alphabet.Decode(packed, packed)
	if err != nil {
		return nil, false
	}
	return packed[:n:n], true
}
