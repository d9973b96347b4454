variable "legacy_password" {
  type      = string
  ephemeral = true
  sensitive = true
}

locals {
  legacy = filebase64("${path.module}/certificates/legacy.p12")
}

ephemeral "keyfactor_certificate_analysis" "legacy" {
  certificate = local.legacy
  password    = var.legacy_password

  lifecycle {
    postcondition {
      condition     = length(self.certificates) > 0
      error_message = "The server finds no certificate in legacy.p12."
    }
  }
}

resource "keyfactor_imported_certificate" "legacy" {
  certificate_wo = local.legacy
  password_wo    = var.legacy_password
}
