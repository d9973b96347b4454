# Does Command know the client that this configuration runs as?
data "keyfactor_security_claims" "terraform" {
  claim_type  = "OAuthClientId"
  claim_value = "terraform"
}

check "client_is_known" {
  assert {
    condition     = length(data.keyfactor_security_claims.terraform.claims) == 1
    error_message = "Command has no claim for the OAuth client terraform."
  }
}
