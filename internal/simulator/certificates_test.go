package simulator_test

import (
	"fmt"
	"net"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

// ids lists certificates and returns their ids in the order of the answer.
func (c *client) ids(parameters ...string) []int {
	c.t.Helper()
	var out []int
	for _, row := range c.get("/Certificates", parameters...).want(c.t, 200).list(c.t) {
		out = append(out, int(row["Id"].(float64)))
	}
	return out
}

func TestCertificates_HiddenUnlessAsked(t *testing.T) {
	c := start(t, simulator.Options{})
	root := made(t, "Test root", nil)
	valid := c.imported(made(t, "valid", root))
	expired := c.imported(made(t, "expired", root, func(x *certificateTemplate) {
		x.NotBefore, x.NotAfter = time.Now().AddDate(-2, 0, 0), time.Now().AddDate(-1, 0, 0)
	}))
	revoked := c.imported(made(t, "revoked", root))
	c.call("POST", "/Certificates/Revoke", map[string]any{"CertificateIds": []int{revoked}, "Reason": 4, "Comment": "x"}).want(t, 200)
	for _, one := range []struct {
		parameters []string
		want       []int
	}{
		{nil, []int{valid}},
		{[]string{"IncludeExpired", "true"}, []int{valid, expired}},
		{[]string{"pq.includeRevoked", "true"}, []int{valid, revoked}},
		{[]string{"includerevoked", "true", "INCLUDEEXPIRED", "True"}, []int{valid, expired, revoked}},
	} {
		if got := c.ids(one.parameters...); !reflect.DeepEqual(got, one.want) {
			t.Errorf("%v: %v, want %v", one.parameters, got, one.want)
		}
	}
	row := c.get(fmt.Sprintf("/Certificates/%d", revoked)).want(t, 200).object(t)
	if row["CertStateString"] != "Revoked" || row["RevocationReason"] != 4.0 {
		t.Errorf("row %v", row)
	}
	c.get(fmt.Sprintf("/Certificates/%d", expired)).want(t, 200)
}

func TestCertificates_SwitchesAreOffByDefault(t *testing.T) {
	c := start(t, simulator.Options{})
	leaf := made(t, "www.keyexample.com", made(t, "Test root", nil))
	id := c.imported(leaf, "Metadata", map[string]string{"Notes": "x"}, "StoreIds", []string{c.s.Stores()[0].ID})
	c.call("POST", "/Certificates/Import", map[string]any{"Certificate": encode(leaf.pfx(t, "pw")), "Password": "pw"}).want(t, 200)
	row := c.get("/Certificates").list(t)[0]
	if row["HasPrivateKey"] != false || len(row["Metadata"].(map[string]any)) != 0 || len(row["Locations"].([]any)) != 0 {
		t.Errorf("row %v", row)
	}
	row = c.get("/Certificates", "includeHasPrivateKey", "true", "includeMetadata", "true", "includeLocations", "true").list(t)[0]
	if row["HasPrivateKey"] != true || row["Metadata"].(map[string]any)["Notes"] != "x" || len(row["Locations"].([]any)) != 1 {
		t.Errorf("row %v", row)
	}
	// The operation by id has no switch for the key.
	row = c.get(fmt.Sprintf("/Certificates/%d", id), "includeHasPrivateKey", "true", "includeMetadata", "true").object(t)
	if row["HasPrivateKey"] != false || row["Metadata"].(map[string]any)["Notes"] != "x" {
		t.Errorf("row %v", row)
	}
	if row["ContentBytes"] != encode(leaf.Raw) || row["SerialNumber"] != strings.ToUpper(fmt.Sprintf("%x", leaf.SerialNumber.Bytes())) {
		t.Errorf("row %v", row)
	}
}

func TestCertificates_Query(t *testing.T) {
	c := start(t, simulator.Options{})
	root := made(t, "Test root", nil)
	pay := c.imported(made(t, "pay.keyexample.com", root), "OwnerRoleName", "Payments Team")
	web := made(t, "www.keyexample.com", root)
	webID := c.imported(web)
	for query, want := range map[string][]int{
		`Thumbprint -eq "` + web.thumbprint() + `"`:                          {webID},
		`thumbprint -eq "` + strings.ToLower(web.thumbprint()) + `"`:         {webID},
		`Thumbprint -eq "00"`:                                                nil,
		`CN -contains "PAY"`:                                                 {pay},
		`CN -notcontains "pay"`:                                              {webID},
		`CN -startswith "www"`:                                               {webID},
		`CN -endswith ".com"`:                                                {pay, webID},
		`IssuedCN -ne "www.keyexample.com"`:                                  {pay},
		fmt.Sprintf(`CertId -eq %d`, webID):                                  {webID},
		fmt.Sprintf(`CertId -ge %d AND CertId -le %d`, pay, webID):           {pay, webID},
		fmt.Sprintf(`CertId -gt %d`, pay):                                    {webID},
		fmt.Sprintf(`CertId -lt %d`, webID):                                  {pay},
		fmt.Sprintf(`CertId -eq %d OR CertId -eq %d`, webID, pay):            {pay, webID},
		`OwnerRoleName -eq NULL`:                                             {webID},
		`OwnerRoleName -ne NULL`:                                             {pay},
		`SAN -contains "www"`:                                                {webID},
		`(CN -contains "pay" OR CN -contains "www") AND OU -eq NULL`:         {pay, webID},
		`CN -contains "pay" OR CN -contains "www" AND CN -contains "nobody"`: {pay},
		`ExpirationDate -gt "%TODAY%"`:                                       {pay, webID},
		`IssuedDate -lt "2020-01-01T00:00:00Z"`:                              nil,
		`KeySize -ge 256 and KeyType -eq "ECC"`:                              {pay, webID},
	} {
		if got := c.ids("QueryString", query); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	for _, query := range []string{
		`Nobody -eq "x"`, `CN -like "x"`, `CN -eq "x`, `CN -eq`, `(CN -eq "x"`, `CN -eq "x" CN -eq "y"`, `CN -lt NULL`,
	} {
		got := c.get("/Certificates", "QueryString", query).want(t, http.StatusBadRequest).object(t)
		if got["ErrorCode"] != "0xA011000F" {
			t.Errorf("%s: %v", query, got)
		}
	}
}

func TestCertificates_QueryByWhatTheFileAndTheServerHold(t *testing.T) {
	c := start(t, simulator.Options{})
	root := made(t, "Test root", nil)
	full := made(t, "full.keyexample.com", root, func(x *certificateTemplate) {
		x.Subject.OrganizationalUnit = []string{"Pay"}
		x.IPAddresses = []net.IP{net.IPv4(192, 0, 2, 1), net.ParseIP("2001:db8::1")}
		x.EmailAddresses = []string{"pki@keyexample.com"}
	})
	id := c.imported(full, "StoreIds", []string{c.s.Stores()[0].ID})
	c.call("POST", "/Certificates/Import", map[string]any{"Certificate": encode(full.pfx(t, "pw")), "Password": "pw"}).want(t, 200)
	other := c.imported(made(t, "other.keyexample.com", root))
	if err := c.s.Revoke(other); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string][]int{
		`SerialNumber -eq "` + fmt.Sprintf("%X", full.SerialNumber.Bytes()) + `"`: {id},
		`IssuedDN -startswith "CN=full.keyexample.com,OU=Pay"`:                    {id},
		`IssuerDN -contains "Test root"`:                                          {id, other},
		`OU -eq "pay"`:                                                            {id},
		`SAN -eq "192.0.2.1"`:                                                     {id},
		`SAN -eq "2001:db8:0:0:0:0:0:1"`:                                          {id},
		`SAN -ne "other.keyexample.com"`:                                          {id},
		`HasPrivateKey -eq "true"`:                                                {id},
		`CertState -eq 2`:                                                         {other},
		`RevocationDate -ne NULL`:                                                 {other},
		`ImportDate -ge "%TODAY%"`:                                                {id, other},
		`CertStoreFQDN -contains "web1"`:                                          {id},
		`CertStorePath -eq NULL`:                                                  {other},
		`SigningAlgorithm -ne NULL AND PublicKey -ne NULL`:                        {id, other},
		`ArchivedKey -eq "false" AND IsExcluded -eq "false"`:                      {id, other},
	} {
		if got := c.ids("QueryString", query, "IncludeRevoked", "true"); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	row := c.get(fmt.Sprintf("/Certificates/%d", id)).object(t)
	if n := len(row["SubjectAltNameElements"].([]any)); n != 4 {
		t.Errorf("%d alternative names", n)
	}
}

func TestPopulate(t *testing.T) {
	c := start(t, simulator.Options{})
	if err := c.s.Populate(120); err != nil {
		t.Fatal(err)
	}
	if got := c.ids("PageReturned", "3"); len(got) != 20 || got[0] != 101 {
		t.Errorf("third page %v", got)
	}
	if len(c.s.Claims()) != 4 || len(c.s.MetadataFields()) != 8 {
		t.Error("the seeded world is another one")
	}
}

func TestCertificates_SortIsInvertedToItsName(t *testing.T) {
	c := start(t, simulator.Options{})
	root := made(t, "Test root", nil)
	a, b := c.imported(made(t, "a", root)), c.imported(made(t, "b", root))
	for parameters, want := range map[string][]int{
		"": {a, b}, "SortAscending=0": {a, b}, "SortAscending=1": {b, a}, "SortAscending=1&pq.sortField=IssuedCN": {a, b},
		"pq.sortField=IssuedCN&pq.sortAscending=1": {b, a}, "SortField=CertId": {a, b},
	} {
		var list []string
		for _, p := range strings.Split(parameters, "&") {
			name, v, _ := strings.Cut(p, "=")
			list = append(list, name, v)
		}
		if got := c.ids(list...); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", parameters, got, want)
		}
	}
	for _, field := range []string{"Id", "CertificateId", "Nobody"} {
		got := c.get("/Certificates", "SortField", field).want(t, 400).object(t)
		if got["ErrorCode"] != "0xA011004A" || got["Message"] != "Invalid sort field: "+field+"." {
			t.Errorf("%s: %v", field, got)
		}
	}
}

func TestCertificates_MetadataChangesNamedFieldsOnly(t *testing.T) {
	c := start(t, simulator.Options{})
	leaf := made(t, "www.keyexample.com", made(t, "Test root", nil))
	id := c.imported(leaf, "Metadata", map[string]string{"Notes": "x", "SiteCode": "1"})
	c.call("PUT", "/Certificates/Metadata", map[string]any{"Id": id, "Metadata": map[string]any{"Notes": "", "BusinessCritical": true}}).want(t, 204)
	want := map[string]string{"SiteCode": "1", "BusinessCritical": "true"}
	if record, _ := c.s.Certificate(leaf.thumbprint()); !reflect.DeepEqual(record.Metadata, want) {
		t.Errorf("metadata %v", record.Metadata)
	}
	c.s.Configure(func(o *simulator.Options) { o.EmptyMetadataReturned = true })
	c.call("PUT", "/Certificates/Metadata", map[string]any{"Id": id, "Metadata": map[string]any{"SiteCode": ""}}).want(t, 204)
	if record, _ := c.s.Certificate(leaf.thumbprint()); record.Metadata["SiteCode"] != "" || len(record.Metadata) != 2 {
		t.Errorf("metadata %v", record.Metadata)
	}
	c.call("PUT", "/Certificates/Metadata", map[string]any{"Id": id, "Metadata": map[string]any{"Nobody": "x"}}).want(t, 400)
	c.call("PUT", "/Certificates/Metadata", map[string]any{"Id": 999, "Metadata": map[string]any{}}).want(t, 404).
		has(t, "Unable to find 'Certificate' with Id '999'")
}

func TestCertificates_Delete(t *testing.T) {
	c := start(t, simulator.Options{})
	leaf := made(t, "www.keyexample.com", made(t, "Test root", nil))
	c.call("POST", "/Certificates/Import", map[string]any{"Certificate": encode(leaf.pfx(t, "pw")), "Password": "pw"}).want(t, 200)
	record, _ := c.s.Certificate(leaf.thumbprint())
	path := fmt.Sprintf("/certificates/%d", record.ID)
	c.call("DELETE", fmt.Sprintf("/Certificates/PrivateKey/%d", record.ID), nil).want(t, 204)
	if record, _ = c.s.Certificate(leaf.thumbprint()); record.HasPrivateKey {
		t.Error("the key is still there")
	}
	// The vendor's older client sends the body null with GET and DELETE.
	null := c.request("GET", path, nil)
	null.Body = http.NoBody
	r := c.request("DELETE", path, []string(nil))
	c.do(r).want(t, 204)
	for _, method := range []string{"GET", "DELETE"} {
		got := c.call(method, path, nil).want(t, 404).object(t)
		if got["Message"] != fmt.Sprintf("Unable to find 'Certificate' with Id '%d'", record.ID) {
			t.Errorf("%s: %v", method, got)
		}
	}
	if got := c.ids(); got != nil {
		t.Errorf("left: %v", got)
	}
}

func TestCertificates_Owner(t *testing.T) {
	c := start(t, simulator.Options{Version: "12.4.0.0"})
	c.s.AddAccount(simulator.Account{
		Name: `KEYEXAMPLE\web`, Password: "pw", Roles: []string{"Web Team", "Read Only"},
		Permissions: []string{"/certificates/collections/change_owner/", "/certificates/expanded_change_owner/"},
	})
	leaf := made(t, "www.keyexample.com", made(t, "Test root", nil))
	path := fmt.Sprintf("/Certificates/%d/Owner", c.imported(leaf, "OwnerRoleName", "Web Team"))
	web := c.as(`KEYEXAMPLE\web`, "pw")
	owner := func() string { r, _ := c.s.Certificate(leaf.thumbprint()); return r.OwnerRoleName }

	web.call("PUT", path, map[string]any{"NewRoleName": "Payments Team"}).want(t, 403).has(t, "Payments Team")
	web.call("PUT", path, map[string]any{"NewRoleId": 4}).want(t, 204)
	if owner() != "Read Only" {
		t.Errorf("owner %q", owner())
	}
	c.call("PUT", path, map[string]any{"NewRoleName": "payments team"}).want(t, 204)
	web.call("PUT", path, map[string]any{"NewRoleName": "Web Team"}).want(t, 403)
	c.call("PUT", path, map[string]any{"NewRoleId": 4, "NewRoleName": "Web Team"}).want(t, 400)
	c.call("PUT", path, map[string]any{"NewRoleId": nil, "NewRoleName": nil}).want(t, 204)
	if owner() != "" {
		t.Errorf("owner %q", owner())
	}
}

func TestCertificates_OwnerAtLargeIn25AndHidden(t *testing.T) {
	c := start(t, simulator.Options{HideOwner: true})
	c.s.AddAccount(simulator.Account{
		Name: `KEYEXAMPLE\web`, Password: "pw", Permissions: []string{"/certificates/expanded_change_owner/"},
	})
	id := c.imported(made(t, "www.keyexample.com", made(t, "Test root", nil)))
	c.as(`KEYEXAMPLE\web`, "pw").call("PUT", fmt.Sprintf("/Certificates/%d/Owner", id), map[string]any{"NewRoleId": 6}).want(t, 204)
	if c.s.Certificates()[0].OwnerRoleID != 6 {
		t.Error("the owner was not changed")
	}
	if row := c.get("/Certificates").list(t)[0]; row["OwnerRoleId"] != nil {
		t.Errorf("owner shown: %v", row["OwnerRoleId"])
	}
}

func TestCertificates_Collections(t *testing.T) {
	c := start(t, simulator.Options{Collections: map[int]string{5: `CN -contains "web"`}})
	c.s.AddAccount(simulator.Account{
		Name: `KEYEXAMPLE\web`, Password: "pw", Permissions: []string{"/certificates/collections/read/5/"},
	})
	root := made(t, "Test root", nil)
	inside, outside := c.imported(made(t, "web1", root)), c.imported(made(t, "pay1", root))
	web := c.as(`KEYEXAMPLE\web`, "pw")
	if got := web.ids("collectionId", "5"); !reflect.DeepEqual(got, []int{inside}) {
		t.Errorf("in the collection: %v", got)
	}
	web.get("/Certificates").want(t, 403).has(t, "/certificates/collections/read/.")
	web.get(fmt.Sprintf("/Certificates/%d", inside), "CollectionID", "5").want(t, 200)
	web.get(fmt.Sprintf("/Certificates/%d", outside), "collectionId", "5").want(t, 404)
	web.call("DELETE", fmt.Sprintf("/Certificates/%d?collectionId=5", inside), nil).want(t, 403).
		has(t, "/certificates/collections/delete/5/.")
	if got := c.ids("collectionId", "5"); !reflect.DeepEqual(got, []int{inside}) {
		t.Errorf("a global permission covers the collection: %v", got)
	}
	c.get("/Certificates", "collectionId", "7").want(t, 400)
}

func TestCertificates_SecondActor(t *testing.T) {
	c := start(t, simulator.Options{})
	leaf := made(t, "www.keyexample.com", made(t, "Test root", nil))
	id, err := c.s.AddCertificate([]byte(leaf.pem()))
	if err != nil {
		t.Fatal(err)
	}
	store := c.s.Stores()[0].ID
	for _, change := range []error{
		c.s.SetMetadata(id, "notes", "x"), c.s.SetOwner(id, "Web Team"), c.s.AddToStore(id, store, "web"), c.s.Revoke(id),
	} {
		if change != nil {
			t.Error(change)
		}
	}
	next, err := c.s.Renumber(id)
	if err != nil || next == id {
		t.Errorf("renumbered to %d, %v", next, err)
	}
	got := c.s.Certificates()[0]
	if got.ID != next || got.Metadata["Notes"] != "x" || got.OwnerRoleName != "Web Team" || !got.Revoked ||
		!reflect.DeepEqual(got.Locations, []simulator.Location{{StoreID: store, Alias: "web"}}) {
		t.Errorf("record %+v", got)
	}
	if err := c.s.RemoveFromStore(next, store); err != nil || len(c.s.Certificates()[0].Locations) != 0 {
		t.Errorf("still in the store, %v", err)
	}
	if err := c.s.RemoveCertificate(next); err != nil || len(c.s.Certificates()) != 0 {
		t.Errorf("still there, %v", err)
	}
	if c.s.RemoveCertificate(next) == nil || c.s.SetMetadata(1, "Notes", "x") == nil {
		t.Error("what is gone was changed")
	}
	if _, err := c.s.AddCertificate([]byte("no certificate")); err == nil {
		t.Error("no certificate was added")
	}
}
