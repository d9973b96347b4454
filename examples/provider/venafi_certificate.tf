variable "client_pkcs12" {
  description = "The client certificate with its key: a PKCS#12 file in base64."
  type        = string
  ephemeral   = true
  sensitive   = true
}

variable "client_pkcs12_password" {
  type      = string
  ephemeral = true
  sensitive = true
}

# A token from Venafi's authentication server, for a client certificate. The
# grant is revoked when Terraform is done.
provider "keyfactor" {
  endpoint = "https://keyfactor.keyexample.com/KeyfactorAPI"

  venafi_certificate = {
    url             = "https://tpp.venafi.example/vedauth"
    client_id       = "MyApp"
    scope           = "certificate:discover,manage"
    pkcs12          = var.client_pkcs12
    pkcs12_password = var.client_pkcs12_password
  }
}
