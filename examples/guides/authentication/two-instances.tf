# Two instances of Command. The environment is one for both, so each block names
# its mode and its credentials.
variable "production_client_secret" {
  type      = string
  ephemeral = true
  sensitive = true
}

variable "test_password" {
  type      = string
  ephemeral = true
  sensitive = true
}

provider "keyfactor" {
  alias    = "production"
  endpoint = "https://keyfactor.keyexample.com/KeyfactorAPI"

  oauth = {
    token_url     = "https://login.keyexample.com/realms/Keyfactor/protocol/openid-connect/token"
    client_id     = "terraform"
    client_secret = var.production_client_secret
  }
}

provider "keyfactor" {
  alias    = "test"
  endpoint = "https://keyfactor-test.keyexample.com/KeyfactorAPI"

  basic = {
    username = "keyexample\\svc-terraform"
    password = var.test_password
  }
}

resource "keyfactor_imported_certificate" "production" {
  provider    = keyfactor.production
  certificate = file("${path.module}/certificates/web.pem")
}

resource "keyfactor_imported_certificate" "test" {
  provider    = keyfactor.test
  certificate = file("${path.module}/certificates/web.pem")
}
