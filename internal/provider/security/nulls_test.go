package security

import (
	"encoding/json"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
)

// What a server does not send is null, not empty.
func TestNulls(t *testing.T) {
	var row keyfactor.Identity
	if err := json.Unmarshal([]byte(`{"Id":7,"AccountName":null,"IdentityType":null,"Valid":null,"SID":null,"Roles":[{"Id":1,"Name":null}]}`), &row); err != nil {
		t.Fatal(err)
	}
	var m identityModel
	m.set(&row)
	if m.ID != types.Int64Value(7) || !m.AccountName.IsNull() || !m.IdentityType.IsNull() || !m.Valid.IsNull() || !m.SID.IsNull() {
		t.Errorf("identity = %+v", m)
	}
	want := `[{"description":<null>,"enabled":<null>,"id":1,"immutable":<null>,"name":<null>,"permissions":<null>,"private":<null>,"valid":<null>}]`
	if got := m.Roles.String(); got != want {
		t.Errorf("roles = %s", got)
	}
	if got := members([]keyfactor.RoleMember{{ID: 2}}).String(); got != `[{"account_name":<null>,"id":2,"identity_type":<null>,"sid":<null>}]` {
		t.Errorf("members = %s", got)
	}
}
