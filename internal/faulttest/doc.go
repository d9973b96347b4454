// Package faulttest shows that nothing is lost, doubled or replaced by accident
// while servers fail: it runs the real command line with the provider's real
// binary against a simulator that lets a fifth of all requests fail in every
// way it knows, kills the provider in the middle of an apply, and interrupts
// the command line as Ctrl-C does. Certificates are renamed in a for_each while
// some cannot be deleted, and replaced by renewed ones while the provider dies.
//
//	go test ./internal/faulttest                                  one seed, few certificates
//	go test ./internal/faulttest -seeds 20 -certificates 300 -v   what `make test-faults` runs
//
// After at most three applies the server has to hold, item by item, what the
// configuration says and state remembers; no plan may replace an object that
// Terraform itself has not marked as tainted; and no output may hold a secret.
// A store whose import was not answered may be left to the next apply, as
// invalid_key_stores says; how many are is printed with the other figures.
//
// Everything is in test files. They know the provider by its binary only.
package faulttest
