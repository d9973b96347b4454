// Package simulator plays, on loopback addresses only, the three servers that the provider talks to: the Keyfactor
// Command API, an OAuth identity provider, and the Venafi authentication server vedauth. It really parses what is
// imported, keeps its state in memory, checks permissions, writes a journal of every request and injects faults.
//
// [Start] opens TLS listeners on 127.0.0.1 with a certificate authority made for that start; nothing is kept on disk.
// The zero [Options] are a Command 25 server with documented behaviour and a small seeded world. Where the vendor's
// pages are silent, a field of Options chooses (see README.md, which names the source of every behaviour).
//
// It must not know the provider: it imports nothing else of this module, so that two independent readings of the
// vendor's pages check each other. It imports no testing package, so that a demo can run it as well as a test.
package simulator
