# The role that will own a certificate, by name once, by id where it counts.
data "keyfactor_security_role" "pki" {
  name = "PKI Administrators"
}

resource "keyfactor_imported_certificate" "web" {
  certificate   = file("${path.module}/certificates/web.pem")
  owner_role_id = data.keyfactor_security_role.pki.id
}
