# The teams' roles by a naming rule, each with somebody to write to.
data "keyfactor_security_roles" "teams" {
  name_regex = " Team$"
}

check "every_team_can_be_reached" {
  assert {
    condition     = alltrue([for role in data.keyfactor_security_roles.teams.roles : role.email_address != null])
    error_message = "A team's role has no e-mail address."
  }
}
