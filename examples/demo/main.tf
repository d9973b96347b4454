# What `make demo` applies: certificate files as real tools write them, imported
# into Keyfactor Command, with metadata, an owner and a certificate store.

terraform {
  required_version = ">= 1.11"

  required_providers {
    keyfactor = {
      # With the host, so that OpenTofu finds it under the same name.
      source  = "registry.terraform.io/seed-557fd821/keyfactor"
      version = "~> 0.1"
    }
  }
}

provider "keyfactor" {
  endpoint       = var.endpoint
  ca_certificate = var.ca_certificate

  oauth = {
    token_url     = var.token_url
    client_id     = var.client_id
    client_secret = var.client_secret
  }
}

# A PEM chain. Its renewal comes with a new key: the new certificate is imported
# first, then the record of the old one is deleted.
resource "keyfactor_imported_certificate" "web" {
  certificate     = file("${path.module}/certificates/web.pem")
  metadata        = { AppOwnerEmailAddress = var.contact, BusinessUnit = "E-Business" }
  owner_role_name = var.owner_role_name
  store_ids       = [var.store_id]
  store_types     = [{ store_type_id = var.store_type_id, alias = "web", overwrite = true }]
  on_destroy      = "delete"

  lifecycle {
    create_before_destroy = true

    postcondition {
      condition     = length(self.invalid_key_stores) == 0
      error_message = "A store refused the certificate."
    }
  }
}

# One binary certificate (DER). Nothing binary fits into a string: base64.
resource "keyfactor_imported_certificate" "api" {
  certificate = filebase64("${path.module}/certificates/api.der")
  metadata    = { AppOwnerEmailAddress = var.contact }
}

# A PKCS#7 bundle. The end entity is imported, wherever it stands in the bundle.
resource "keyfactor_imported_certificate" "partner" {
  certificate = filebase64("${path.module}/certificates/partner.p7b")
}

# PKCS#12 files hold a private key. In the write-only form neither the file nor
# its password is kept in a plan or in state; a new file shows by its thumbprint.
resource "keyfactor_imported_certificate" "payments" {
  certificate_wo  = filebase64("${path.module}/certificates/payments.p12")
  password_wo     = var.payments_password
  metadata        = { AppOwnerEmailAddress = var.contact }
  owner_role_name = var.owner_role_name
}

resource "keyfactor_imported_certificate" "legacy" {
  certificate_wo = filebase64("${path.module}/certificates/legacy.p12")
  password_wo    = var.legacy_password
}

# Who holds the role that owns the certificates.
data "keyfactor_security_identities" "owners" {
  role_name = var.owner_role_name
}

data "keyfactor_security_identity" "administrator" {
  account_name = var.administrator
}
