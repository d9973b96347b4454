// Package certificate holds what the provider does with certificates: the
// resource keyfactor_imported_certificate, the data sources about certificates,
// the ephemeral resource keyfactor_certificate_analysis and the function
// certificate_info.
//
// What a certificate file is, is read by package certfile; how Command is
// called, is in package keyfactor; this package decides what a plan shows, when
// to send what, and what the state remembers.
package certificate
