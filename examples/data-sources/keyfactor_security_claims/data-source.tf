data "keyfactor_security_claims" "all" {}

output "claims" {
  value = {
    for claim in data.keyfactor_security_claims.all.claims :
    claim.id => "${claim.claim_type} ${claim.claim_value}"
  }
}
