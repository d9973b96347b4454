# Command's own query language; expired and revoked ones are left out unless asked for.
data "keyfactor_certificates" "payments" {
  query            = "CN -contains \"pay\""
  include_metadata = true
}

output "payments" {
  value = {
    for certificate in data.keyfactor_certificates.payments.certificates :
    certificate.thumbprint => certificate.not_after
  }
}
