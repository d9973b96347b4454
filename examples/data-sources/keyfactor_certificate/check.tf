# Warns on every plan from 30 days before a certificate ends.
data "keyfactor_certificate" "web" {
  id = 1
}

check "web_lasts" {
  assert {
    condition     = timecmp(timeadd(plantimestamp(), "720h"), data.keyfactor_certificate.web.not_after) < 0
    error_message = "The web certificate ends within 30 days."
  }
}
