package certfile

import (
	"math/big"
	"strconv"
	"strings"
)

// maxOID bounds the octets of an object identifier that is written out; X.660 sets no limit.
const maxOID = 256

// oid returns the dotted form of an OBJECT IDENTIFIER, "" when it is not one. Arcs may have any size.
func (e element) oid() string {
	body := e.body
	if !e.is(tagOID) || e.constructed || len(body) == 0 || len(body) > maxOID || body[len(body)-1]&0x80 != 0 {
		return ""
	}
	var dotted strings.Builder
	first := true
	for len(body) > 0 {
		end := 0
		for body[end]&0x80 != 0 {
			end++
		}
		arc := body[:end+1]
		body = body[end+1:]
		if !first {
			dotted.WriteByte('.')
			writeArc(&dotted, arc, 0)
			continue
		}
		first = false
		// X.690 §8.19.4: the first two arcs share one number.
		switch root := arc[0]; {
		case len(arc) > 1 || root >= 80:
			dotted.WriteString("2.")
			writeArc(&dotted, arc, 80)
		default:
			dotted.WriteString(strconv.Itoa(int(root/40)) + "." + strconv.Itoa(int(root%40)))
		}
	}
	return dotted.String()
}

func writeArc(out *strings.Builder, arc []byte, less int64) {
	if len(arc) <= 8 {
		value := int64(0)
		for _, b := range arc {
			value = value<<7 | int64(b&0x7f)
		}
		out.WriteString(strconv.FormatInt(value-less, 10))
		return
	}
	value := new(big.Int)
	for _, b := range arc {
		value.Lsh(value, 7).Or(value, big.NewInt(int64(b&0x7f)))
	}
	out.WriteString(value.Sub(value, big.NewInt(less)).String())
}

// algorithm reads an AlgorithmIdentifier: its identifier and the parameters, which may be absent.
func (e element) algorithm() (id string, parameters element, ok bool) {
	if !e.is(tagSequence) {
		return "", element{}, false
	}
	r := e.reader()
	first, ok := r.take(tagOID)
	if !ok {
		return "", element{}, false
	}
	parameters, _ = r.next()
	id = first.oid()
	return id, parameters, id != ""
}
