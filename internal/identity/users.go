package identity

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/oauth-operator/oauth-operator/internal/failure"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
)

const (
	opCreateUser    = "CDirectoryService/CreateUser"
	opChangeUser    = "CDirectoryService/ChangeUser"
	opDeleteUser    = "CDirectoryService/DeleteUser"
	opGetUser       = "UserMgmt/GetUserAttributes"
	opResetPassword = "UserMgmt/ResetUserPassword" //nolint:gosec // A path, not a credential.
	opUserRoles     = "UserMgmt/GetUsersRolesAndAdministrativeRights"

	tableUser = "User"
)

// UserSummary is what a query tells about a user.
type UserSummary struct {
	// ID is the user's key.
	ID string `json:"ID"`
	// Username is the login name, which is the client ID.
	Username string `json:"Username"`
}

// User is a directory user. The tenant never tells passwords.
type User struct {
	ID          string
	Name        string // the login name
	DisplayName string
	Mail        string
	Description string
	// State is "None" for a user in good order, else words such as "Locked, Disabled".
	State string
	// OAuthClient is the flag of a confidential client. An application that insists on it issues tokens only to
	// users that have it.
	OAuthClient bool
	// InEverybodyRole is false for a service user. It is fixed when the user is created.
	InEverybodyRole bool
}

// IsActive reports whether the user can log in, as far as its state tells. A user without a known state is not.
func (u User) IsActive() bool { return u.State == "None" }

// NewUser describes a user that is a confidential client.
type NewUser struct {
	// Username is the login name with its suffix. It is written in lower case.
	Username string
	// DisplayName and Mail are needed by the form of the tenant's portal.
	DisplayName string
	Mail        string
	Description string
	// Password is the client secret. The default policy asks for 8 to 64 characters with a digit, an upper case and
	// a lower case letter.
	Password oauth.Secret
}

// UserChanges are changes of a user. What is nil or false stays as it is.
type UserChanges struct {
	DisplayName *string
	Mail        *string
	Description *string
	// ClientFlags sets the flags of a confidential client again, as CreateUser does.
	ClientFlags bool
}

// clientFlags are the flags of a confidential client. The tenant implies none of them, and each of its defaults is
// wrong for a machine.
type clientFlags struct {
	OauthClient             bool
	ServiceUser             bool
	InEverybodyRole         bool
	InSysAdminRole          bool
	ForcePasswordChangeNext bool
	PasswordNeverExpire     bool
	SendEmailInvite         bool
	SendSmsInvite           bool
}

func confidentialClientFlags() *clientFlags {
	return &clientFlags{OauthClient: true, ServiceUser: true, PasswordNeverExpire: true}
}

// FindUser looks for the user with this login name, in any case (Redrock/query).
func (c *Client) FindUser(ctx context.Context, username string) (UserSummary, bool, error) {
	name := strings.ToLower(username)
	rows, err := query[UserSummary](ctx, c, "SELECT ID, Username FROM User WHERE Username="+quote(name))
	if err != nil {
		return UserSummary{}, false, err
	}
	return single(rows, name, func(u UserSummary) (string, string) { return u.ID, u.Username })
}

// GetUser reads a user (UserMgmt/GetUserAttributes). A key that the tenant does not answer for is absent only if a
// query does not find it either.
func (c *Client) GetUser(ctx context.Context, id string) (User, bool, error) {
	var attributes *userAttributes
	err := c.callInto(ctx, opGetUser, userArgument(id), &attributes)
	if err == nil && attributes == nil {
		err = nullResult(opGetUser)
	}
	if err != nil {
		return User{}, false, confirmAbsence(err, func() (bool, error) { return c.exists(ctx, tableUser, id) })
	}
	if attributes.Name == "" || attributes.UUID != "" && !strings.EqualFold(attributes.UUID, id) {
		return User{}, false, unexpected(opGetUser, "another user")
	}
	return User{
		ID: id, Name: attributes.Name, DisplayName: attributes.DisplayName, Mail: attributes.Mail,
		Description: attributes.Description, State: attributes.State,
		OAuthClient: bool(attributes.OAuthClient), InEverybodyRole: bool(attributes.InEverybodyRole),
	}, true, nil
}

// IsServiceUser tells whether a user has the flag of a service user (Redrock/query: the attributes of a user do not tell it). A user
// that is not found has not.
func (c *Client) IsServiceUser(ctx context.Context, id string) (bool, error) {
	type row struct {
		ID          string `json:"ID"`
		ServiceUser flag   `json:"ServiceUser"`
	}
	rows, err := query[row](ctx, c, "SELECT ID, ServiceUser FROM User WHERE ID="+quote(id))
	if err != nil {
		return false, err
	}
	found, ok, err := single(rows, id, func(r row) (string, string) { return r.ID, r.ID })
	return ok && bool(found.ServiceUser), err
}

// UserRoles returns the roles that a user is in, directly or through other roles (UserMgmt/GetUsersRolesAndAdministrativeRights).
func (c *Client) UserRoles(ctx context.Context, id string) ([]Role, error) {
	var result *struct {
		FullCount int
		Results   []struct {
			Row struct {
				ID       string `json:"ID"`
				Role     string
				Name     string
				RoleName string
			}
		}
	}
	if err := c.callInto(ctx, opUserRoles, userArgument(id), &result); err != nil {
		return nil, err
	}
	// To take an answer that says nothing for a user without roles would let anybody's account pass.
	if result == nil || result.Results == nil || len(result.Results) < result.FullCount {
		return nil, unexpected(opUserRoles, "not all roles")
	}
	roles := make([]Role, len(result.Results))
	for i, r := range result.Results {
		roles[i] = Role{ID: cmp.Or(r.Row.ID, r.Row.Role), Name: cmp.Or(r.Row.RoleName, r.Row.Name)}
		if roles[i].Name == "" {
			return nil, unexpected(opUserRoles, "a role without a name")
		}
	}
	return roles, nil
}

// CreateUser makes a confidential client and returns its key (CDirectoryService/CreateUser). A name that is taken
// and a password that the policy forbids are refused with class Rejected.
func (c *Client) CreateUser(ctx context.Context, user NewUser) (string, error) {
	arguments := struct {
		Name            string
		DisplayName     string
		Mail            string
		Description     string
		Password        string
		ConfirmPassword string `json:"confirmPassword"`
		*clientFlags
	}{
		Name: strings.ToLower(user.Username), DisplayName: user.DisplayName, Mail: user.Mail,
		Description: user.Description,
		Password:    user.Password.Reveal(), ConfirmPassword: user.Password.Reveal(),
		clientFlags: confidentialClientFlags(),
	}
	result, err := c.call(ctx, opCreateUser, arguments)
	if err != nil {
		return "", err
	}
	if err := checkState(opCreateUser, result); err != nil {
		return "", err
	}
	var id string
	if err := decodeResult(opCreateUser, result, &id); err != nil {
		return "", err
	}
	if id == "" {
		return "", unexpected(opCreateUser, "no key of the new user")
	}
	return id, nil
}

// ChangeUser changes a user (CDirectoryService/ChangeUser).
func (c *Client) ChangeUser(ctx context.Context, id string, changes UserChanges) error {
	arguments := struct {
		ID          string
		DisplayName *string `json:",omitempty"`
		Mail        *string `json:",omitempty"`
		Description *string `json:",omitempty"`
		*clientFlags
	}{ID: id, DisplayName: changes.DisplayName, Mail: changes.Mail, Description: changes.Description}
	if changes.ClientFlags {
		arguments.clientFlags = confidentialClientFlags()
	}
	result, err := c.call(ctx, opChangeUser, arguments)
	if err != nil {
		return err
	}
	return checkState(opChangeUser, result)
}

// DeleteUser deletes a user (CDirectoryService/DeleteUser). One that is gone already is no error.
func (c *Client) DeleteUser(ctx context.Context, id string) error {
	_, err := c.call(ctx, opDeleteUser, userArgument(id))
	return confirmAbsence(err, func() (bool, error) { return c.exists(ctx, tableUser, id) })
}

// ResetPassword gives a user a new password (UserMgmt/ResetUserPassword). Tokens that were issued stay valid.
func (c *Client) ResetPassword(ctx context.Context, id string, password oauth.Secret) error {
	arguments := map[string]string{"ID": id, "newPassword": password.Reveal()}
	result, err := c.call(ctx, opResetPassword, arguments)
	if err != nil {
		return err
	}
	var done bool
	if result != nil && json.Unmarshal(result, &done) == nil && !done { // Null is a success, too.
		return &Error{
			Operation: opResetPassword, Status: http.StatusOK, Class: failure.Rejected,
			Reason: "a refusal", refusal: true,
		}
	}
	return nil
}

func userArgument(id string) map[string]string { return map[string]string{"ID": id} }

// userAttributes is the Result of GetUserAttributes.
type userAttributes struct {
	UUID            string `json:"Uuid"`
	Name            string
	DisplayName     string
	Mail            string
	Description     string
	State           string
	OAuthClient     flag `json:"OauthClient"` // missing for users that are none
	InEverybodyRole flag
}

// flag is a boolean, which the tenant spells as one or as a text such as "False", within one answer.
type flag bool

// UnmarshalJSON implements json.Unmarshaler.
func (f *flag) UnmarshalJSON(raw []byte) error {
	*f = flag(strings.EqualFold(strings.Trim(string(raw), `"`), "true"))
	return nil
}
