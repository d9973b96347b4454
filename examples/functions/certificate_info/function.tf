# What is in a file, without a server and without a provider configuration.
output "web" {
  value = provider::keyfactor::certificate_info(file("${path.module}/certificates/web.pem"))
}
