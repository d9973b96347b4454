# Every PEM file of a folder, keyed by thumbprint, with when it ends.
locals {
  infos = {
    for name in fileset("${path.module}/certificates", "*.pem") :
    name => provider::keyfactor::certificate_info(file("${path.module}/certificates/${name}"))
  }
}

output "ends" {
  value = { for name, info in local.infos : info.thumbprint => "${name} ends ${info.not_after}" }
}
