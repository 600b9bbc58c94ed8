package emulator

import (
	"fmt"
	"slices"

	"sigs.k8s.io/yaml"
)

// Refusal is the form in which a call is refused that a token does not open.
type Refusal string

const (
	// RefusalDefault leaves the choice to the switch; see there.
	RefusalDefault Refusal = ""
	// RefusalForbidden answers HTTP 403.
	RefusalForbidden Refusal = "Forbidden"
	// RefusalUnauthorized answers HTTP 401, as for a token that is not valid at all.
	RefusalUnauthorized Refusal = "Unauthorized"
	// RefusalFailure answers HTTP 200 with success false.
	RefusalFailure Refusal = "Failure"
)

// ScriptField is the field of UpdateApplicationDE that carries the claims script.
type ScriptField string

const (
	// ScriptFieldEither takes the script from either field.
	ScriptFieldEither ScriptField = ""
	// ScriptFieldScript takes it from Script and leaves OpenIDConnectScript alone, which is for reading then.
	ScriptFieldScript ScriptField = "Script"
	// ScriptFieldOpenIDConnectScript takes it from OpenIDConnectScript and leaves Script alone.
	ScriptFieldOpenIDConnectScript ScriptField = "OpenIDConnectScript"
)

// Switches choose between readings of the service where its behaviour is not documented. The zero value holds the
// reading that is safest for a client to be developed against. A client should work under all of them.
type Switches struct {
	// MergeProfile makes UpdateApplicationDE merge OAuthProfile key by key. By default the sent object replaces the
	// stored one, so a client that leaves out a field loses it.
	MergeProfile bool `json:"mergeProfile,omitempty"`
	// ScriptField is the field from which UpdateApplicationDE takes the claims script: Script or OpenIDConnectScript; by
	// default either. Reads always answer OpenIDConnectScript.
	ScriptField ScriptField `json:"scriptField,omitempty"`
	// FixedServiceName refuses an update that changes a ServiceName that is set. By default it may change.
	FixedServiceName bool `json:"fixedServiceName,omitempty"`
	// DuplicateAsState reports a duplicate ServiceName, login name or role name as success with Result.State 1, in the
	// manner of other store calls. By default it is success false.
	DuplicateAsState bool `json:"duplicateAsState,omitempty"`
	// NullForMissingApplication answers GetApplication and GetAppIDByServiceName for an unknown application with
	// success and a null Result. By default it is success false.
	NullForMissingApplication bool `json:"nullForMissingApplication,omitempty"`
	// NullForMissingPrincipal answers reads of an unknown user or role with success and a null Result. By default it is
	// success false.
	NullForMissingPrincipal bool `json:"nullForMissingPrincipal,omitempty"`
	// MissingDeleteSucceeds answers the deletion of what is not there with success. By default it is success false.
	MissingDeleteSucceeds bool `json:"missingDeleteSucceeds,omitempty"`
	// HideOwner leaves the entry of an application's creator out of GetRowAces. By default the creating user is
	// listed there with the Grant bit, not inherited.
	HideOwner bool `json:"hideOwner,omitempty"`
	// KeepRevokedEntries keeps the entry of a principal whose rights were set to None in GetRowAces, with Grant 0. By
	// default it disappears.
	KeepRevokedEntries bool `json:"keepRevokedEntries,omitempty"`
	// GrantsNeedPrincipalID refuses grants to roles that carry a name and no PrincipalId. By default the name is enough.
	GrantsNeedPrincipalID bool `json:"grantsNeedPrincipalID,omitempty"`
	// BasicRightBits stores the rights Admin and ViewDetail as one bit each, 8 and 16. By default each includes the
	// rights below it: 28 and 20.
	BasicRightBits bool `json:"basicRightBits,omitempty"`
	// ViewSuffices lets a grant of View open an application for token requests. By default View and Execute are needed.
	ViewSuffices bool `json:"viewSuffices,omitempty"`
	// KeysAbsent answers 404 for the JSON Web Key Set of every application.
	KeysAbsent bool `json:"keysAbsent,omitempty"`
	// DiscoveryAbsent answers 404 for the discovery document of every application.
	DiscoveryAbsent bool `json:"discoveryAbsent,omitempty"`
	// OutOfScope is the answer to a call that no REST pattern of the token's scopes covers; by default Forbidden.
	OutOfScope Refusal `json:"outOfScope,omitempty"`
	// MissingRight is the answer to a call for which the token's user lacks the administrative right; by default
	// Failure.
	MissingRight Refusal `json:"missingRight,omitempty"`
	// NativeHeaderForBearer refuses admin calls with a Bearer token but without the native-client header with 401. By
	// default only sessions by cookie need the header.
	NativeHeaderForBearer bool `json:"nativeHeaderForBearer,omitempty"`
	// NarrowScopes leaves scopes that the application does not define out of the granted scope. By default the
	// token request is refused with invalid_scope.
	NarrowScopes bool `json:"narrowScopes,omitempty"`
	// SpacedLists answers AllowedAuth with a blank after each comma.
	SpacedLists bool `json:"spacedLists,omitempty"`
	// NormalizeDurations answers lifetimes in the spelling of the server, such as 05:00:00 for 0.05:00:00. By default
	// the text that was sent is echoed.
	NormalizeDurations bool `json:"normalizeDurations,omitempty"`
	// FoldQueryCase makes = in queries ignore the case of text. By default it minds it.
	FoldQueryCase bool `json:"foldQueryCase,omitempty"`
	// TenantIssuer gives imported applications the tenant URL as Issuer. By default Issuer is empty and tokens carry
	// <tenant>/<ServiceName>/.
	TenantIssuer bool `json:"tenantIssuer,omitempty"`
	// UngrantedAsUnauthorized refuses a client that has no grant on the application with unauthorized_client. By
	// default the error is access_denied.
	UngrantedAsUnauthorized bool `json:"ungrantedAsUnauthorized,omitempty"`
	// UnknownApplicationNotFound answers token requests for an unknown application with 404. By default they are
	// answered with 400 invalid_request.
	UnknownApplicationNotFound bool `json:"unknownApplicationNotFound,omitempty"`
	// PasswordChangeBlocks refuses tokens to users whose password must be changed at the next login. By default that
	// flag has no effect on the client credentials grant.
	PasswordChangeBlocks bool `json:"passwordChangeBlocks,omitempty"`
	// DecodeBasic also takes client credentials in the Basic header that are percent-encoded, as RFC 6749 section 2.3.1
	// asks for. By default they are taken raw only, as all known clients of the service send them.
	DecodeBasic bool `json:"decodeBasic,omitempty"`
	// AllScopesByDefault grants all scopes of the application to a request without scope. By default it gets none.
	AllScopesByDefault bool `json:"allScopesByDefault,omitempty"`
	// ClientGrantOptional lets a client that acts for users do without a grant of its own on the application. By
	// default the client has to be granted the application as well as the user.
	ClientGrantOptional bool `json:"clientGrantOptional,omitempty"`
	// IDTokenAlways issues an ID token with every code that is redeemed. By default the scope openid asks for it.
	IDTokenAlways bool `json:"idTokenAlways,omitempty"`
	// RefreshNeedsOfflineAccess issues refresh tokens to authorizations with the scope offline_access only. By default
	// all get one where the application issues refresh tokens.
	RefreshNeedsOfflineAccess bool `json:"refreshNeedsOfflineAccess,omitempty"`
	// RotateRefreshTokens answers every use of a refresh token with another, which takes its place; using the old one
	// again ends the authorization. By default a refresh token is good until it expires, and the answer has no other.
	RotateRefreshTokens bool `json:"rotateRefreshTokens,omitempty"`
	// RememberConsent asks a user only once for the same scopes of the same client. By default every authorization
	// request is to be confirmed where the application wants that.
	RememberConsent bool `json:"rememberConsent,omitempty"`
	// ServiceUsersLogIn lets service users log in at the login page and by Security/AdvanceAuthentication. By default
	// they are refused there.
	ServiceUsersLogIn bool `json:"serviceUsersLogIn,omitempty"`
	// PasswordResetRevokes makes the tenant refuse the tokens that a user had before its password was reset. By default
	// they live on.
	PasswordResetRevokes bool `json:"passwordResetRevokes,omitempty"`
}

// ParseSwitches reads switches from YAML or JSON, such as "{mergeProfile: true, outOfScope: Unauthorized}". Unknown
// names and values are errors.
func ParseSwitches(text []byte) (Switches, error) {
	var s Switches
	if err := yaml.UnmarshalStrict(text, &s); err != nil {
		return Switches{}, fmt.Errorf("reading switches: %w", err)
	}
	if err := s.validate(); err != nil {
		return Switches{}, err
	}
	return s, nil
}

func (s Switches) validate() error {
	refusals := []Refusal{RefusalDefault, RefusalForbidden, RefusalUnauthorized, RefusalFailure}
	for name, value := range map[string]Refusal{"outOfScope": s.OutOfScope, "missingRight": s.MissingRight} {
		if !slices.Contains(refusals, value) {
			return fmt.Errorf("reading switches: %s must be Forbidden, Unauthorized or Failure, not %q", name, value)
		}
	}
	fields := []ScriptField{ScriptFieldEither, ScriptFieldScript, ScriptFieldOpenIDConnectScript}
	if !slices.Contains(fields, s.ScriptField) {
		return fmt.Errorf("reading switches: scriptField must be Script or OpenIDConnectScript, not %q", s.ScriptField)
	}
	return nil
}

// Switches returns the readings that the tenant follows now.
func (e *Emulator) Switches() Switches { return *e.reading.Load() }

// SetSwitches makes the tenant follow other readings from the next call on. What is stored stays as it was stored.
func (e *Emulator) SetSwitches(s Switches) error {
	if err := s.validate(); err != nil {
		return err
	}
	e.reading.Store(&s)
	return nil
}

func (e *Emulator) switches() *Switches { return e.reading.Load() }
