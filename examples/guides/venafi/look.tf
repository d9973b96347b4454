# What is in the exported files that need no password.
output "exported" {
  value = {
    for name in fileset("${path.module}/certificates", "*.{pem,p7b}") :
    name => provider::keyfactor::certificate_info(filebase64("${path.module}/certificates/${name}"))
  }
}
