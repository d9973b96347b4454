variable "store_ids" {
  description = "The GUIDs of the certificate stores."
  type        = set(string)
  default     = ["0f2ad6a4-4c1c-4b0f-8d0a-0d3c7a3f9a51"]
}

variable "payments_password" {
  type      = string
  ephemeral = true
  sensitive = true
}

# Imported and installed into stores. A store that refuses the certificate does
# not fail the import: it is listed, and the postcondition makes it an error. The
# next plan proposes it again.
resource "keyfactor_imported_certificate" "payments" {
  certificate_wo = filebase64("${path.module}/certificates/payments.p12")
  password_wo    = var.payments_password
  store_ids      = var.store_ids

  store_types = [{
    store_type_id = 2
    alias         = "payments"
    overwrite     = true
    properties    = jsonencode([{ Name = "BindingInformation", Value = "443" }])
  }]

  on_destroy = "delete"

  lifecycle {
    create_before_destroy = true

    postcondition {
      condition     = length(self.invalid_key_stores) == 0
      error_message = "A store refused the certificate."
    }
  }
}
