# By Command's certificate id, or by thumbprint.
terraform import keyfactor_imported_certificate.web 1234
terraform import keyfactor_imported_certificate.web 89175D792CAF1DCAE913E6DFE79BC89047F9FAAC

# For an account whose permission is on one collection only: COLLECTION/ID or COLLECTION/THUMBPRINT.
terraform import keyfactor_imported_certificate.web 5/1234
