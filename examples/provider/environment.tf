# Everything from the environment, in the variables that Keyfactor's own tools
# read: KEYFACTOR_HOSTNAME with KEYFACTOR_USERNAME and KEYFACTOR_PASSWORD, or
# KEYFACTOR_AUTH_TOKEN_URL, KEYFACTOR_AUTH_CLIENT_ID and
# KEYFACTOR_AUTH_CLIENT_SECRET, or KEYFACTOR_AUTH_ACCESS_TOKEN.
provider "keyfactor" {}
