# A PEM file: the end entity's certificate first. A private key in it stays here.
resource "keyfactor_imported_certificate" "web" {
  certificate = file("${path.module}/certificates/web.pem")

  metadata = {
    AppOwnerFirstName = "John"
    AppOwnerLastName  = "Smith"
  }
  owner_role_name = "PKI Administrators"

  lifecycle {
    create_before_destroy = true
  }
}
