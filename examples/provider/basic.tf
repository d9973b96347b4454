variable "password" {
  type      = string
  ephemeral = true
  sensitive = true
}

# An Active Directory account, with a CA of the company's own behind the server's
# certificate. The CA is added to those that the system trusts.
provider "keyfactor" {
  endpoint       = "keyfactor.keyexample.com"
  ca_certificate = "${path.module}/certificates/ca.pem"

  basic = {
    username = "keyexample\\svc-terraform"
    password = var.password
  }
}
