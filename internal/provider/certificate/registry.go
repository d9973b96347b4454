package certificate

import (
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// Resources lists the resources about certificates. What files tell does not
// depend on a configuration, so all share what was read.
func Resources(files *Files) []func() resource.Resource {
	return []func() resource.Resource{
		func() resource.Resource { return NewImportedCertificateResource(files) },
	}
}

// Functions lists the functions about certificate files.
func Functions(files *Files) []func() function.Function {
	return []func() function.Function{
		func() function.Function { return NewCertificateInfoFunction(files) },
	}
}

// DataSources lists the data sources about certificates.
func DataSources() []func() datasource.DataSource {
	return []func() datasource.DataSource{NewCertificateDataSource, NewCertificatesDataSource, NewAnalysisDataSource}
}

// EphemeralResources lists the ephemeral resources about certificates.
func EphemeralResources() []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{NewAnalysisEphemeralResource}
}
