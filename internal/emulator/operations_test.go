package emulator

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// apiClient calls the admin API under the rights of one user.
type apiClient struct {
	*Emulator
	http  *http.Client
	token string
}

// newAPIClient starts a tenant on which the user has the rights, with an application "orders", a user "svc@example.test"
// and a role "ops" whose keys are those names. The user whose token is used is "caller@example.test".
func newAPIClient(t *testing.T, keys KeySource, rights ...string) *apiClient {
	t.Helper()
	seed := DefaultSeed()
	seed.Roles = append(seed.Roles, SeedRole{ID: "callers", Name: "Callers", Rights: rights}, SeedRole{ID: "ops", Name: "ops"})
	seed.Users = append(seed.Users,
		SeedUser{Name: "caller@example.test", Password: "Caller-Password-1", OauthClient: true, Roles: []string{"callers"}},
		SeedUser{Name: "svc@example.test", OauthClient: true})
	seed.Applications[0].Grants = append(seed.Applications[0].Grants, SeedGrant{Role: "callers"})
	seed.Applications = append(seed.Applications, SeedApplication{ServiceName: "orders"})
	e, err := Start(Options{Seed: seed, Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(e.CABundle())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	e.rename("orders", "svc@example.test")
	c := &apiClient{Emulator: e, http: &http.Client{Transport: transport}}
	answer := c.send(t, http.MethodPost, "/oauth2/token/operator-admin", url.Values{
		"grant_type": {"client_credentials"}, "scope": {"all"}, "client_id": {"caller@example.test"}, "client_secret": {"Caller-Password-1"},
	}.Encode(), "application/x-www-form-urlencoded")
	c.token, _ = answer.fields["access_token"].(string)
	if c.token == "" {
		t.Fatalf("no token: %d %s", answer.status, answer.text)
	}
	return c
}

// rename gives the application and the user keys that the tables below can name.
func (e *Emulator) rename(serviceName, login string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	app := e.state.applicationByServiceName(serviceName)
	e.state.removeApplication(app)
	app.key = serviceName
	e.state.addApplication(app)
	u := e.state.userByName(login)
	delete(e.state.users, u.id)
	u.id = "svc"
	e.state.users["svc"] = u
	e.state.userIDs[login] = "svc"
}

type apiAnswer struct {
	status int
	text   string
	fields map[string]any
}

func (c *apiClient) send(t *testing.T, method, path, body, contentType string) apiAnswer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, c.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Fatal(err)
	}
	a := apiAnswer{status: response.StatusCode, text: string(content)}
	_ = json.Unmarshal(content, &a.fields)
	return a
}

// minimalCalls has the least arguments with which each call of the admin API succeeds on the tenant of newAPIClient.
func minimalCalls() map[string]any {
	role, app := map[string]any{"Name": "ops"}, map[string]any{"_RowKey": "orders"}
	members := map[string]any{"Name": "ops", "Users": []string{"svc"}}
	rights := []any{map[string]any{"Role": "ops", "Path": "/lib/rights/appman.json"}}
	users := map[string]any{"Table": "users", "ID": "svc"}
	attributes := map[string]any{"Attributes": []any{map[string]any{"Name": "Tier", "Type": "Text"}}}
	return map[string]any{
		"SaasManage/ImportAppFromTemplate":              map[string]any{"ID": []string{"OAuth2Server"}},
		"SaasManage/UpdateApplicationDE":                map[string]any{"_RowKey": "orders", "Description": "d"},
		"SaasManage/GetApplication":                     app,
		"SaasManage/ResetAppScript":                     app,
		"SaasManage/DeleteApplication":                  map[string]any{"_RowKey": []string{"orders"}},
		"SaasManage/GetAppIDByServiceName":              map[string]any{"Name": "orders"},
		"SaasManage/GetPaginatedTemplates":              map[string]any{"Args": map[string]any{"PageSize": 1}},
		"SaasManage/GetCustomWebAppTemplates":           map[string]any{},
		"SaasManage/GetCategories":                      map[string]any{},
		"SaasManage/SetApplicationPermissions":          map[string]any{"ID": "orders", "Grants": []any{map[string]any{"PType": "Role", "PrincipalId": "ops", "Rights": "View"}}},
		"Acl/GetRowAces":                                map[string]any{"RowKey": "orders", "Table": "Application", "ReduceSysadmin": true},
		"CDirectoryService/CreateUser":                  map[string]any{"Name": "new@example.test", "Password": "New-Password-1"},
		"CDirectoryService/ChangeUser":                  map[string]any{"ID": "svc", "Description": "d"},
		"CDirectoryService/DeleteUser":                  map[string]any{"ID": "svc"},
		"CDirectoryService/GetUser":                     map[string]any{"ID": "svc"},
		"CDirectoryService/GetUserByName":               map[string]any{"username": "svc@example.test"},
		"CDirectoryService/GetUsers":                    nil,
		"CDirectoryService/SetUserState":                map[string]any{"ID": "svc", "state": "Locked"},
		"CDirectoryService/ChangeUserState":             map[string]any{"uuid": "svc", "state": false},
		"UserMgmt/IsUserCloudLocked":                    map[string]any{"user": "svc"},
		"UserMgmt/GetUserInfo":                          map[string]any{"ID": "svc"},
		"UserMgmt/ChangeUserPassword":                   map[string]any{"oldPassword": "Caller-Password-1", "newPassword": "Caller-Password-2"},
		"UserMgmt/RemoveUser":                           map[string]any{"ID": "svc"},
		"UserMgmt/RemoveUsers":                          map[string]any{"Users": []string{"svc"}},
		"UserMgmt/ResetUserPassword":                    map[string]any{"ID": "svc", "newPassword": "New-Password-1"},
		"UserMgmt/GetUserAttributes":                    map[string]any{"ID": "svc"},
		"ExtData/GetColumns":                            users,
		"ExtData/SetColumns":                            users,
		"ExtData/GetSchema":                             users,
		"ExtData/UpdateSchema":                          map[string]any{"Table": "users", "Columns": map[string]any{}},
		"Core/StoreAlias":                               map[string]any{"alias": "new.test"},
		"Core/GeneratePassword":                         map[string]any{"passwordLength": 0},
		"Roles/StoreRole":                               map[string]any{"Name": "new"},
		"Roles/UpdateRole":                              map[string]any{"Name": "ops", "Description": "d"},
		"Roles/GetRoleMembers":                          role,
		"SaasManage/GetRole":                            role,
		"SaasManage/DeleteRole":                         role,
		"SaasManage/GetRoleIdFromName":                  map[string]any{"roleName": "ops"},
		"SaasManage/AddUsersAndGroupsToRole":            members,
		"SaasManage/RemoveUsersAndGroupsFromRole":       members,
		"SaasManage/AssignSuperRights":                  rights,
		"SaasManage/UnAssignSuperRights":                rights,
		"SaasManage/GetRoleApps":                        map[string]any{"role": "ops"},
		"Core/GetAssignedAdministrativeRights":          map[string]any{"role": "ops"},
		"Roles/SetDynamicRoleScript":                    map[string]any{"ID": "ops", "Script": "true"},
		"RoleAttributes/GetAttributes":                  map[string]any{},
		"RoleAttributes/AddAttributes":                  attributes,
		"RoleAttributes/UpdateAttribute":                nil, // see TestAttributesOfRolesLiveThroughTheirCalls
		"RoleAttributes/DeleteAttributes":               nil,
		"RoleAttributes/GetRoleAttributes":              map[string]any{"roleId": "ops"},
		"RoleAttributes/UpdateAttributesByRole":         map[string]any{"RoleId": "ops", "Attributes": []any{}},
		"Redrock/query":                                 map[string]any{"Script": "SELECT ID FROM Role"},
		"Core/GetCdsAliasesForTenant":                   nil,
		"Core/GetDirectoryServices":                     nil,
		"UserMgmt/DirectoryServiceQuery":                map[string]any{"user": "{}"},
		"Security/WhoAmI":                               nil,
		"UserMgmt/GetUsersRolesAndAdministrativeRights": nil,
		"SysInfo/Version":                               nil,
		"SysInfo/About":                                 nil,
		"vfslow/lib/api/swagger.json":                   nil,
	}
}

// needAttribute names the calls that fail for want of an attribute, and not of a right.
func needAttribute() []string {
	return []string{"RoleAttributes/UpdateAttribute", "RoleAttributes/DeleteAttributes"}
}

// wasAnswered tells whether a call succeeded, with the envelope or without.
func wasAnswered(a apiAnswer) bool {
	return a.status == http.StatusOK && a.fields["success"] != false
}

func encode(t *testing.T, body any) string {
	t.Helper()
	if body == nil {
		return ""
	}
	var text bytes.Buffer
	if err := json.NewEncoder(&text).Encode(body); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func TestEveryCallSucceedsInAnySpelling(t *testing.T) {
	keys := SharedKey()
	calls := minimalCalls()
	for _, op := range adminOperations() {
		t.Run(op.name, func(t *testing.T) {
			body, ok := calls[op.name]
			if !ok {
				t.Fatal("the table lacks this call")
			}
			if slices.Contains(needAttribute(), op.name) {
				return
			}
			for name, spell := range map[string]func(*apiClient) apiAnswer{
				"as documented": func(c *apiClient) apiAnswer {
					return c.send(t, http.MethodPost, "/"+op.name, encode(t, body), contentTypeJSON)
				},
				"with a slash, in other cases": func(c *apiClient) apiAnswer {
					return c.send(t, http.MethodPost, "/"+strings.ToUpper(op.name)+"/", encode(t, swapped(body)), contentTypeJSON)
				},
				"with scalars in the query": func(c *apiClient) apiAnswer {
					query, rest := split(t, body)
					return c.send(t, http.MethodPost, "/"+strings.ToLower(op.name)+"?"+query, rest, contentTypeJSON)
				},
			} {
				c := newAPIClient(t, keys, rightApplications, rightUsers, rightRoles)
				if a := spell(c); !wasAnswered(a) {
					t.Errorf("%s: %d %s", name, a.status, a.text)
				}
			}
		})
	}
	if names := slices.Sorted(maps.Keys(calls)); len(names) != len(adminOperations()) {
		t.Errorf("the table has calls that do not exist: %v", names)
	}
}

// swapped returns the arguments under names of another case.
func swapped(body any) any {
	fields, ok := body.(map[string]any)
	if !ok {
		return body
	}
	renamed := map[string]any{}
	for name, value := range fields {
		if strings.ToLower(name) == name {
			renamed[strings.ToUpper(name)] = value
		} else {
			renamed[strings.ToLower(name)] = value
		}
	}
	return renamed
}

// split moves the scalars of the arguments into a query string.
func split(t *testing.T, body any) (query, rest string) {
	t.Helper()
	fields, ok := body.(map[string]any)
	if !ok {
		return "", encode(t, body)
	}
	values, left := url.Values{}, map[string]any{}
	for name, value := range fields {
		if text := scalarText(value); text != "" {
			values.Set(name, text)
		} else {
			left[name] = value
		}
	}
	if len(left) == 0 {
		return values.Encode(), ""
	}
	return values.Encode(), encode(t, left)
}

func TestEveryCallNeedsItsRight(t *testing.T) {
	keys := SharedKey()
	without := newAPIClient(t, keys)
	calls := minimalCalls()
	for _, op := range adminOperations() {
		t.Run(op.name, func(t *testing.T) {
			if a := without.send(t, http.MethodPost, "/"+op.name, encode(t, calls[op.name]), contentTypeJSON); len(op.rights) > 0 == wasAnswered(a) {
				t.Errorf("without a right: %d %s", a.status, a.text)
			}
			if op.open {
				return
			}
			for _, right := range []string{rightApplications, rightUsers, rightRoles} {
				if len(op.rights) == 0 || slices.Contains(needAttribute(), op.name) {
					continue
				}
				c := newAPIClient(t, keys, right)
				a := c.send(t, http.MethodPost, "/"+op.name, encode(t, calls[op.name]), contentTypeJSON)
				if wasAnswered(a) != slices.Contains(op.rights, right) {
					t.Errorf("with %s: %d %s", right, a.status, a.text)
				}
			}
		})
	}
	if a := without.send(t, http.MethodGet, "/CDirectoryService/GetUser", "", ""); !wasAnswered(a) {
		t.Errorf("the caller may not read itself: %d %s", a.status, a.text)
	}
}

func TestCallsThatOnlyReadAreServedByGET(t *testing.T) {
	c := newAPIClient(t, SharedKey(), rightApplications, rightUsers, rightRoles)
	calls := minimalCalls()
	for _, op := range adminOperations() {
		query, _ := split(t, calls[op.name])
		a := c.send(t, http.MethodGet, "/"+op.name+"?"+query, "", "")
		if op.get != wasAnswered(a) {
			t.Errorf("GET %s: %d %s", op.name, a.status, a.text)
		}
		if !op.get && a.status != http.StatusMethodNotAllowed {
			t.Errorf("GET %s: status %d", op.name, a.status)
		}
	}
}

func TestReadOnlyRightsOpenReads(t *testing.T) {
	keys := SharedKey()
	calls := minimalCalls()
	for right, opens := range map[string][]string{
		"/lib/rights/rouserman.json": {rightUsers},
		"/lib/rights/roroleman.json": {rightRoles},
		"/lib/rights/monitor.json":   {rightApplications, rightUsers, rightRoles},
		"/lib/rights/fedman.json":    nil,
	} {
		c := newAPIClient(t, keys, right)
		for _, op := range adminOperations() {
			if len(op.rights) == 0 {
				continue
			}
			want := op.reads && slices.ContainsFunc(op.rights, func(path string) bool { return slices.Contains(opens, path) })
			a := c.send(t, http.MethodPost, "/"+op.name, encode(t, calls[op.name]), contentTypeJSON)
			if wasAnswered(a) != want {
				t.Errorf("%s with %s: %d %s", op.name, right, a.status, a.text)
			}
		}
	}
}
