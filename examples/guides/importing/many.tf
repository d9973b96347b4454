# Every PEM file of a folder is a certificate that Command holds already: one
# import block for all. It can stay; what is in state is not imported again.
locals {
  files = {
    for name in fileset("${path.module}/certificates", "web.pem") :
    provider::keyfactor::certificate_info(file("${path.module}/certificates/${name}")).thumbprint => name
  }
}

import {
  for_each = local.files
  to       = keyfactor_imported_certificate.web[each.key]
  id       = each.key
}

resource "keyfactor_imported_certificate" "web" {
  for_each = local.files

  certificate = file("${path.module}/certificates/${each.value}")
}
