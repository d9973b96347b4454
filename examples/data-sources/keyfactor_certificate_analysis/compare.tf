# Provider and server must mean the same certificate.
locals {
  bundle = filebase64("${path.module}/certificates/partner.p7b")
}

data "keyfactor_certificate_analysis" "bundle" {
  certificate = local.bundle
}

check "same_certificate" {
  assert {
    condition = contains(
      data.keyfactor_certificate_analysis.bundle.certificates[*].thumbprint,
      provider::keyfactor::certificate_info(local.bundle).thumbprint,
    )
    error_message = "The server does not see the certificate that would be imported."
  }
}
