# The token that this provider works with, for a provider or a script that takes
# one. It is opened in plan and again in apply.
ephemeral "keyfactor_access_token" "this" {}

locals {
  authorization = "${ephemeral.keyfactor_access_token.this.token_type} ${ephemeral.keyfactor_access_token.this.access_token}"
}
