package acctest

import (
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// ValidateEphemeral validates an ephemeral resource's configuration.
func (s *Server) ValidateEphemeral(typ string, config Values) Diagnostics {
	s.t.Helper()
	resp, err := s.server.ValidateEphemeralResourceConfig(s.ctx(), &tfprotov6.ValidateEphemeralResourceConfigRequest{
		TypeName: typ, Config: s.dynamic(s.object(s.ephemeral(typ), config)),
	})
	s.must(err)
	return resp.Diagnostics
}

// Open opens an ephemeral resource. The object's private data is what Close gets.
func (s *Server) Open(typ string, config Values) (Object, Diagnostics) {
	s.t.Helper()
	schema := s.ephemeral(typ)
	resp, err := s.server.OpenEphemeralResource(s.ctx(), &tfprotov6.OpenEphemeralResourceRequest{
		TypeName: typ, Config: s.dynamic(s.object(schema, config)),
	})
	s.must(err)
	return Object{Value: s.value(schema, resp.Result), Private: resp.Private}, resp.Diagnostics
}

// CloseEphemeral closes what Open opened.
func (s *Server) CloseEphemeral(typ string, o Object) Diagnostics {
	s.t.Helper()
	resp, err := s.server.CloseEphemeralResource(s.ctx(), &tfprotov6.CloseEphemeralResourceRequest{TypeName: typ, Private: o.Private})
	s.must(err)
	return resp.Diagnostics
}

func (s *Server) ephemeral(typ string) *tfprotov6.Schema {
	s.t.Helper()
	schema := s.schema.EphemeralResourceSchemas[typ]
	if schema == nil {
		s.t.Fatalf("no ephemeral resource %s", typ)
	}
	return schema
}
