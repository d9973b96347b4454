variable "payments_password" {
  type      = string
  ephemeral = true
  sensitive = true
}

# A PKCS#12 file with its private key, in the write-only form: neither the file
# nor the password is kept in a plan or in state. A new file shows in the plan by
# its thumbprint, without a version argument.
resource "keyfactor_imported_certificate" "payments" {
  certificate_wo = filebase64("${path.module}/certificates/payments.p12")
  password_wo    = var.payments_password

  lifecycle {
    create_before_destroy = true
  }
}
