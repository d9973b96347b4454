variable "client_pkcs12" {
  type      = string
  ephemeral = true
  sensitive = true
}

variable "client_pkcs12_password" {
  type      = string
  ephemeral = true
  sensitive = true
}

# A token of Venafi's authentication server for a client certificate. Closing it,
# at the end of plan and of apply, revokes its grant.
ephemeral "keyfactor_venafi_token" "this" {
  url             = "https://tpp.venafi.example/vedauth"
  client_id       = "MyApp"
  scope           = "certificate:manage"
  pkcs12          = var.client_pkcs12
  pkcs12_password = var.client_pkcs12_password
}

# Handed to another provider's configuration, it is in no plan and no state:
#
#   provider "venafi" {
#     url          = "https://tpp.venafi.example"
#     access_token = ephemeral.keyfactor_venafi_token.this.access_token
#   }
