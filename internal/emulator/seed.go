package emulator

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
	"sigs.k8s.io/yaml"
)

// Seed is what a tenant starts with. Its text form is YAML or JSON.
type Seed struct {
	// Suffixes are the login suffixes of the tenant, the default first; example.test when empty.
	Suffixes []string `json:"suffixes,omitempty"`
	// Administrator is the login name that AdminCredential returns; the first user when empty.
	Administrator string `json:"administrator,omitempty"`
	// Roles exist besides the built-in ones, sysadmin and Everybody.
	Roles []SeedRole `json:"roles,omitempty"`
	// Users are directory users.
	Users []SeedUser `json:"users,omitempty"`
	// Applications are OAuth2 applications.
	Applications []SeedApplication `json:"applications,omitempty"`
}

// SeedRole is a role.
type SeedRole struct {
	ID          string   `json:"id,omitempty"` // made when empty
	Name        string   `json:"name"`
	Description string   `json:"description,omitempty"`
	Rights      []string `json:"rights,omitempty"` // such as /lib/rights/appman.json
}

// SeedUser is a directory user. The password policy does not apply.
type SeedUser struct {
	Name                    string   `json:"name"`               // login name with suffix
	Password                string   `json:"password,omitempty"` // generated when empty
	DisplayName             string   `json:"displayName,omitempty"`
	Mail                    string   `json:"mail,omitempty"`
	Description             string   `json:"description,omitempty"`
	OauthClient             bool     `json:"oauthClient,omitempty"`
	ServiceUser             bool     `json:"serviceUser,omitempty"`
	InEverybodyRole         bool     `json:"inEverybodyRole,omitempty"`
	PasswordNeverExpire     bool     `json:"passwordNeverExpire,omitempty"`
	ForcePasswordChangeNext bool     `json:"forcePasswordChangeNext,omitempty"`
	State                   string   `json:"state,omitempty"` // None when empty; or some of Locked, Disabled, Expired
	Roles                   []string `json:"roles,omitempty"` // names or IDs
}

// SeedApplication is an application for confidential clients with the client credentials grant, apart from what Profile
// says.
type SeedApplication struct {
	ServiceName string `json:"serviceName"`
	Template    string `json:"template,omitempty"` // OAuth2Server when empty; or OAuth2ServerClient
	Name        string `json:"name,omitempty"`     // ServiceName when empty
	Description string `json:"description,omitempty"`
	// Scopes become KnownScopes of the profile.
	Scopes []SeedScope `json:"scopes,omitempty"`
	// Profile holds further fields of OAuthProfile by their names on the wire.
	Profile map[string]any `json:"profile,omitempty"`
	// Grants say who may get tokens.
	Grants []SeedGrant `json:"grants,omitempty"`
}

// SeedScope is a scope that an application defines.
type SeedScope struct {
	Scope       string   `json:"scope"`
	Description string   `json:"description,omitempty"`
	AllowedRest []string `json:"allowedRest,omitempty"` // OAuth2ServerClient only
}

// SeedGrant gives a role or a user rights on an application.
type SeedGrant struct {
	Role   string `json:"role,omitempty"`   // name or ID
	User   string `json:"user,omitempty"`   // login name or ID
	Rights string `json:"rights,omitempty"` // comma-joined; "View,Execute" when empty
}

// DefaultSeed returns a tenant with one administrator for an operator: the confidential client
// oauth-operator@example.test, whose role manages applications, users and roles, and the application operator-admin
// with the scope "all", which opens the whole admin API to it. Its password is generated at each start.
func DefaultSeed() Seed {
	return Seed{
		Suffixes: []string{"example.test"},
		Roles: []SeedRole{{
			Name: "OAuth Operators", Description: "Manages applications, users and roles.",
			Rights: []string{rightApplications, rightUsers, rightRoles},
		}},
		Users: []SeedUser{{
			Name: "oauth-operator@example.test", DisplayName: "OAuth operator", Mail: "oauth-operator@example.test",
			OauthClient: true, ServiceUser: true, PasswordNeverExpire: true, Roles: []string{"OAuth Operators"},
		}},
		Applications: []SeedApplication{{
			ServiceName: "operator-admin", Template: TemplateOAuth2ServerClient, Name: "Operator admin access",
			Scopes: []SeedScope{{Scope: "all", Description: "The whole API.", AllowedRest: []string{".*"}}},
			Grants: []SeedGrant{{Role: "OAuth Operators"}},
		}},
	}
}

// ParseSeed reads a seed from YAML or JSON. Unknown fields are errors.
func ParseSeed(text []byte) (Seed, error) {
	var seed Seed
	if err := yaml.UnmarshalStrict(text, &seed); err != nil {
		return Seed{}, fmt.Errorf("reading seed: %w", err)
	}
	return seed, nil
}

// completed returns the seed with lower-case suffixes, of which there is one at least, and with the default content when
// it has none but suffixes.
func (s Seed) completed() Seed {
	suffixes := slices.Clone(s.Suffixes)
	if len(s.Roles)+len(s.Users)+len(s.Applications) == 0 {
		s = DefaultSeed()
		suffixes = append(suffixes, s.Suffixes...)
	}
	if len(suffixes) == 0 {
		suffixes = []string{"example.test"}
	}
	for i, suffix := range suffixes {
		suffixes[i] = strings.ToLower(suffix)
	}
	s.Suffixes = slices.Compact(suffixes)
	return s
}

// plant fills the tenant.
func (e *Emulator) plant(seed Seed) error {
	seed = seed.completed()
	e.state = newState(seed.Suffixes, e.switches)
	for _, r := range seed.Roles {
		if _, err := e.AddRole(r); err != nil {
			return err
		}
	}
	if err := e.plantUsers(seed); err != nil {
		return err
	}
	for _, a := range seed.Applications {
		if err := e.plantApplication(a); err != nil {
			return err
		}
	}
	return nil
}

// plantUsers adds the users and remembers the administrator's credential.
func (e *Emulator) plantUsers(seed Seed) error {
	for _, u := range seed.Users {
		u.Password = cmp.Or(u.Password, generatePassword())
		if _, err := e.AddUser(u); err != nil {
			return err
		}
		if strings.EqualFold(u.Name, cmp.Or(seed.Administrator, seed.Users[0].Name)) {
			e.admin = credential{id: strings.ToLower(u.Name), secret: u.Password}
		}
	}
	if seed.Administrator != "" && e.admin.id == "" {
		return fmt.Errorf("planting seed: administrator %q is not among the users", seed.Administrator)
	}
	return nil
}

func (e *Emulator) plantApplication(seed SeedApplication) error {
	scopes := []any{}
	for _, s := range seed.Scopes {
		scope := map[string]any{"Scope": s.Scope, "Description": s.Description}
		if len(s.AllowedRest) > 0 {
			scope["AllowedRest"] = toList(s.AllowedRest)
		}
		scopes = append(scopes, scope)
	}
	profile := map[string]any{
		"TargetIsUs":          seed.Template == TemplateOAuth2ServerClient,
		"ClientIDType":        float64(clientIDTypeConfidential),
		"AllowPublic":         false,
		"MustBeOauthClient":   true,
		"TokenType":           tokenTypeJWT,
		"AllowedAuth":         flowClient,
		"TokenLifetimeString": formatTimeSpan(defaultTokenLifetime),
		"AllowRefresh":        false,
		"KnownScopes":         scopes,
	}
	further, err := normalizeProfile(seed.Profile)
	if err != nil {
		return fmt.Errorf("planting application %q: %w", seed.ServiceName, err)
	}
	maps.Copy(profile, further)
	key, err := e.AddApplication(map[string]any{
		"TemplateName": cmp.Or(seed.Template, TemplateOAuth2Server), "ServiceName": seed.ServiceName,
		"Name": cmp.Or(seed.Name, seed.ServiceName), "Description": seed.Description, "OAuthProfile": profile,
	})
	if err != nil {
		return err
	}
	for _, g := range seed.Grants {
		if err := e.AddGrant(key, g); err != nil {
			return err
		}
	}
	return nil
}

// newUser returns the user that a seed describes.
func (e *Emulator) newUser(seed SeedUser) (*user, error) {
	state, err := normalizeUserState(seed.State)
	if err != nil {
		return nil, err
	}
	now := e.options.Clock.Now()
	u := &user{
		id: uuid.NewString(), name: strings.ToLower(seed.Name), displayName: seed.DisplayName, mail: seed.Mail,
		description: seed.Description, oauthClient: seed.OauthClient, serviceUser: seed.ServiceUser,
		inEverybodyRole: seed.InEverybodyRole, passwordNeverExpire: seed.PasswordNeverExpire,
		forcePasswordChangeNext: seed.ForcePasswordChangeNext, state: state, extra: map[string]any{}, columns: map[string]any{},
		created: now,
		version: 1,
	}
	u.setPassword(cmp.Or(seed.Password, generatePassword()), now)
	return u, nil
}

// resolveRoles finds roles by ID or name.
func (s *state) resolveRoles(names []string) ([]*role, error) {
	var roles []*role
	for _, name := range names {
		r := s.roles[name]
		if r == nil {
			r = s.roleByName(name)
		}
		if r == nil {
			return nil, fmt.Errorf("no role has the name or ID %q", name)
		}
		if !slices.Contains(roles, r) {
			roles = append(roles, r)
		}
	}
	return roles, nil
}
