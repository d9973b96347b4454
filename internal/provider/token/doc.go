// Package token holds the ephemeral resources that hand a bearer token to
// another provider's configuration or to a write-only argument:
// keyfactor_access_token, the token of the provider's own mode, and
// keyfactor_venafi_token, a grant of its own from vedauth.
//
// What an ephemeral resource returns is in no plan and no state. Terraform
// opens one in plan and again in apply, and closes it at the end of each.
//
// The package must not know how a token is got (package auth, package venafi)
// or what a setting may look like (package settings).
package token
