variable "client_secret" {
  type      = string
  ephemeral = true
  sensitive = true
}

variable "password" {
  type      = string
  ephemeral = true
  sensitive = true
}

# OAuth with a user's name and password. Keyfactor documents it for tests and
# development; some identity providers want the client's own credentials in the
# Authorization header.
provider "keyfactor" {
  endpoint = "https://keyfactor.keyexample.com/KeyfactorAPI"

  oauth = {
    token_url             = "https://login.keyexample.com/oauth2/token"
    grant_type            = "password"
    client_id             = "terraform"
    client_secret         = var.client_secret
    client_authentication = "header"
    username              = "svc-terraform"
    password              = var.password
    scopes                = ["openid"]
    audience              = "keyfactor"
  }
}
