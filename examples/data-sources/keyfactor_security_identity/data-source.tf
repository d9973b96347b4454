data "keyfactor_security_identity" "terraform" {
  account_name = "KEYEXAMPLE\\svc-terraform"
}

output "roles" {
  value = data.keyfactor_security_identity.terraform.roles[*].name
}
