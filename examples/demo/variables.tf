variable "endpoint" {
  description = "Keyfactor Command's API."
  type        = string
}

variable "ca_certificate" {
  description = "Path of the PEM file of the CA behind the servers' certificates."
  type        = string
}

variable "token_url" {
  description = "The identity provider's token endpoint."
  type        = string
}

variable "client_id" {
  description = "The client that Command knows."
  type        = string
}

variable "client_secret" {
  description = "Its secret. Ephemeral: never in a plan or in state."
  type        = string
  ephemeral   = true
  sensitive   = true
}

variable "payments_password" {
  description = "The password of payments.p12."
  type        = string
  ephemeral   = true
  sensitive   = true
}

variable "legacy_password" {
  description = "The password of legacy.p12."
  type        = string
  ephemeral   = true
  sensitive   = true
}

variable "contact" {
  description = "Who is called when a certificate ends."
  type        = string
}

variable "owner_role_name" {
  description = "The security role that owns the certificates."
  type        = string
}

variable "administrator" {
  description = "An account to look up."
  type        = string
}

variable "store_id" {
  description = "The certificate store that the web certificate is installed into."
  type        = string
}

variable "store_type_id" {
  description = "That store's type."
  type        = number
}
