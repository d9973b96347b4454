package simulator

import "strings"

// Object identifiers of public keys (RFC 3279, RFC 4055, RFC 5480, RFC 8410).
const (
	oidRSA     = "1.2.840.113549.1.1.1"
	oidRSAPSS  = "1.2.840.113549.1.1.10"
	oidDSA     = "1.2.840.10040.4.1"
	oidEC      = "1.2.840.10045.2.1"
	oidEd25519 = "1.3.101.112"
	oidEd448   = "1.3.101.113"
)

var curveBits = map[string]int{
	"1.2.840.10045.3.1.1": 192, "1.3.132.0.33": 224, "1.2.840.10045.3.1.7": 256, "1.3.132.0.34": 384,
	"1.3.132.0.35": 521, "1.3.132.0.10": 256, "1.3.36.3.3.2.8.1.1.7": 256, "1.3.36.3.3.2.8.1.1.11": 384,
	"1.3.36.3.3.2.8.1.1.13": 512,
}

// keyKinds are the vendor's KeyType numbers that are known by name from its KeyTypeString (0 unknown, 1 RSA, 2 DSA,
// 3 ECC, 4 DH); newer algorithms have numbers whose meaning is not published and are sent as 0.
var keyKinds = map[string]struct {
	number int
	text   string
}{
	oidRSA: {1, "RSA"}, oidRSAPSS: {1, "RSA"}, oidDSA: {2, "DSA"}, oidEC: {3, "ECC"},
}

// attributeNames are the keywords that .NET prints in distinguished names.
var attributeNames = map[string]string{
	"2.5.4.3": "CN", "2.5.4.7": "L", "2.5.4.8": "S", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.6": "C",
	"2.5.4.9": "STREET", "0.9.2342.19200300.100.1.25": "DC", "0.9.2342.19200300.100.1.1": "OID.0.9.2342.19200300.100.1.1",
	"1.2.840.113549.1.9.1": "E", "2.5.4.5": "SERIALNUMBER", "2.5.4.12": "T", "2.5.4.4": "SN", "2.5.4.42": "G",
}

// String prints a name as Command's IssuedDN: the most specific part first, joined by commas, quoted where needed.
func (n name) String() string {
	parts := make([]string, 0, len(n.attributes))
	for i := len(n.attributes) - 1; i >= 0; i-- {
		a := n.attributes[i]
		label, ok := attributeNames[a.oid]
		if !ok {
			label = "OID." + a.oid
		}
		v := a.value
		if strings.ContainsAny(v, `,+="<>;#`+"\n") || strings.TrimSpace(v) != v {
			v = `"` + strings.ReplaceAll(v, `"`, `""`) + `"`
		}
		parts = append(parts, label+"="+v)
	}
	return strings.Join(parts, ",")
}

func (n name) first(id string) string {
	for i := len(n.attributes) - 1; i >= 0; i-- {
		if n.attributes[i].oid == id {
			return n.attributes[i].value
		}
	}
	return ""
}
