package simulator_test

import (
	"encoding/base64"
	"net/http"
	"testing"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/simulator"
)

func encode(data []byte) string { return base64.StdEncoding.EncodeToString(data) }

func TestImport_PEMIsFoundByThumbprint(t *testing.T) {
	c := start(t, simulator.Options{})
	certificate, _, err := c.s.ClientCertificatePEM("www.keyexample.com")
	if err != nil {
		t.Fatal(err)
	}
	answer := c.call("POST", "/Certificates/Import", map[string]any{
		"Certificate": encode([]byte(certificate)), "Metadata": map[string]any{"AppOwnerFirstName": "John", "SiteCode": 23},
		"StoreIds": []string{c.s.Stores()[0].ID}, "OwnerRoleName": "web team",
	}).want(t, http.StatusOK).object(t)
	thumbprint := answer["Thumbprint"].(string)
	rows := c.get("/Certificates", "QueryString", `Thumbprint -eq "`+thumbprint+`"`, "includeMetadata", "true",
		"includeLocations", "true", "includeHasPrivateKey", "true").want(t, http.StatusOK)
	row := rows.list(t)[0]
	if row["Thumbprint"] != thumbprint || row["OwnerRoleName"] != "Web Team" || row["HasPrivateKey"] != false {
		t.Errorf("row %v", row)
	}
	if m := row["Metadata"].(map[string]any); m["SiteCode"] != "23" || m["AppOwnerFirstName"] != "John" {
		t.Errorf("metadata %v", m)
	}
	if l := row["Locations"].([]any); len(l) != 1 {
		t.Errorf("locations %v", l)
	}
	if got := rows.header.Get("X-Total-Count"); got != "1" {
		t.Errorf("x-total-count %q", got)
	}
	if got := c.s.Count("POST", "/Certificates/Import"); got != 1 {
		t.Errorf("%d imports in the journal", got)
	}
}
