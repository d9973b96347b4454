package simulator

import "bytes"

// camelCase rewrites the member names of compact JSON as .NET's camelCase policy does ("CertState" to "certState",
// "SSLLocations" to "sslLocations", "SID" to "sid"). Names inside Metadata are data, not members, and stay.
func camelCase(in []byte) []byte {
	out := make([]byte, 0, len(in))
	kept := 0 // braces open since Metadata began; 0 outside of it
	metadata := false
	for i := 0; i < len(in); {
		switch in[i] {
		case '"':
			end := stringEnd(in, i)
			isName := end < len(in) && in[end] == ':'
			if isName && kept == 0 {
				metadata = bytes.Equal(in[i+1:end-1], []byte("Metadata"))
				out = append(out, '"')
				out = append(out, camelName(in[i+1:end-1])...)
				out = append(out, '"')
			} else {
				out = append(out, in[i:end]...)
			}
			i = end
			continue
		case '{':
			if kept > 0 || metadata {
				kept++
				metadata = false
			}
		case '}':
			if kept > 0 {
				kept--
			}
		case ',', '[':
			metadata = false
		}
		out = append(out, in[i])
		i++
	}
	return out
}

// stringEnd is the index after the closing quote of the string that starts at i.
func stringEnd(in []byte, i int) int {
	for i++; i < len(in); i++ {
		switch in[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(in)
}

// camelName lowers the leading capitals, all but the last one of a run that is followed by a small letter.
func camelName(name []byte) []byte {
	out := bytes.Clone(name)
	for i := range out {
		if out[i] < 'A' || out[i] > 'Z' {
			break
		}
		if i > 0 && i+1 < len(out) && (out[i+1] < 'A' || out[i+1] > 'Z') {
			break
		}
		out[i] += 'a' - 'A'
	}
	return out
}
