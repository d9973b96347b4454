package certfile

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/rc4"
)

// makeCipher decrypts with a derived key and an IV.
type makeCipher func(key, iv, ciphertext []byte) ([]byte, bool)

func openRC4(key, _, ciphertext []byte) ([]byte, bool) {
	c, err := rc4.NewCipher(key)
	if err != nil {
		return nil, false
	}
	plain := make([]byte, len(ciphertext))
	c.XORKeyStream(plain, ciphertext)
	return plain, true
}

func openDES(key, iv, ciphertext []byte) ([]byte, bool) {
	c, err := des.NewCipher(key)
	return openBlocks(c, err, iv, ciphertext)
}

// openTripleDES takes 16 bytes for two keys, of which the first is used again as the third.
func openTripleDES(key, iv, ciphertext []byte) ([]byte, bool) {
	if len(key) == 16 {
		key = append(key[:16:16], key[:8]...)
	}
	c, err := des.NewTripleDESCipher(key)
	return openBlocks(c, err, iv, ciphertext)
}

func openAES(key, iv, ciphertext []byte) ([]byte, bool) {
	c, err := aes.NewCipher(key)
	return openBlocks(c, err, iv, ciphertext)
}

// openRC2 uses all bits of the key; PBES1 says 64 of them.
func openRC2(key, iv, ciphertext []byte) ([]byte, bool) {
	return openCBC(newRC2(key, 8*len(key)), iv, ciphertext)
}

func openBlocks(c cipher.Block, err error, iv, ciphertext []byte) ([]byte, bool) {
	if err != nil {
		return nil, false
	}
	return openCBC(c, iv, ciphertext)
}

// openCBC decrypts and takes off the padding (RFC 8018 §6.1.1), of which every byte is looked at.
func openCBC(c cipher.Block, iv, ciphertext []byte) ([]byte, bool) {
	size := c.BlockSize()
	if len(ciphertext) == 0 || len(ciphertext)%size != 0 || len(iv) != size {
		return nil, false
	}
	plain := make([]byte, len(ciphertext))
	cipher.NewCBCDecrypter(c, iv).CryptBlocks(plain, ciphertext)
	padding := int(plain[len(plain)-1])
	if padding == 0 || padding > size {
		return nil, false
	}
	for _, b := range plain[len(plain)-padding:] {
		if int(b) != padding {
			return nil, false
		}
	}
	return plain[:len(plain)-padding], true
}
