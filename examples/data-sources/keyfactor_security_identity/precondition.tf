# Nothing is imported unless the team's group holds the role that will own it.
data "keyfactor_security_identity" "team" {
  account_name = "KEYEXAMPLE\\PKI Admins"
  validate     = false
}

resource "keyfactor_imported_certificate" "web" {
  certificate     = file("${path.module}/certificates/web.pem")
  owner_role_name = "PKI Administrators"

  lifecycle {
    precondition {
      condition     = contains(data.keyfactor_security_identity.team.roles[*].name, "PKI Administrators")
      error_message = "The team's group does not hold the role PKI Administrators."
    }
  }
}
