package simulator

import (
	"strconv"
	"strings"
	"time"
)

// Options are the simulator's knobs. The zero value of each is the documented, or else the most plausible, behaviour.
type Options struct {
	// Version is the four-part product version, e.g. "10.5.0.0", "11.6.0.0", "12.4.0.0"; empty means "25.1.1.0".
	// Its first number decides what exists: owners from 12 on; claims, Security/My and version 2 of roles from 11 on;
	// camelCase answers in 11; the certificate chain in Analyze from 12 on.
	Version string
	// Seed drives everything random that must be replayable: faults by probability. Secrets do not depend on it.
	Seed uint64
	// Ports fixes ports; 0 takes a free one.
	Ports Ports
	// Now is the simulator's clock; nil means time.Now.
	Now func() time.Time
	// Logf, when set, gets one line per request answered.
	Logf func(format string, args ...any)

	// HTTP1Only stops offering HTTP/2.
	HTTP1Only bool
	// Latency is waited before each answer of Command.
	Latency time.Duration

	// AcceptMissingRequestedWith answers requests without x-keyfactor-requested-with; otherwise they are 400.
	AcceptMissingRequestedWith bool
	// MaxPageSize caps ReturnLimit; 0 means no cap.
	MaxPageSize int
	// NoTotalCount leaves x-total-count out of list answers.
	NoTotalCount bool
	// NoVersionHeader leaves x-keyfactor-product-version out.
	NoVersionHeader bool
	// IgnoreQuery answers every list as if no query had been sent.
	IgnoreQuery bool
	// IgnorePaging answers every list request with the first page of 50.
	IgnorePaging bool
	// PrefixedNamesOnly understands pq.-prefixed paging parameters only; BareNamesOnly the unprefixed ones only.
	PrefixedNamesOnly, BareNamesOnly bool
	// EmptyUnauthorizedBody answers 401 without a body, HTMLUnauthorizedBody with the HTML page of a web server.
	EmptyUnauthorizedBody, HTMLUnauthorizedBody bool
	// BasicLatin1 decodes the Basic credential as ISO 8859-1 instead of UTF-8.
	BasicLatin1 bool

	// ImportStatus and JobStatus, when not 0, are what every import answers; their meaning is not published.
	// Otherwise ImportStatus is 1 for a new certificate, 2 for a known one, 4 where metadata was not taken; JobStatus 1.
	ImportStatus, JobStatus int
	// RefusedStores are stores, by GUID, that an import lists in InvalidKeystores. Unknown GUIDs are listed as well.
	RefusedStores map[string]Refusal
	// HoldJobs keeps store jobs waiting until RunJobs is called; JobDelay lets them run that much later.
	HoldJobs bool
	JobDelay time.Duration
	// MetadataNotModifiable imports without taking metadata, as for a caller without /metadata/modify/.
	MetadataNotModifiable bool
	// IgnoreUnknownMetadata drops metadata whose field does not exist instead of answering 400.
	IgnoreUnknownMetadata bool
	// NormalizeMetadata trims values and stores booleans as "True" and "False", dates as "2006-01-02T00:00:00".
	NormalizeMetadata bool
	// StoreMetadata, when set, decides what is stored of a value sent; it replaces NormalizeMetadata.
	StoreMetadata func(field MetadataField, value string) string
	// EmptyMetadataReturned returns fields cleared with "" as "" instead of leaving them out.
	EmptyMetadataReturned bool
	// HideOwner leaves owners out of what is read, whatever was set.
	HideOwner bool
	// AnalyzeLeafOnly answers Analyze without the chain.
	AnalyzeLeafOnly bool
	// KnownFiles are files that the simulator cannot read itself: SHA-256 of the file in lower-case hex to its leaf.
	KnownFiles map[string]KnownFile
	// Collections are certificate collections: id to the query that defines it.
	Collections map[int]string
	// Identities adds that many generated identities, three roles each, to the seeded ones.
	Identities int

	// TokenLifetime of the identity provider's tokens; 0 means one hour.
	TokenLifetime time.Duration
	// IDP are further knobs of the identity provider.
	IDP IDPOptions
	// Vedauth are the knobs of the Venafi authentication server.
	Vedauth VedauthOptions
	// Faults are injected from the start; Inject adds more.
	Faults []Fault
}

// Ports are the listeners' ports on 127.0.0.1; 0 takes a free one.
type Ports struct {
	Command, IDP, Vedauth, Control int
}

// Refusal is what InvalidKeystores says of a store: Reason is 0 to 7, its meaning is not published.
type Refusal struct {
	Reason      int
	Explanation string
}

// KnownFile is what the simulator is told about a file that it cannot read: the leaf in DER, and whether it brings a key.
type KnownFile struct {
	Leaf   []byte
	HasKey bool
}

func (o Options) withDefaults() Options {
	if o.Version == "" {
		o.Version = "25.1.1.0"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.TokenLifetime == 0 {
		o.TokenLifetime = time.Hour
	}
	return o
}

// major is the first number of the product version; 25 when there is none.
func (o Options) major() int {
	first, _, _ := strings.Cut(o.Version, ".")
	if n, err := strconv.Atoi(first); err == nil {
		return n
	}
	return 25
}
