// Package security holds the data sources about who may do what in Command:
// security identities, roles and claims.
//
// Command 10 knows identities, which are users and groups of Active Directory;
// from 11 on claims replace them, and the list of identities shows the ones of
// Active Directory only. Groups are never expanded: who is in one, only the
// directory knows.
//
// How lists are paged is in package keyfactor, that a run reads each list once
// is in package session. This package filters, looks up, and builds the
// values of the longest list directly, because it may have tens of thousands of
// entries.
package security
