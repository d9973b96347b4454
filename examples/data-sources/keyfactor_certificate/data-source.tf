data "keyfactor_certificate" "web" {
  thumbprint = "89175D792CAF1DCAE913E6DFE79BC89047F9FAAC"
}

output "web_ends" {
  value = data.keyfactor_certificate.web.not_after
}
