variable "client_certificate_pem" {
  type      = string
  ephemeral = true
}

variable "client_private_key_pem" {
  type      = string
  ephemeral = true
  sensitive = true
}

# The client certificate as PEM texts, and the token handed to a provider block.
ephemeral "keyfactor_venafi_token" "this" {
  url             = "https://tpp.venafi.example/vedauth"
  client_id       = "MyApp"
  scope           = "certificate:discover,manage"
  certificate_pem = var.client_certificate_pem
  private_key_pem = var.client_private_key_pem
}

provider "keyfactor" {
  alias        = "migration"
  endpoint     = "https://keyfactor.keyexample.com/KeyfactorAPI"
  access_token = ephemeral.keyfactor_venafi_token.this.access_token
}
