package emulator

import (
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// unknownOperation is the name under which calls to addresses that do not exist are counted.
const unknownOperation = "Unknown"

// operation is one call that the tenant knows. Exactly one of admin and plain is set.
type operation struct {
	name   string   // canonical
	get    bool     // GET is served as well as POST
	rights []string // administrative rights of which one is needed; empty: none
	reads  bool     // the call has no effect
	self   bool     // no right is needed when the call addresses nobody, and so the caller
	open   bool     // no token is needed
	shared sharing  // with pages of other origins
	admin  func(*Emulator, *call) (any, error)
	plain  func(*Emulator, *call) answer
}

// call is one request on its way through the tenant.
type call struct {
	request   *http.Request
	operation string // canonical name, with the application for token requests
	segment   string // the application in an OAuth path
	args      arguments
	caller    caller
	now       time.Time // by the tenant's clock
}

// adminOperations lists the calls of the admin API with the rights that they need.
func adminOperations() []operation {
	applications, users, roles := []string{rightApplications}, []string{rightUsers}, []string{rightRoles}
	// Look-ups that every administrator needs.
	anyone := []string{rightApplications, rightUsers, rightRoles}
	return []operation{
		{name: "SaasManage/ImportAppFromTemplate", rights: applications, admin: (*Emulator).importApplications},
		{name: "SaasManage/UpdateApplicationDE", rights: applications, admin: (*Emulator).updateApplication},
		{name: "SaasManage/GetApplication", reads: true, rights: applications, admin: (*Emulator).getApplication},
		{name: "SaasManage/ResetAppScript", rights: applications, admin: (*Emulator).resetScript},
		{name: "SaasManage/DeleteApplication", rights: applications, admin: (*Emulator).deleteApplication},
		{
			name: "SaasManage/GetAppIDByServiceName", reads: true, get: true, rights: applications,
			admin: (*Emulator).getApplicationIDByServiceName,
		},
		{name: "SaasManage/GetPaginatedTemplates", reads: true, rights: applications, admin: (*Emulator).getPaginatedTemplates},
		{name: "SaasManage/GetCustomWebAppTemplates", reads: true, rights: applications, admin: (*Emulator).getCustomTemplates},
		{name: "SaasManage/GetCategories", reads: true, rights: applications, admin: (*Emulator).getCategories},
		{name: "SaasManage/SetApplicationPermissions", rights: applications, admin: (*Emulator).setApplicationPermissions},
		{name: "Acl/GetRowAces", reads: true, rights: applications, admin: (*Emulator).getRowAces},

		{name: "CDirectoryService/CreateUser", rights: users, admin: (*Emulator).createUser},
		{name: "CDirectoryService/ChangeUser", rights: users, admin: (*Emulator).changeUser},
		{name: "CDirectoryService/DeleteUser", rights: users, admin: (*Emulator).deleteUser},
		{name: "CDirectoryService/GetUser", reads: true, get: true, self: true, rights: users, admin: (*Emulator).getUser},
		{name: "CDirectoryService/GetUserByName", reads: true, get: true, rights: users, admin: (*Emulator).getUserByName},
		{name: "CDirectoryService/SetUserState", rights: users, admin: (*Emulator).setUserState},
		{name: "CDirectoryService/ChangeUserState", rights: users, admin: (*Emulator).changeUserState},
		{name: "CDirectoryService/GetUsers", reads: true, get: true, rights: users, admin: (*Emulator).getUsers},
		{name: "UserMgmt/IsUserCloudLocked", reads: true, get: true, rights: users, admin: (*Emulator).isUserCloudLocked},
		{name: "UserMgmt/GetUserInfo", reads: true, get: true, self: true, rights: users, admin: (*Emulator).getUserInfo},
		{name: "UserMgmt/ChangeUserPassword", admin: (*Emulator).changeUserPassword},
		{name: "UserMgmt/RemoveUser", rights: users, admin: (*Emulator).deleteUser},
		{name: "UserMgmt/RemoveUsers", rights: users, admin: (*Emulator).removeUsersCall},
		{name: "UserMgmt/ResetUserPassword", rights: users, admin: (*Emulator).resetUserPassword},
		{name: "UserMgmt/GetUserAttributes", reads: true, get: true, rights: users, admin: (*Emulator).getUserAttributes},
		{name: "ExtData/GetColumns", reads: true, rights: users, admin: (*Emulator).getColumns},
		{name: "ExtData/SetColumns", rights: users, admin: (*Emulator).setColumns},
		{name: "ExtData/GetSchema", reads: true, rights: users, admin: (*Emulator).getSchema},
		{name: "ExtData/UpdateSchema", rights: users, admin: (*Emulator).updateSchema},
		{name: "Core/StoreAlias", rights: users, admin: (*Emulator).storeAlias},
		{name: "Core/GeneratePassword", reads: true, rights: users, admin: (*Emulator).generatePasswordCall},

		{name: "Roles/StoreRole", rights: roles, admin: (*Emulator).storeRole},
		{name: "Roles/UpdateRole", rights: roles, admin: (*Emulator).updateRole},
		{name: "Roles/GetRoleMembers", reads: true, rights: roles, admin: (*Emulator).getRoleMembers},
		{name: "SaasManage/GetRole", reads: true, rights: roles, admin: (*Emulator).getRole},
		{name: "SaasManage/DeleteRole", rights: roles, admin: (*Emulator).deleteRole},
		{name: "SaasManage/GetRoleIdFromName", reads: true, get: true, rights: roles, admin: (*Emulator).getRoleIDFromName},
		{name: "SaasManage/AddUsersAndGroupsToRole", rights: roles, admin: (*Emulator).addToRole},
		{name: "SaasManage/RemoveUsersAndGroupsFromRole", rights: roles, admin: (*Emulator).removeFromRole},
		{name: "SaasManage/AssignSuperRights", rights: roles, admin: (*Emulator).assignSuperRights},
		{name: "SaasManage/UnAssignSuperRights", rights: roles, admin: (*Emulator).unassignSuperRights},
		{name: "SaasManage/GetRoleApps", reads: true, get: true, rights: roles, admin: (*Emulator).getRoleApplications},
		{name: "Core/GetAssignedAdministrativeRights", reads: true, rights: roles, admin: (*Emulator).getAssignedRights},
		{name: "Roles/SetDynamicRoleScript", rights: roles, admin: (*Emulator).setDynamicRoleScript},
		{name: "RoleAttributes/GetAttributes", reads: true, get: true, rights: roles, admin: (*Emulator).getRoleAttributeSchema},
		{name: "RoleAttributes/AddAttributes", rights: roles, admin: (*Emulator).addRoleAttributes},
		{name: "RoleAttributes/UpdateAttribute", rights: roles, admin: (*Emulator).updateRoleAttribute},
		{name: "RoleAttributes/DeleteAttributes", rights: roles, admin: (*Emulator).deleteRoleAttributes},
		{name: "RoleAttributes/GetRoleAttributes", reads: true, get: true, rights: roles, admin: (*Emulator).getRoleAttributes},
		{name: "RoleAttributes/UpdateAttributesByRole", rights: roles, admin: (*Emulator).updateAttributesByRole},

		{name: "Redrock/query", reads: true, rights: anyone, admin: (*Emulator).runQuery},
		{name: "Core/GetCdsAliasesForTenant", reads: true, get: true, rights: anyone, admin: (*Emulator).getAliases},
		{name: "Core/GetDirectoryServices", reads: true, get: true, rights: anyone, admin: (*Emulator).getDirectoryServices},
		{name: "UserMgmt/DirectoryServiceQuery", reads: true, rights: anyone, admin: (*Emulator).queryDirectory},

		{name: "Security/WhoAmI", reads: true, get: true, admin: (*Emulator).whoAmI},
		{name: "UserMgmt/GetUsersRolesAndAdministrativeRights", reads: true, get: true, admin: (*Emulator).getUsersRolesAndRights},
		{name: "SysInfo/Version", reads: true, get: true, open: true, admin: (*Emulator).version},
		{name: "SysInfo/About", reads: true, get: true, open: true, admin: (*Emulator).about},
		{name: "vfslow/lib/api/swagger.json", reads: true, get: true, open: true, admin: (*Emulator).describeAPI},
	}
}

// loginOperations lists the calls with which users log in. They need no token and have answers of their own.
func loginOperations() []operation {
	return []operation{
		{name: "Login", get: true, plain: (*Emulator).serveLogin},
		{name: "Security/StartAuthentication", plain: (*Emulator).serveStartAuthentication},
		{name: "Security/AdvanceAuthentication", plain: (*Emulator).serveAdvanceAuthentication},
	}
}

// operationAliases maps older spellings of calls to the present ones, in lower case.
func operationAliases() map[string]string {
	return map[string]string{
		"saasmanage/storerole":      "roles/storerole",
		"saasmanage/updaterole":     "roles/updaterole",
		"saasmanage/getrolemembers": "roles/getrolemembers",
		"roles/deleterole":          "saasmanage/deleterole",
		"roles/assignsuperrights":   "saasmanage/assignsuperrights",
		"roles/unassignsuperrights": "saasmanage/unassignsuperrights",
	}
}

// oauthOperations lists the calls under /oauth2 by lower-case action.
func oauthOperations() map[string]operation {
	return map[string]operation{
		"token":                {name: "OAuth2/Token", shared: sharedWithClients, plain: (*Emulator).serveToken},
		"authorize":            {name: "OAuth2/Authorize", get: true, plain: (*Emulator).serveAuthorize},
		"confirm":              {name: "OAuth2/Confirm", plain: (*Emulator).serveConfirm},
		"keys":                 {name: "OAuth2/Keys", get: true, shared: sharedWithAll, plain: (*Emulator).serveKeys},
		"introspect":           {name: "OAuth2/Introspect", plain: (*Emulator).serveIntrospection},
		"revoke":               {name: "OAuth2/Revoke", shared: sharedWithClients, plain: (*Emulator).serveRevocation},
		"userinfo":             {name: "OAuth2/UserInfo", get: true, shared: sharedWithClients, plain: (*Emulator).serveUserInfo},
		"endsession":           {name: "OAuth2/EndSession", get: true, plain: (*Emulator).serveEndSession},
		"platformtoken":        {name: "OAuth2/PlatformToken", plain: (*Emulator).servePlatformToken},
		"refreshplatformtoken": {name: "OAuth2/RefreshPlatformToken", plain: (*Emulator).serveRefreshPlatformToken},
	}
}

// router finds the operation of a path.
type router struct {
	admin map[string]operation // by lower-case path without slashes at its ends
	oauth map[string]operation
}

func newRouter() router {
	r := router{admin: map[string]operation{}, oauth: oauthOperations()}
	for _, op := range slices.Concat(adminOperations(), loginOperations()) {
		r.admin[strings.ToLower(op.name)] = op
	}
	for older, present := range operationAliases() {
		r.admin[older] = r.admin[present]
	}
	return r
}

// route returns the operation at a path, in any case and with or without a trailing slash, and the application segment
// of OAuth paths.
func (r router) route(path string) (op operation, segment string, ok bool) {
	path = strings.Trim(path, "/")
	parts := strings.Split(path, "/")
	lower := strings.ToLower(path)
	switch {
	case len(parts) == 3 && strings.HasSuffix(lower, "/.well-known/openid-configuration"):
		return operation{name: "Discovery", get: true, shared: sharedWithAll, plain: (*Emulator).serveDiscovery}, parts[0], true
	case strings.EqualFold(parts[0], "oauth2") && (len(parts) == 2 || len(parts) == 3):
		op, ok = r.oauth[strings.ToLower(parts[1])]
		segment = defaultApplication
		if len(parts) == 3 {
			segment = parts[2]
		}
		return op, segment, ok
	}
	op, ok = r.admin[lower]
	return op, "", ok
}

// Describe returns the canonical name of the operation at a path, as in [Counters] but with the application as the path spells it, and whether
// it only reads. It is for whoever watches calls from outside.
func Describe(path string) (operation string, reads bool) {
	op, segment, known := newRouter().route(path)
	switch {
	case !known:
		return unknownOperation, true
	case op.name == "OAuth2/Token":
		return op.name + "/" + segment, false
	}
	return op.name, op.reads || op.shared == sharedWithAll
}

// ServeHTTP answers one call: count, faults, then the operation.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	op, segment, known := e.router.route(r.URL.Path)
	c := &call{request: r, operation: unknownOperation, segment: segment}
	if known {
		c.operation = op.name
	}
	delay, fault := e.admit(c, op)
	if delay > 0 {
		e.wait(r, delay)
		c.now = e.now()
	}

	a, replaced := fault.before()
	if !replaced {
		a, replaced = e.limiter.Load().refuse(c.now)
	}
	if !replaced {
		a = fault.after(e.saveAfter(op, e.perform(c, op, known)))
	}
	e.record(c, fault, a)
	if a.reset {
		resetConnection(w)
		return
	}
	if a.pace > 0 {
		e.writeSlowly(w, r, a, c.now)
		return
	}
	if err := a.write(w, c.now); err != nil {
		e.logger.LogAttrs(r.Context(), slog.LevelDebug, "Answer not delivered", slog.String("operation", c.operation))
	}
}

// failed tells an answer that refuses, whatever its status, for the log.
func (a answer) failed() bool {
	return a.reset || a.status >= http.StatusBadRequest || strings.HasPrefix(string(a.body), `{"success":false`)
}

// admit gives a call its name and its time, counts it, and returns the faults that it meets.
func (e *Emulator) admit(c *call, op operation) (delay time.Duration, fault Fault) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if op.name == "OAuth2/Token" {
		// Under the application's own spelling, or that of the path when there is none.
		name := c.segment
		if app := e.state.applicationByServiceName(name); app != nil {
			name = app.serviceName()
		}
		c.operation += "/" + name
	}
	e.calls[c.operation]++
	c.now = e.options.Clock.Now().Add(e.offset)
	return e.takeFault(c.operation)
}

// wait holds a call back for d, until its client goes away, or until the emulator is closed.
func (e *Emulator) wait(r *http.Request, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	case <-e.closed:
	}
}

// writeSlowly sends the body in pieces, with a pause before each.
func (e *Emulator) writeSlowly(w http.ResponseWriter, r *http.Request, a answer, now time.Time) {
	const pieces = 10
	head, body := a, a.body
	head.body = nil
	head = head.withHeader("Content-Length", strconv.Itoa(len(body)))
	err := head.write(w, now)
	size := max(1, (len(body)+pieces-1)/pieces)
	for part := range slices.Chunk(body, size) {
		if err == nil {
			err = http.NewResponseController(w).Flush()
		}
		if err != nil {
			return // the client is gone
		}
		e.wait(r, a.pace/pieces)
		_, err = w.Write(part)
	}
}

// perform runs the operation.
func (e *Emulator) perform(c *call, op operation, known bool) answer {
	if !known {
		return notFoundAnswer()
	}
	if c.request.Method == http.MethodOptions && op.shared != sharedWithNobody {
		return e.preflight(c, op)
	}
	if c.request.Method != http.MethodPost && (!op.get || c.request.Method != http.MethodGet) {
		return htmlAnswer(http.StatusMethodNotAllowed, "Method not allowed")
	}
	if op.plain != nil {
		return e.sharedAnswer(c, op, op.plain(e, c))
	}
	args, err := readArguments(c.request)
	c.args = args
	result, refused, err := e.decide(c, op, err)
	// Results are copies, so they are encoded while others are served.
	switch {
	case refused != nil:
		return *refused
	case err != nil:
		return failureAnswer(err)
	}
	return successAnswer(result)
}

// decide runs a call of the admin API: it is refused, fails, which it does anyway when its arguments could not be read, or
// has a result.
func (e *Emulator) decide(c *call, op operation, unreadable error) (result any, refused *answer, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !op.open {
		if refused := e.enforce(c, op); refused != nil {
			return nil, refused, nil
		}
	}
	if unreadable != nil {
		return nil, nil, unreadable
	}
	result, err = op.admin(e, c)
	return result, nil, err
}

// resetConnection ends the connection without an answer, and without the courtesies of TLS and TCP.
func resetConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // the server's own way to drop a connection
	}
	if wrapped, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = wrapped.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // makes Close send a reset; without it the client sees an end of file
	}
	_ = conn.Close()
}
