# Who holds a role: directory accounts, and from Command 11 on claims.
data "keyfactor_security_role" "administrators" {
  name = "Administrator"
}

output "accounts" {
  value = coalesce(data.keyfactor_security_role.administrators.identities, [])[*].account_name
}

output "claims" {
  value = [
    for claim in coalesce(data.keyfactor_security_role.administrators.claims, []) :
    "${claim.claim_type} ${claim.claim_value}"
  ]
}
