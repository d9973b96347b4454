# Files of which Command holds some and not others: what it has is taken over,
# the rest is imported.
locals {
  files = {
    for name in fileset("${path.module}/certificates", "*.pem") :
    provider::keyfactor::certificate_info(file("${path.module}/certificates/${name}")).thumbprint => name
  }
  there = toset([for certificate in data.keyfactor_certificates.all.certificates : certificate.thumbprint])
}

data "keyfactor_certificates" "all" {
  query           = "CN -endswith \".keyexample.com\""
  include_expired = true
  include_revoked = true
}

import {
  for_each = setintersection(keys(local.files), local.there)
  to       = keyfactor_imported_certificate.web[each.key]
  id       = each.key
}

resource "keyfactor_imported_certificate" "web" {
  for_each = local.files

  certificate = file("${path.module}/certificates/${each.value}")
}
