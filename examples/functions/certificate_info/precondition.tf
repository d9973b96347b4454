# Nothing is imported that ends within 30 days.
locals {
  partner = filebase64("${path.module}/certificates/partner.p7b")
}

resource "keyfactor_imported_certificate" "partner" {
  certificate = local.partner

  lifecycle {
    precondition {
      condition     = timecmp(provider::keyfactor::certificate_info(local.partner).not_after, timeadd(plantimestamp(), "720h")) > 0
      error_message = "The partner's certificate ends within 30 days: ask for the next one."
    }
  }
}
