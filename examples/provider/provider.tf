terraform {
  required_version = ">= 1.11"

  required_providers {
    keyfactor = {
      source  = "seed-557fd821/keyfactor"
      version = "~> 0.1"
    }
  }
}

variable "client_secret" {
  type      = string
  ephemeral = true
  sensitive = true
}

# OAuth client credentials: what Keyfactor recommends for automation.
provider "keyfactor" {
  endpoint = "https://keyfactor.keyexample.com/KeyfactorAPI"

  oauth = {
    token_url     = "https://keyfactor.keyexample.com/realms/Keyfactor/protocol/openid-connect/token"
    client_id     = "terraform"
    client_secret = var.client_secret
  }
}
