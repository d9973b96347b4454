package certfile

import "errors"

// BER and not DER: Firefox, NSS and Bouncy Castle write indefinite lengths and strings in segments, which RFC 7292
// allows. Elements are read one at a time where they lie, so the bytes of a certificate stay as they are in the file.

var (
	errTruncated = errors.New("the data ends inside an element")
	errMalformed = errors.New("the data is not ASN.1")
	errTooDeep   = errors.New("elements are nested too deeply")
	errTooMany   = errors.New("too many elements")
)

const (
	classUniversal = 0
	classContext   = 2
)

const (
	tagBoolean         = 1
	tagInteger         = 2
	tagBitString       = 3
	tagOctetString     = 4
	tagNull            = 5
	tagOID             = 6
	tagUTF8String      = 12
	tagSequence        = 16
	tagSet             = 17
	tagNumericString   = 18
	tagPrintableString = 19
	tagT61String       = 20
	tagIA5String       = 22
	tagUTCTime         = 23
	tagGeneralizedTime = 24
	tagVisibleString   = 26
	tagUniversalString = 28
	tagBMPString       = 30
)

// element is one ASN.1 value. Its slices point into the file.
type element struct {
	class       byte
	constructed bool
	tag         uint32
	full        []byte // header, contents and end-of-contents
	body        []byte // contents only
}

func (e element) is(tag uint32) bool {
	wantsConstructed := tag == tagSequence || tag == tagSet
	return e.class == classUniversal && e.tag == tag && (e.constructed || !wantsConstructed)
}

func (e element) isContext(tag uint32) bool { return e.class == classContext && e.tag == tag }

// header is what precedes the contents: length -1 means indefinite.
type header struct {
	class       byte
	constructed bool
	tag         uint32
	size        int
	length      int
}

func readHeader(data []byte) (header, error) {
	if len(data) < 2 {
		return header{}, errTruncated
	}
	h := header{class: data[0] >> 6, constructed: data[0]&0x20 != 0, tag: uint32(data[0] & 0x1f)}
	at := 1
	if h.tag == 0x1f {
		h.tag = 0
		for more := true; more; at++ {
			if at > 4 {
				return header{}, errMalformed
			}
			if at >= len(data) {
				return header{}, errTruncated
			}
			h.tag = h.tag<<7 | uint32(data[at]&0x7f)
			more = data[at]&0x80 != 0
		}
	}
	if at >= len(data) {
		return header{}, errTruncated
	}
	first := data[at]
	at++
	switch {
	case first < 0x80:
		h.length = int(first)
	case first == 0x80:
		if !h.constructed {
			return header{}, errMalformed
		}
		h.length = -1
	default:
		digits := int(first & 0x7f)
		if len(data)-at < digits {
			return header{}, errTruncated
		}
		for _, digit := range data[at : at+digits] {
			// No file is that long. An int may have 32 bits only.
			if h.length > maxContentSize>>8 {
				return header{}, errTruncated
			}
			h.length = h.length<<8 | int(digit)
		}
		at += digits
	}
	h.size = at
	return h, nil
}

// readElement reads the first element of data and returns what follows it. Time is linear in the element's length.
func readElement(data []byte) (element, []byte, error) {
	h, err := readHeader(data)
	if err != nil {
		return element{}, nil, err
	}
	e := element{class: h.class, constructed: h.constructed, tag: h.tag}
	if h.length >= 0 {
		if h.length > len(data)-h.size {
			return element{}, nil, errTruncated
		}
		end := h.size + h.length
		e.full, e.body = data[:end:end], data[h.size:end:end]
		return e, data[end:], nil
	}
	end, err := endOfContents(data[h.size:])
	if err != nil {
		return element{}, nil, err
	}
	end += h.size
	e.full, e.body = data[:end+2:end+2], data[h.size:end:end]
	return e, data[end+2:], nil
}

// endOfContents returns the offset of the two zero bytes that end an element of indefinite length.
func endOfContents(data []byte) (int, error) {
	open := 1
	for at := 0; ; {
		h, err := readHeader(data[at:])
		if err != nil {
			return 0, err
		}
		switch {
		case h.class == classUniversal && h.tag == 0 && h.length == 0 && !h.constructed:
			if open--; open == 0 {
				return at, nil
			}
			at += h.size
		case h.length < 0:
			if open++; open > maxIndefinite {
				return 0, errTooDeep
			}
			at += h.size
		case h.length > len(data)-at-h.size:
			return 0, errTruncated
		default:
			at += h.size + h.length
		}
	}
}

// checkShape walks all elements without recursion and reports errTooDeep and errTooMany. What is malformed is left to
// whoever needs it, and the walk goes on behind it: a certificate with an odd extension still has a thumbprint.
func checkShape(data []byte) error {
	open := shape{limit: len(data), outermost: len(data)}
	for at, count := 0, 0; at < len(data); {
		if count++; count > maxElements {
			return errTooMany
		}
		open.leave(at)
		h, err := readHeader(data[at:open.limit])
		switch {
		case err != nil || h.length > open.limit-at-h.size:
			if at = open.limit; len(open.ends) == 0 {
				return nil
			}
			open.abandon()
		case h.class == classUniversal && h.tag == 0 && h.length == 0:
			at += h.size
			open.endOfContents()
		case h.constructed && h.length != 0:
			at += h.size
			if err := open.enter(at, h.length); err != nil {
				return err
			}
		default:
			at += h.size + h.length
		}
	}
	return nil
}

// shape is where a walk is: the elements that are open, and where the innermost of known length ends.
type shape struct {
	ends       []int // -1: ends with end-of-contents
	limit      int
	outermost  int // the limit where nothing of known length is open
	indefinite int
}

func (s *shape) enter(at, length int) error {
	end := -1
	if length > 0 {
		end = at + length
		s.limit = end
	} else {
		s.indefinite++
	}
	if s.ends = append(s.ends, end); len(s.ends) > maxDepth || s.indefinite > maxIndefinite {
		return errTooDeep
	}
	return nil
}

func (s *shape) pop() {
	if s.ends[len(s.ends)-1] < 0 {
		s.indefinite--
	}
	s.ends = s.ends[:len(s.ends)-1]
	s.limit = s.outermost
	for i := len(s.ends) - 1; i >= 0; i-- {
		if s.ends[i] >= 0 {
			s.limit = s.ends[i]
			return
		}
	}
}

// leave closes what ends at an offset.
func (s *shape) leave(at int) {
	for len(s.ends) > 0 && at >= s.limit {
		s.pop()
	}
}

// endOfContents closes an element of indefinite length; anywhere else the two zeros are nothing.
func (s *shape) endOfContents() {
	if len(s.ends) > 0 && s.ends[len(s.ends)-1] < 0 {
		s.pop()
	}
}

// abandon closes everything up to the innermost element of known length, behind which the walk goes on.
func (s *shape) abandon() {
	for len(s.ends) > 0 {
		known := s.ends[len(s.ends)-1] >= 0
		s.pop()
		if known {
			return
		}
	}
}

// readOuter reads the one SEQUENCE that a file or a decrypted part consists of, after looking at how deep it is.
// Bytes that follow it are ignored, as every reader in use does.
func readOuter(data []byte) (element, error) {
	if len(data) > 0 && data[0] != 0x20|tagSequence {
		return element{}, errMalformed
	}
	if err := checkShape(data); err != nil {
		return element{}, err
	}
	e, _, err := readElement(data)
	return e, err
}

// reader takes elements off the front of the contents of another.
type reader struct{ rest []byte }

func (e element) reader() *reader { return &reader{rest: e.body} }

func (r *reader) empty() bool { return len(r.rest) == 0 }

func (r *reader) next() (element, bool) {
	if r.empty() {
		return element{}, false
	}
	e, rest, err := readElement(r.rest)
	if err != nil {
		return element{}, false
	}
	r.rest = rest
	return e, true
}

// take returns the next element if it has the universal tag, and otherwise leaves it.
func (r *reader) take(tag uint32) (element, bool) { return r.takeIf(classUniversal, tag) }

// takeContext is take for a context-specific tag.
func (r *reader) takeContext(tag uint32) (element, bool) { return r.takeIf(classContext, tag) }

// takeIf looks at the header first: finding the end of what is not wanted can take long.
func (r *reader) takeIf(class byte, tag uint32) (element, bool) {
	h, err := readHeader(r.rest)
	if err != nil || h.class != class || h.tag != tag {
		return element{}, false
	}
	before := r.rest
	e, ok := r.next()
	if !ok || class == classUniversal && !e.is(tag) {
		r.rest = before
		return element{}, false
	}
	return e, true
}

// octets returns the value of an octet string, in one piece or in segments.
func (e element) octets() ([]byte, bool) {
	if !e.constructed {
		return e.body, true
	}
	out := make([]byte, 0, len(e.body))
	return appendSegments(out, e, 4)
}

func appendSegments(out []byte, e element, depth int) ([]byte, bool) {
	if depth == 0 {
		return nil, false
	}
	for r := e.reader(); !r.empty(); {
		segment, ok := r.take(tagOctetString)
		if !ok {
			return nil, false
		}
		if !segment.constructed {
			out = append(out, segment.body...)
			continue
		}
		if out, ok = appendSegments(out, segment, depth-1); !ok {
			return nil, false
		}
	}
	return out, true
}

// smallInteger returns a non-negative INTEGER that fits in 30 bits.
func (e element) smallInteger() (int, bool) {
	if e.constructed || len(e.body) == 0 || e.body[0]&0x80 != 0 {
		return 0, false
	}
	value := 0
	for _, digit := range e.body {
		if value >= 1<<22 {
			return 0, false
		}
		value = value<<8 | int(digit)
	}
	return value, true
}
