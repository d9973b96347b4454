# Certificate and chain as two texts, which is how the tls, acme and vault
# providers hand out what they issue: joined, the end entity first.
variable "certificate_pem" {
  description = "Such as tls_locally_signed_cert.web.cert_pem."
  type        = string
}

variable "ca_certificate_pem" {
  description = "Such as tls_self_signed_cert.ca.cert_pem."
  type        = string
}

resource "keyfactor_imported_certificate" "issued" {
  certificate = "${var.certificate_pem}${var.ca_certificate_pem}"

  metadata = {
    AppOwnerEmailAddress = "team@keyexample.com"
  }

  lifecycle {
    create_before_destroy = true
  }
}
