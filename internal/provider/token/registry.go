package token

import "github.com/hashicorp/terraform-plugin-framework/ephemeral"

// EphemeralResources lists the ephemeral resources of this package.
func EphemeralResources() []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{newAccessToken, newVenafiToken}
}
