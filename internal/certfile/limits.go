package certfile

// What one file may cost. Real files stay far below: the largest bundles of roots hold some 150 certificates in 250 kB.
// Derivations are what comes nearest: Firefox does three of 600,000 iterations, and certtool one for every certificate, so
// a chain of eight with 3DES takes 17 million rounds. All that is allowed takes one to four seconds.
const (
	maxFileSize     = 4 << 20    // bytes of the file itself
	maxContentSize  = 8 << 20    // bytes of the text around it: base64 and line breaks, at most twice the file
	maxDepth        = 24         // ASN.1 elements inside each other; certificates stay below 15
	maxIndefinite   = 10         // of them of indefinite length, whose ends have to be searched for at every level
	maxElements     = 250_000    // ASN.1 elements of one part; a certificate has about a hundred
	maxNestedSafes  = 4          // PKCS#12 SafeContents inside SafeContents
	maxCertificates = 1000       // of one file
	maxBlocks       = 2000       // of one PEM file, keys and all
	maxBags         = 5000       // of one PKCS#12 file
	maxSafes        = 100        // of one PKCS#12 file
	maxSalt         = 1024       // bytes
	maxRounds       = 18_000_000 // hash rounds of all key derivations of one file; see budget
	maxScryptMemory = 48 << 20   // bytes
	maxPassword     = 4096       // bytes
	maxPrivateKey   = 10 << 10   // bytes; RSA of 16,384 bits has 9.3 kB
	maxDSAPrime     = 520        // bytes, of a DSA key that is computed with
	maxDSANumber    = 80         // bytes of its secret number
	publicKeyRounds = 100_000    // what computing a public key counts for in maxRounds
)
