# An access review: groups that hold roles, and accounts that the directory does
# not know any more. Groups are not expanded: who is in them, the directory knows.
data "keyfactor_security_identities" "groups" {
  identity_type      = "Group"
  account_name_regex = "^KEYEXAMPLE\\\\"
  sort_field         = "AccountName"
}

data "keyfactor_security_identities" "unknown" {
  valid = false
}

output "roles_of_groups" {
  value = {
    for group in data.keyfactor_security_identities.groups.identities :
    group.account_name => group.roles[*].name
  }
}

check "every_account_is_known" {
  assert {
    condition     = length(data.keyfactor_security_identities.unknown.identities) == 0
    error_message = "The directory does not know every account that holds a role."
  }
}
