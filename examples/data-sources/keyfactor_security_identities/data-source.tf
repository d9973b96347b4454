# Every account of one role, whatever page of the list it is on.
data "keyfactor_security_identities" "administrators" {
  role_name = "PKI Administrators"
}

output "administrators" {
  value = data.keyfactor_security_identities.administrators.identities[*].account_name
}
