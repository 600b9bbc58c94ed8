package audit

import "strings"

const (
	// Redacted stands where a value is left out.
	Redacted = "[redacted]"
	// Others is the name under which stands how many arguments of unknown names were left out, names and all.
	Others = "[others]"
)

const (
	maxText  = 300 // bytes of one text
	maxItems = 50  // of one list
	maxDepth = 6
)

// knownNames maps the names of arguments, in lower case, to whether their values are shown. Everything else is left out with
// its name: what nobody has thought of may carry anything.
func knownNames() map[string]bool {
	shown := strings.Fields(`
		_rowkey id rowkey pvid uuid attributeid attributeids roleid name newname servicename displayname description
		templatename user users username role roles group groups rolename roletype orgpath table path
		args pagenumber pagesize limit sortby ascending direction caching filterby filtervalue
		directoryservices directoryserviceuuid externaluuid systemname reducesysadmin suppressprincipalslist
		grants principal principalid ptype rights type add delete
		oauthprofile targetisus clientidtype allowpublic allowedclients mustbeoauthclient issuer audience tokentype
		allowedauth tokenlifetimestring allowrefresh refreshlifetimestring confirm allowscopeselect knownscopes scope mode
		allowedrest authrules
		mail mobilenumber ineverybodyrole insysadminrole forcepasswordchangenext passwordneverexpire sendemailinvite
		sendsmsinvite serviceuser oauthclient state passwordlength alias attributes
		grant_type response_type client_id token_type_hint code_challenge_method scopes`)
	hidden := strings.Fields(`
		password newpassword oldpassword confirmpassword client_secret token code code_verifier code_challenge refresh_token
		access_token id_token id_token_hint assertion client_assertion nonce answer sessionid script openidconnectscript
		policyscript usermapscript userpassscript columns value key`)
	known := make(map[string]bool, len(shown)+len(hidden))
	for _, name := range shown {
		known[name] = true
	}
	for _, name := range hidden {
		known[name] = false
	}
	return known
}

// Redactor leaves out of arguments what may be a secret.
type Redactor struct{ names map[string]bool }

// NewRedactor returns a redactor that shows the values of names that are known to carry no secrets, and of further, in
// lower case.
func NewRedactor(further ...string) Redactor {
	r := Redactor{names: knownNames()}
	for _, name := range further {
		r.names[name] = true
	}
	return r
}

// Redact returns a copy of a value as encoding/json decodes it. What is under the name of a secret becomes Redacted, what
// is under a name that is not known is counted in Others; texts and lists are cut to what a reader can bear.
func (r Redactor) Redact(value any) any { return r.redact(value, 0) }

func (r Redactor) redact(value any, depth int) any {
	if depth > maxDepth {
		return Redacted
	}
	switch v := value.(type) {
	case map[string]any:
		return r.redactObject(v, depth)
	case []any:
		copied := make([]any, 0, min(len(v), maxItems))
		for _, item := range v[:min(len(v), maxItems)] {
			copied = append(copied, r.redact(item, depth+1))
		}
		return copied
	case string:
		return cut(v)
	}
	return value
}

func (r Redactor) redactObject(object map[string]any, depth int) map[string]any {
	copied, others := map[string]any{}, 0
	for name, item := range object {
		switch shown, known := r.names[strings.ToLower(name)]; {
		case shown:
			copied[name] = r.redact(item, depth+1)
		case known:
			copied[name] = Redacted
		default:
			others++
		}
	}
	if others > 0 {
		copied[Others] = others
	}
	return copied
}

func cut(text string) string {
	if len(text) <= maxText {
		return text
	}
	return strings.ToValidUTF8(text[:maxText], "") + "..."
}
