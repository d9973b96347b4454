# A certificate that Terraform issues itself. terraform_data stands here for what
# the tls provider hands out, so that the example needs no other provider: with
# it, write tls_self_signed_cert.test.cert_pem for local.issued.cert_pem.
variable "certificate_pem" {
  description = "What tls_self_signed_cert.test.cert_pem would hold."
  type        = string
}

resource "terraform_data" "tls_self_signed_cert" {
  input = { cert_pem = var.certificate_pem }
}

locals {
  issued = terraform_data.tls_self_signed_cert.output
}

# Issued in the same apply, the certificate is not known when it is planned: the
# plan says so, and shows thumbprint and dates as known after apply.
resource "keyfactor_imported_certificate" "issued" {
  certificate = local.issued.cert_pem

  metadata = {
    AppOwnerEmailAddress = "team@keyexample.com"
  }

  lifecycle {
    create_before_destroy = true
  }
}
