package certfile

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// The test vectors of RFC 2268 §5.
func TestRC2_VectorsOfTheRFC(t *testing.T) {
	for _, test := range []struct {
		key, plain, cipher string
		bits               int
	}{
		{"0000000000000000", "0000000000000000", "ebb773f993278eff", 63},
		{"ffffffffffffffff", "ffffffffffffffff", "278b27e42e2f0d49", 64},
		{"3000000000000000", "1000000000000001", "30649edf9be7d2c2", 64},
		{"88", "0000000000000000", "61a8a244adacccf0", 64},
		{"88bca90e90875a", "0000000000000000", "6ccf4308974c267f", 64},
		{"88bca90e90875a7f0f79c384627bafb2", "0000000000000000", "1a807d272bbe5db1", 64},
		{"88bca90e90875a7f0f79c384627bafb2", "0000000000000000", "2269552ab0f85ca6", 128},
		{"88bca90e90875a7f0f79c384627bafb216f80a6f85920584c42fceb0be255daf1e", "0000000000000000", "5b78d3a43dfff1f1", 129},
	} {
		key, _ := hex.DecodeString(test.key)
		want, _ := hex.DecodeString(test.plain)
		block, _ := hex.DecodeString(test.cipher)
		newRC2(key, test.bits).Decrypt(block, block)
		if !bytes.Equal(block, want) {
			t.Errorf("key %s, %d bits: %x", test.key, test.bits, block)
		}
	}
}
