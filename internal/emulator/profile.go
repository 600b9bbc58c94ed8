package emulator

import (
	"math"
	"slices"
	"strings"
	"time"
)

const (
	defaultTokenLifetime   = 5 * time.Hour
	defaultRefreshLifetime = 365 * 24 * time.Hour
)

// The kinds of token and the flows, by the names of the wire.
const (
	tokenTypeJWT      = "JwtRS256"
	tokenTypeOpaque   = "Opaque"
	flowAuthorization = "AuthorizationCode"
	flowImplicit      = "Implicit"
	flowClient        = "ClientCreds"
	flowResourceOwner = "ResourceCreds"
)

// The values of ClientIDType. Zero stands for both Anything and List; AllowedClients tells them apart.
const (
	clientIDTypeAnything     = 0
	clientIDTypeConfidential = 1
)

// Profile is the OAuth profile of an application with its text forms parsed.
type Profile struct {
	TargetIsUs        bool
	ClientIDType      int
	AllowPublic       bool
	AllowedClients    []string
	MustBeOauthClient bool
	Issuer            string // empty: tokens carry <tenant>/<ServiceName>/
	Audience          string // empty: tokens carry the client ID
	Redirects         []string
	TokenType         string
	AllowedAuth       []string
	TokenLifetime     time.Duration
	AllowRefresh      bool
	RefreshLifetime   time.Duration
	Confirm           bool
	AllowScopeSelect  bool
	KnownScopes       []ProfileScope
}

// ProfileScope is a scope that an application defines.
type ProfileScope struct {
	Scope       string
	Description string
	Type        string
	Mode        string
	AllowedRest []string // regular expressions over API paths; template OAuth2ServerClient only
}

// scope returns the definition of a scope, compared exactly.
func (p Profile) scope(name string) (ProfileScope, bool) {
	i := slices.IndexFunc(p.KnownScopes, func(s ProfileScope) bool { return s.Scope == name })
	if i < 0 {
		return ProfileScope{}, false
	}
	return p.KnownScopes[i], true
}

// profileSpelling maps lower-case names to the spelling of the server, for the profile and for a scope in it. Official
// clients differ from it in case and must find what they wrote under one name.
func profileSpelling() map[string]string {
	names := []string{
		"TargetIsUs", "ClientIDType", "AllowPublic", "AllowedClients", "MustBeOauthClient", "MustBeInRole", "Issuer",
		"Audience", "Redirects", "TokenType", "AllowedAuth", "TokenLifetimeString", "AllowRefresh",
		"RefreshLifetimeString", "Confirm", "AllowScopeSelect", "KnownScopes", "Scope", "Description", "Name",
		"AllowedRest", "Mode", "Type",
	}
	spelling := make(map[string]string, len(names))
	for _, name := range names {
		spelling[strings.ToLower(name)] = name
	}
	return spelling
}

// normalizeProfile returns the profile in the form in which it is stored: names spelled as the server does, booleans,
// numbers and lists in their types, no nulls, no read-only twins. Fields that nobody knows stay as they came.
func normalizeProfile(sent map[string]any) (map[string]any, error) {
	stored := map[string]any{}
	spelling := profileSpelling()
	args := newArguments(sent)
	for _, lower := range args.names() {
		value := args.value(lower)
		if value == nil || lower == "tokenlifetime" || lower == "refreshlifetime" {
			continue
		}
		name, known := spelling[lower]
		if !known {
			name = args.spelled[lower]
		}
		normal, err := normalizeProfileField(name, value)
		if err != nil {
			return nil, err
		}
		stored[name] = normal
	}
	return stored, nil
}

func normalizeProfileField(name string, value any) (any, error) {
	switch name {
	case "TargetIsUs", "AllowPublic", "MustBeOauthClient", "AllowRefresh", "Confirm", "AllowScopeSelect":
		return asBool(value, false), nil
	case "ClientIDType":
		return normalizeClientIDType(value)
	case "AllowedAuth":
		return normalizeFlows(value)
	case "TokenType":
		if text := scalarText(value); text != tokenTypeJWT && text != tokenTypeOpaque {
			return nil, refuse(invalidArgument, "Requested value '%s' was not found.", text)
		}
	case "TokenLifetimeString", "RefreshLifetimeString":
		if _, err := parseTimeSpan(scalarText(value)); err != nil {
			return nil, refuse(invalidArgument, "The value of %s is not valid: %v.", name, err)
		}
	case "AllowedClients", "Redirects":
		return toList(asTexts(value)), nil
	case "KnownScopes":
		return normalizeScopes(value)
	}
	return cloneValue(value), nil
}

func normalizeClientIDType(value any) (any, error) {
	switch text := strings.ToLower(scalarText(value)); text {
	case "0", "anything", "list":
		return float64(clientIDTypeAnything), nil
	case "1", "confidential":
		return float64(clientIDTypeConfidential), nil
	default:
		return nil, refuse(invalidArgument, "Requested value '%s' was not found.", text)
	}
}

// normalizeFlows reads the comma-joined list, with or without blanks.
func normalizeFlows(value any) (any, error) {
	text, ok := value.(string)
	if !ok {
		return nil, refuse(invalidArgument, "The value of AllowedAuth is not a string.")
	}
	flows := splitList(text)
	for _, flow := range flows {
		switch flow {
		case flowAuthorization, flowImplicit, flowClient, flowResourceOwner:
		default:
			return nil, refuse(invalidArgument, "Requested value '%s' was not found.", flow)
		}
	}
	return strings.Join(flows, ","), nil
}

func normalizeScopes(value any) (any, error) {
	list, ok := value.([]any)
	if !ok {
		return nil, refuse(invalidArgument, "The value of KnownScopes is not an array.")
	}
	spelling := profileSpelling()
	seen := map[string]bool{}
	stored := make([]any, 0, len(list))
	for _, item := range asObjects(list) {
		scope := map[string]any{}
		for _, lower := range item.names() {
			name, known := spelling[lower]
			if !known {
				name = item.spelled[lower]
			}
			value := cloneValue(item.value(lower))
			if name == "AllowedRest" {
				value = toList(asTexts(value))
			}
			scope[name] = value
		}
		name := scalarText(scope["Scope"])
		if name == "" || strings.ContainsAny(name, " \"\\") {
			return nil, refuse(invalidArgument, "The scope name '%s' is not valid.", name)
		}
		if seen[name] {
			return nil, refuse(duplicate, "The scope '%s' is defined twice.", name)
		}
		seen[name] = true
		stored = append(stored, scope)
	}
	if len(stored) != len(list) {
		return nil, refuse(invalidArgument, "The value of KnownScopes has an element that is not an object.")
	}
	return stored, nil
}

// parseProfile reads a stored profile. Missing lifetimes and a missing token type take the server's defaults; missing
// flags are false.
func parseProfile(stored map[string]any) Profile {
	args := newArguments(stored)
	p := Profile{
		TargetIsUs:        args.flag("TargetIsUs", false),
		ClientIDType:      args.number("ClientIDType", clientIDTypeAnything),
		AllowPublic:       args.flag("AllowPublic", false),
		AllowedClients:    args.texts("AllowedClients"),
		MustBeOauthClient: args.flag("MustBeOauthClient", false),
		Issuer:            args.text("Issuer"),
		Audience:          args.text("Audience"),
		Redirects:         args.texts("Redirects"),
		TokenType:         tokenTypeJWT,
		AllowedAuth:       splitList(args.text("AllowedAuth")),
		TokenLifetime:     defaultTokenLifetime,
		AllowRefresh:      args.flag("AllowRefresh", false),
		RefreshLifetime:   defaultRefreshLifetime,
		Confirm:           args.flag("Confirm", false),
		AllowScopeSelect:  args.flag("AllowScopeSelect", false),
	}
	if text := args.text("TokenType"); text != "" {
		p.TokenType = text
	}
	if span, err := parseTimeSpan(args.text("TokenLifetimeString")); err == nil {
		p.TokenLifetime = span
	}
	if span, err := parseTimeSpan(args.text("RefreshLifetimeString")); err == nil {
		p.RefreshLifetime = span
	}
	for _, scope := range args.objects("KnownScopes") {
		p.KnownScopes = append(p.KnownScopes, ProfileScope{
			Scope:       scope.text("Scope"),
			Description: scope.text("Description"),
			Type:        scope.text("Type"),
			Mode:        scope.text("Mode"),
			AllowedRest: scope.texts("AllowedRest"),
		})
	}
	return p
}

// renderProfile returns the profile as GetApplication answers it: with the read-only twins of the lifetimes.
func (s Switches) renderProfile(stored map[string]any) map[string]any {
	profile := cloneObject(stored)
	for _, name := range []string{"TokenLifetime", "RefreshLifetime"} {
		text, ok := profile[name+"String"].(string)
		if !ok {
			continue
		}
		if span, err := parseTimeSpan(text); err == nil && s.NormalizeDurations {
			text = formatTimeSpan(span)
			profile[name+"String"] = text
		}
		profile[name] = text
	}
	if flows, ok := profile["AllowedAuth"].(string); ok && s.SpacedLists {
		profile["AllowedAuth"] = strings.ReplaceAll(flows, ",", ", ")
	}
	return profile
}

func splitList(text string) []string {
	var items []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

func toList(texts []string) []any {
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}

// wholeSeconds rounds a lifetime down to what expires_in can say.
func wholeSeconds(d time.Duration) int64 { return int64(math.Floor(d.Seconds())) }
