output "certificates" {
  description = "What was imported."
  value = {
    for name, certificate in {
      web      = keyfactor_imported_certificate.web
      api      = keyfactor_imported_certificate.api
      partner  = keyfactor_imported_certificate.partner
      payments = keyfactor_imported_certificate.payments
      legacy   = keyfactor_imported_certificate.legacy
      } : name => {
      id              = certificate.id
      thumbprint      = certificate.thumbprint
      format          = certificate.format
      not_after       = certificate.not_after
      has_private_key = certificate.has_private_key
      preexisting     = certificate.preexisting
    }
  }
}

output "owners" {
  description = "The accounts that hold the owner's role."
  value       = data.keyfactor_security_identities.owners.identities[*].account_name
}

output "administrator_roles" {
  description = "The roles of one account."
  value       = data.keyfactor_security_identity.administrator.roles[*].name
}
