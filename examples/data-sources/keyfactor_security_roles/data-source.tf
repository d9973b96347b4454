data "keyfactor_security_roles" "all" {}

output "roles" {
  value = { for role in data.keyfactor_security_roles.all.roles : role.name => role.id }
}
