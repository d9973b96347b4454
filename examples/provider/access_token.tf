variable "access_token" {
  type      = string
  ephemeral = true
  sensitive = true
}

# A token that something else fetched. It is sent as it is and never renewed.
provider "keyfactor" {
  endpoint     = "https://keyfactor.keyexample.com/KeyfactorAPI"
  access_token = var.access_token
}
