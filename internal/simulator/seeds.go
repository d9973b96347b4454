package simulator

import "fmt"

// The seeded world is the same at each start; numbers and GUIDs can be written into tests and demos.

func seedStores() []*Store {
	var out []*Store
	for _, s := range []struct {
		machine, path, kind string
		typeID              int
	}{
		{"web1.keyexample.com", "/etc/pki/web/server.pem", "PEM File", 2},
		{"web2.keyexample.com", "/etc/pki/web/server.pem", "PEM File", 2},
		{"app1.keyexample.com", "/opt/app/keystore.jks", "Java Keystore", 0},
		{"iis1.keyexample.com", "My", "IIS Personal", 6},
		{"f5.keyexample.com", "Common", "F5 SSL Profiles REST", 10},
	} {
		out = append(out, &Store{
			ID: guid("store " + s.machine), StoreTypeID: s.typeID, StoreType: s.kind, ClientMachine: s.machine,
			StorePath: s.path, ContainerID: 1, AgentID: guid("agent"), Approved: true, Properties: "{}",
		})
	}
	return out
}

func seedRoles() []*Role {
	all := []string{"/"}
	allLegacy := []string{"AdminPortal:Read", "Certificates:Read", "Certificates:Import", "SecuritySettings:Modify"}
	read := []string{"/certificates/collections/read/", "/portal/read/"}
	readLegacy := []string{"AdminPortal:Read", "Certificates:Read"}
	imports := append([]string{"/certificates/import/"}, read...)
	importsLegacy := append([]string{"Certificates:Import"}, readLegacy...)
	role := func(id int, name, description string, permissions, legacy []string) *Role {
		return &Role{
			ID: id, Name: name, Description: description, Enabled: true, Valid: true, Immutable: id == 1,
			PermissionSetID: guid("permission set"), Permissions: permissions, LegacyPermissions: legacy,
		}
	}
	out := []*Role{
		role(1, "Administrator", "Full control.", all, allLegacy),
		role(2, "PKI Administrators", "Keeps the certificates.", all, allLegacy),
		role(3, "Certificate Importers", "May import certificates.", imports, importsLegacy),
		role(4, "Read Only", "May look.", read, readLegacy),
		role(5, "Web Team", "Owns the web servers' certificates.", read, readLegacy),
		role(6, "Payments Team", "Owns the payment services' certificates.", read, readLegacy),
	}
	out[1].EmailAddress = "pki@keyexample.com"
	return out
}

func seedIdentities(generated int) []*Identity {
	out := make([]*Identity, 0, generated+5)
	add := func(name, kind string, valid bool, roles ...int) {
		id := len(out) + 1
		out = append(out, &Identity{
			ID: id, AccountName: `KEYEXAMPLE\` + name, IdentityType: kind, Valid: valid, RoleIDs: roles,
			SID: fmt.Sprintf("S-1-5-21-1004336348-1177238915-682003330-%d", 1000+id),
		})
	}
	add("Administrator", "User", true, 1)
	add("PKI Admins", "Group", true, 2, 3)
	add("svc-terraform", "User", true, 2)
	add("Web Operators", "Group", true, 4, 5)
	add("jsmith", "User", false, 4)
	for i := range generated {
		kind := "User"
		if i%10 == 9 {
			kind = "Group"
		}
		add(fmt.Sprintf("user%05d", i+1), kind, true, 3, 4, 5+i%2)
	}
	return out
}

func seedClaims() []*Claim {
	claim := func(id int, kind, value, description string, roles ...int) *Claim {
		return &Claim{
			ID: id, ClaimType: kind, ClaimValue: value, Description: description, RoleIDs: roles,
			ProviderID: guid("provider"), AuthenticationScheme: "Keyfactor-Identity-Provider",
			ProviderTitle: "Keyfactor Identity Provider",
		}
	}
	return []*Claim{
		claim(1, "OAuthClientId", ClientID, "Terraform pipelines", 2),
		claim(2, "OAuthSubject", guid("subject admin"), "The administrator", 1),
		claim(3, "OAuthRole", "pki-admins", "PKI administrators", 2, 3),
		claim(4, "OAuthRole", "web-operators", "Web operators", 4, 5),
	}
}

func seedFields() []*MetadataField {
	var out []*MetadataField
	for i, f := range []struct {
		name, options string
		kind          int
	}{
		{"AppOwnerFirstName", "", 1}, {"AppOwnerLastName", "", 1}, {"AppOwnerEmailAddress", "", 7},
		{"BusinessUnit", "Accounting,E-Business,HR,IT,Marketing", 5}, {"BusinessCritical", "", 4},
		{"SiteCode", "", 2}, {"TicketResolutionDate", "", 3}, {"Notes", "", 6},
	} {
		out = append(out, &MetadataField{
			ID: i + 1, Name: f.name, Description: f.name + " of the certificate", Options: f.options,
			DataType: f.kind, DisplayOrder: i + 1,
		})
	}
	return out
}
