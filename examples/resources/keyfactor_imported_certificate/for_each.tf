# Every PEM file of a folder. The keys are thumbprints, so that a file can be
# renamed without anything happening to its certificate, and a certificate that
# lies there twice is an error. Files with a password are keyed by file name.
locals {
  files = {
    for name in fileset("${path.module}/certificates", "*.pem") :
    provider::keyfactor::certificate_info(file("${path.module}/certificates/${name}")).thumbprint => name
  }
}

resource "keyfactor_imported_certificate" "from_folder" {
  for_each = local.files

  certificate = file("${path.module}/certificates/${each.value}")
}
