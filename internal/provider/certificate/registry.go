package certificate

import "github.com/hashicorp/terraform-plugin-framework/resource"

// Resources lists the resources about certificates.
func Resources() []func() resource.Resource {
	return []func() resource.Resource{NewImportedCertificateResource}
}
