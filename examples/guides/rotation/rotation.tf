variable "payments_pkcs12" {
  description = "The PKCS#12 file in base64, from a secret store."
  type        = string
  ephemeral   = true
  sensitive   = true
}

variable "payments_password" {
  type      = string
  ephemeral = true
  sensitive = true
}

variable "store_ids" {
  type    = set(string)
  default = ["0f2ad6a4-4c1c-4b0f-8d0a-0d3c7a3f9a51"]
}

resource "keyfactor_imported_certificate" "payments" {
  certificate_wo = var.payments_pkcs12
  password_wo    = var.payments_password

  store_ids   = var.store_ids
  store_types = [{ store_type_id = 2, alias = "payments", overwrite = true }]
  on_destroy  = "delete"

  lifecycle {
    # The new certificate is imported and installed before the old record goes.
    create_before_destroy = true

    # A store that refused it ends the run before the old record is deleted.
    postcondition {
      condition     = length(self.invalid_key_stores) == 0
      error_message = "A store refused the certificate; the old one stays."
    }
    postcondition {
      condition     = timecmp(self.not_after, timeadd(plantimestamp(), "168h")) > 0
      error_message = "The file ends within a week: is it the renewed one?"
    }
  }
}

output "payments_ends" {
  value = keyfactor_imported_certificate.payments.not_after
}

check "payments_lasts" {
  assert {
    condition     = timecmp(timeadd(plantimestamp(), "720h"), keyfactor_imported_certificate.payments.not_after) < 0
    error_message = "The payments certificate ends within 30 days."
  }
}
