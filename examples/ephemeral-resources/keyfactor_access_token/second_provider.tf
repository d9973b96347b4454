# One login, two instances of Command behind the same identity provider.
ephemeral "keyfactor_access_token" "this" {}

provider "keyfactor" {
  alias        = "recovery"
  endpoint     = "https://keyfactor-dr.keyexample.com/KeyfactorAPI"
  access_token = ephemeral.keyfactor_access_token.this.access_token
}

resource "keyfactor_imported_certificate" "web" {
  provider    = keyfactor.recovery
  certificate = file("${path.module}/certificates/web.pem")
}
