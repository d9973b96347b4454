# Plan and apply run as different clients: the pipeline gives each of its jobs
# its own TF_VAR_client_id and TF_VAR_client_secret. Ephemeral, they are in no
# plan file, and apply uses its own.
variable "client_id" {
  type      = string
  ephemeral = true
}

variable "client_secret" {
  type      = string
  ephemeral = true
  sensitive = true
}

variable "payments_password" {
  type      = string
  ephemeral = true
  sensitive = true
}

provider "keyfactor" {
  endpoint = "https://keyfactor.keyexample.com/KeyfactorAPI"

  oauth = {
    token_url     = "https://login.keyexample.com/realms/Keyfactor/protocol/openid-connect/token"
    client_id     = var.client_id
    client_secret = var.client_secret
  }
}

resource "keyfactor_imported_certificate" "payments" {
  certificate_wo = filebase64("${path.module}/certificates/payments.p12")
  password_wo    = var.payments_password
}
