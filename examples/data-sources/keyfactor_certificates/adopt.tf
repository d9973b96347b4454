# Taking over certificates that Command holds already: their PEM text comes from
# the server, so no file is needed. Import blocks with for_each need Terraform 1.7.
data "keyfactor_certificates" "web" {
  query = "CN -endswith \".keyexample.com\" AND HasPrivateKey -eq false"
}

locals {
  adopted = { for certificate in data.keyfactor_certificates.web.certificates : certificate.thumbprint => certificate }
}

import {
  for_each = local.adopted
  to       = keyfactor_imported_certificate.adopted[each.key]
  id       = each.key
}

resource "keyfactor_imported_certificate" "adopted" {
  for_each = local.adopted

  certificate = each.value.certificate_pem
}
