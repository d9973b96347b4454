# What the server sees in a file, before anything is imported.
data "keyfactor_certificate_analysis" "bundle" {
  certificate = filebase64("${path.module}/certificates/partner.p7b")
}

output "chain" {
  value = {
    for certificate in data.keyfactor_certificate_analysis.bundle.certificates :
    certificate.thumbprint => certificate.subject
  }
}
