package crd_test

import "strings"

// acceptedFlows are applications for the vendor's kinds of client and grant types.
func acceptedFlows() map[string]string {
	const code = `redirectURIs: ["https://app.example.com/callback"], `
	return map[string]string{
		"an application for confidential clients":        applicationWith(`clientIDType: Confidential, mustBeOAuthClient: false`),
		"an application for clients of any kind":         applicationWith(`clientIDType: Anything`),
		"an application for public clients with PKCE":    applicationWith(code + `clientIDType: List, allowedClients: [phone], token: {grantTypes: [AuthorizationCode]}`),
		"an application for browsers of the old days":    applicationWith(code + `token: {grantTypes: [Implicit]}`),
		"an application for passwords":                   applicationWith(`token: {grantTypes: [ResourceOwner]}`),
		"an application for clients by themselves":       applicationWith(`token: {grantTypes: [ClientCredentials]}`),
		"an application for a role and a user":           applicationWith(`permissions: [{role: Assistants, createRole: true}, {user: anna@example.com, rights: [View]}]`),
		"an application with every right":                applicationWith(`permissions: [{role: Admins, rights: [Grant, View, ViewDetail, Admin, Delete, Execute, Automatic]}]`),
		"an application for everything":                  applicationWith(code + `token: {grantTypes: [AuthorizationCode, Implicit, ClientCredentials, ResourceOwner], refreshToken: {lifetime: 720h}}`),
		"an application that issues refresh tokens":      applicationWith(code + `token: {grantTypes: [AuthorizationCode], refreshToken: {}}`),
		"an application that calls back a phone":         applicationWith(`redirectURIs: ["com.example.app:/callback", "http://127.0.0.1:8080/"], token: {grantTypes: [AuthorizationCode]}`),
		"an application that asks its users for consent": applicationWith(code + `token: {grantTypes: [AuthorizationCode]}, userConsent: {required: true, allowScopeSelection: true}`),
		"an application with many clients and callbacks": applicationWith(`clientIDType: List, allowedClients: ` + list(64, "c%d") + `, redirectURIs: ` + list(64, `"https://app.example.com/%d"`) + `, token: {grantTypes: [AuthorizationCode]}`),
	}
}

func rejectedFlows() map[string]rejection {
	const (
		listMessage     = "allowedClients is needed when clientIDType is List, and must be left out otherwise"
		flagMessage     = "mustBeOAuthClient belongs to clientIDType Confidential: public clients have no user behind them"
		uselessMessage  = "redirectURIs are of no use without AuthorizationCode or Implicit in token.grantTypes: remove them, or add the grant type"
		neededMessage   = "redirectURIs are needed by AuthorizationCode and Implicit: name every URI to which a code or a token may be sent"
		uriMessage      = "each of redirectURIs must be an absolute URI without blanks and without a fragment (RFC 6749 section 3.1.2), such as https://app.example.com/callback"
		refreshMessage  = "refreshToken is of no use with ClientCredentials and ResourceOwner only: the tenant issues none for them; remove it, or add AuthorizationCode to grantTypes"
		refreshLifetime = "refreshToken.lifetime must be a duration between 1m and 87600h, such as 8760h"
	)
	refresh := func(lifetime string) string {
		return applicationWith(`redirectURIs: ["https://a.example.com/"], token: {grantTypes: [AuthorizationCode], refreshToken: {lifetime: ` + lifetime + `}}`)
	}
	redirects := func(uris string) string {
		return applicationWith(`redirectURIs: ` + uris + `, token: {grantTypes: [AuthorizationCode]}`)
	}
	const (
		principalMessage = "exactly one of role and user is needed in each of permissions"
		createMessage    = "createRole belongs to role: users are never created by a permission"
	)
	permission := func(fields string) string { return applicationWith(`permissions: [{` + fields + `}]`) }
	return map[string]rejection{
		"a permission for nobody":               {spec: permission(`rights: [View]`), field: "spec.permissions[0]", says: principalMessage},
		"a permission for two":                  {spec: permission(`role: a, user: b`), field: "spec.permissions[0]", says: principalMessage},
		"a permission that makes a user":        {spec: permission(`user: a, createRole: true`), field: "spec.permissions[0]", says: createMessage},
		"a permission for an empty role":        {spec: permission(`role: ""`), field: "spec.permissions[0].role", says: "should be at least 1 chars long"},
		"a permission for a long role":          {spec: permission(`role: ` + letters(129)), field: "spec.permissions[0].role", says: "may not be more than 128 bytes"},
		"a permission for an empty user":        {spec: permission(`user: ""`), field: "spec.permissions[0].user", says: "should be at least 1 chars long"},
		"a permission for a long user":          {spec: permission(`user: ` + letters(255)), field: "spec.permissions[0].user", says: "may not be more than 254 bytes"},
		"a permission without rights":           {spec: permission(`role: a, rights: []`), field: "spec.permissions[0].rights", says: "should have at least 1 items"},
		"a permission with too many rights":     {spec: permission(`role: a, rights: [` + strings.Repeat("View, ", 8) + `]`), field: "spec.permissions[0].rights", says: "must have at most 7 items"},
		"a permission with a right twice":       {spec: permission(`role: a, rights: [View, View]`), field: "spec.permissions[0].rights[1]", says: "Duplicate value"},
		"a permission by the portal's own word": {spec: permission(`role: a, rights: [Run]`), field: "spec.permissions[0].rights[0]", says: `supported values: "Grant", "View", "ViewDetail", "Admin", "Delete", "Execute", "Automatic"`},
		"too many permissions":                  {spec: applicationWith(`permissions: ` + list(33, "{role: r%d}")), field: "spec.permissions", says: "must have at most 32 items"},
		"public clients without names":          {spec: applicationWith(`clientIDType: List`), field: "spec", says: listMessage},
		"names without public clients":          {spec: applicationWith(`allowedClients: [phone]`), field: "spec", says: listMessage},
		"names of any client":                   {spec: applicationWith(`clientIDType: Anything, allowedClients: [phone]`), field: "spec", says: listMessage},
		"a flag that public clients lack":       {spec: applicationWith(`clientIDType: List, allowedClients: [phone], mustBeOAuthClient: true`), field: "spec", says: flagMessage},
		"a flag that any client lacks":          {spec: applicationWith(`clientIDType: Anything, mustBeOAuthClient: false`), field: "spec", says: flagMessage},
		"clients of another type":               {spec: applicationWith(`clientIDType: Public`), field: "spec.clientIDType", says: `supported values: "Anything", "List", "Confidential"`},
		"an empty list of public clients":       {spec: applicationWith(`clientIDType: List, allowedClients: []`), field: "spec.allowedClients", says: "should have at least 1 items"},
		"too many public clients":               {spec: applicationWith(`clientIDType: List, allowedClients: ` + list(65, "c%d")), field: "spec.allowedClients", says: "must have at most 64 items"},
		"a public client twice":                 {spec: applicationWith(`clientIDType: List, allowedClients: [a, a]`), field: "spec.allowedClients[1]", says: "Duplicate value"},
		"a public client without a name":        {spec: applicationWith(`clientIDType: List, allowedClients: [""]`), field: "spec.allowedClients[0]", says: "should be at least 1 chars long"},
		"a public client with a long name": {
			spec: applicationWith(`clientIDType: List, allowedClients: [` + letters(129) + `]`), field: "spec.allowedClients[0]", says: "may not be more than 128 bytes",
		},

		"redirects that no grant type uses":    {spec: applicationWith(`redirectURIs: ["https://a.example.com/"]`), field: "spec", says: uselessMessage},
		"redirects with client credentials":    {spec: applicationWith(`redirectURIs: ["https://a.example.com/"], token: {grantTypes: [ClientCredentials]}`), field: "spec", says: uselessMessage},
		"codes without a place to send them":   {spec: applicationWith(`token: {grantTypes: [AuthorizationCode]}`), field: "spec", says: neededMessage},
		"tokens without a place to send them":  {spec: applicationWith(`token: {grantTypes: [ClientCredentials, Implicit]}`), field: "spec", says: neededMessage},
		"an empty list of redirects":           {spec: redirects(`[]`), field: "spec.redirectURIs", says: "should have at least 1 items"},
		"too many redirects":                   {spec: redirects(list(65, `"https://a.example.com/%d"`)), field: "spec.redirectURIs", says: "must have at most 64 items"},
		"a redirect twice":                     {spec: redirects(`["https://a.example.com/", "https://a.example.com/"]`), field: "spec.redirectURIs[1]", says: "Duplicate value"},
		"an empty redirect":                    {spec: redirects(`[""]`), field: "spec.redirectURIs[0]", says: "should be at least 1 chars long"},
		"a long redirect":                      {spec: redirects(`["https://` + letters(512) + `"]`), field: "spec.redirectURIs[0]", says: "may not be more than 512 bytes"},
		"a redirect without a scheme":          {spec: redirects(`["app.example.com/callback"]`), field: "spec.redirectURIs[0]", says: uriMessage},
		"a redirect with a fragment":           {spec: redirects(`["https://a.example.com/#top"]`), field: "spec.redirectURIs[0]", says: uriMessage},
		"a redirect with a blank":              {spec: redirects(`["https://a.example.com/a b"]`), field: "spec.redirectURIs[0]", says: uriMessage},
		"an empty list of grant types":         {spec: applicationWith(`token: {grantTypes: []}`), field: "spec.token.grantTypes", says: "should have at least 1 items"},
		"more grant types than there are":      {spec: applicationWith(`token: {grantTypes: [ClientCredentials, ResourceOwner, ClientCredentials, ResourceOwner, ClientCredentials]}`), field: "spec.token.grantTypes", says: "must have at most 4 items"},
		"a grant type twice":                   {spec: applicationWith(`token: {grantTypes: [ClientCredentials, ClientCredentials]}`), field: "spec.token.grantTypes[1]", says: "Duplicate value"},
		"a grant type by its name in RFC 6749": {spec: applicationWith(`token: {grantTypes: [client_credentials]}`), field: "spec.token.grantTypes[0]", says: `supported values: "AuthorizationCode", "Implicit", "ClientCredentials", "ResourceOwner"`},

		"refresh tokens for clients by themselves":      {spec: applicationWith(`token: {refreshToken: {}}`), field: "spec.token", says: refreshMessage},
		"refresh tokens for passwords":                  {spec: applicationWith(`token: {grantTypes: [ClientCredentials, ResourceOwner], refreshToken: {}}`), field: "spec.token", says: refreshMessage},
		"refresh tokens that live for a moment":         {spec: refresh(`59s`), field: "spec.token.refreshToken.lifetime", says: refreshLifetime},
		"refresh tokens that live for ever":             {spec: refresh(`87601h`), field: "spec.token.refreshToken.lifetime", says: refreshLifetime},
		"refresh tokens that live for days":             {spec: refresh(`30d`), field: "spec.token.refreshToken.lifetime", says: durationPattern},
		"refresh tokens with a lifetime of many digits": {spec: refresh(notADuration), field: "spec.token.refreshToken.lifetime", says: "may not be more than 32 bytes"},
	}
}
