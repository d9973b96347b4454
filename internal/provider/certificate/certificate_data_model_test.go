package certificate

import (
	"encoding/json"
	"testing"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
)

func storedFrom(t *testing.T, row string) storedCertificate {
	t.Helper()
	var c keyfactor.Certificate
	if err := json.Unmarshal([]byte(row), &c); err != nil {
		t.Fatal(err)
	}
	return stored(&c, true, true)
}

func TestStored_NullsOfTheServer(t *testing.T) {
	c := storedFrom(t, `{"Id":3,"Thumbprint":null,"SerialNumber":null,"IssuedDN":null,"IssuerDN":null,"NotBefore":null,"NotAfter":null,
		"CertStateString":null,"ImportDate":null,"HasPrivateKey":null,"ContentBytes":null,"Metadata":null,"OwnerRoleId":null,"OwnerRoleName":null,
		"CertificateAuthorityName":null,"TemplateName":null,"Locations":[{"StoreMachine":null,"StorePath":null,"StoreType":null,"Alias":null,"CertStoreId":null}]}`)
	if !c.Thumbprint.IsNull() || !c.SerialNumber.IsNull() || !c.Subject.IsNull() || !c.DNSNames.IsNull() || !c.PEM.IsNull() ||
		!c.OwnerRoleID.IsNull() || !c.OwnerRoleName.IsNull() || !c.State.IsNull() || !c.Template.IsNull() {
		t.Errorf("certificate = %+v", c)
	}
	if got := c.Locations.String(); got != `[{"alias":<null>,"client_machine":<null>,"store_id":<null>,"store_path":<null>,"store_type_id":<null>}]` {
		t.Errorf("locations = %s", got)
	}
}

func TestStored_StoreTypeZeroIsOne(t *testing.T) {
	c := storedFrom(t, `{"Id":3,"Locations":[{"StoreType":0}]}`)
	if got := c.Locations.String(); got != `[{"alias":<null>,"client_machine":<null>,"store_id":<null>,"store_path":<null>,"store_type_id":0}]` {
		t.Errorf("locations = %s", got)
	}
}

func TestStored_NoOwnerIsNull(t *testing.T) {
	c := storedFrom(t, `{"Id":3,"OwnerRoleId":0,"OwnerRoleName":""}`)
	if !c.OwnerRoleID.IsNull() || !c.OwnerRoleName.IsNull() {
		t.Errorf("owner = %s %s, want null", c.OwnerRoleID, c.OwnerRoleName)
	}
}

func TestStored_SerialNumberOfTheServerHasTheUsualForm(t *testing.T) {
	for serial, want := range map[string]string{
		"00ab12": `"AB12"`, "abc": `"0ABC"`, "AB:12": `"AB12"`, "0": `"00"`, "00": `"00"`, "not hex": `"not hex"`, "": "<null>",
	} {
		text, _ := json.Marshal(serial)
		if got := storedFrom(t, `{"Id":3,"SerialNumber":`+string(text)+`}`).SerialNumber.String(); got != want {
			t.Errorf("%q became %s, want %s", serial, got, want)
		}
	}
}
