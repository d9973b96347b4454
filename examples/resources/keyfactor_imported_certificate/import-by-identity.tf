# The same by resource identity, with Terraform 1.12 or later.
import {
  to = keyfactor_imported_certificate.web
  identity = {
    thumbprint = "89175D792CAF1DCAE913E6DFE79BC89047F9FAAC"
  }
}

resource "keyfactor_imported_certificate" "web" {
  certificate = file("${path.module}/certificates/web.pem")
}
