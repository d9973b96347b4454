# The vendor's provider stays for what is not moved yet, under a local name of
# its own. Its resource types have the prefix keyfactor_ too, so those that remain
# need provider = vendor.
terraform {
  required_providers {
    keyfactor = {
      source = "seed-557fd821/keyfactor"
    }
    vendor = {
      source = "keyfactor-pub/keyfactor"
    }
  }
}

# Out of state, and nothing else: destroying it there would revoke it.
removed {
  from = keyfactor_certificate.web

  lifecycle {
    destroy = false
  }
}

# The same certificate, in the care of this provider. Its file is the PEM text
# that the vendor's resource has in certificate_pem.
import {
  to = keyfactor_imported_certificate.web
  id = "89175D792CAF1DCAE913E6DFE79BC89047F9FAAC"
}

resource "keyfactor_imported_certificate" "web" {
  certificate = file("${path.module}/certificates/web.pem")
  on_destroy  = "keep"
}
