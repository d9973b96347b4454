variable "payments_password" {
  type      = string
  ephemeral = true
  sensitive = true
}

# What the server sees in a file that holds a private key. Nothing of it is kept.
ephemeral "keyfactor_certificate_analysis" "payments" {
  certificate = filebase64("${path.module}/certificates/payments.p12")
  password    = var.payments_password
}

check "payments_is_readable" {
  assert {
    condition     = anytrue(ephemeral.keyfactor_certificate_analysis.payments.certificates[*].is_end_entity)
    error_message = "The server finds no end entity in payments.p12."
  }
}
