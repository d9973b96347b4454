# Files exported from Trust Protection Platform, and what was in their custom
# fields. The files are keyed by name, since a password opens them.
variable "export_password" {
  description = "The password that the PKCS#12 files were exported with."
  type        = string
  ephemeral   = true
  sensitive   = true
}

locals {
  moved = {
    "legacy.p12" = { "Application Owner" = "team@keyexample.com", "Cost Center" = "E-Business" }
  }

  # Custom field of the platform => metadata field of Command. The metadata
  # fields must exist before anything is imported.
  fields = {
    "Application Owner" = "AppOwnerEmailAddress"
    "Cost Center"       = "BusinessUnit"
  }
}

resource "keyfactor_imported_certificate" "moved" {
  for_each = local.moved

  certificate_wo  = filebase64("${path.module}/certificates/${each.key}")
  password_wo     = var.export_password
  metadata        = { for field, value in each.value : local.fields[field] => value }
  owner_role_name = "PKI Administrators"
}
