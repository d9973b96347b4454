# A certificate that Command holds already. Nothing is sent for what it has, and
# what is not written here is left alone.
import {
  to = keyfactor_imported_certificate.web
  id = "89175D792CAF1DCAE913E6DFE79BC89047F9FAAC" # thumbprint, or Command's id
}

resource "keyfactor_imported_certificate" "web" {
  certificate = file("${path.module}/certificates/web.pem")
}
