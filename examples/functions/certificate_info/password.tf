# The result is as sensitive as the password. What is public in a certificate may
# be said to be so. An ephemeral password works in conditions, but its result can
# be in no output and no for_each.
variable "legacy_password" {
  type      = string
  sensitive = true
}

output "legacy_thumbprint" {
  value = nonsensitive(provider::keyfactor::certificate_info(
    filebase64("${path.module}/certificates/legacy.p12"), var.legacy_password,
  ).thumbprint)
}
