package settings

import (
	"slices"
	"strings"
	"unicode"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/secret"
)

// basic resolves the mode basic.
func (r *resolver) basic() {
	username, password, domain := r.find("basic.username"), r.find("basic.password"), r.find("basic.domain")
	r.incomplete(ModeBasic, username, password)
	r.notEmpty(username)
	r.notEmpty(password)
	r.oneLine(password) // RFC 7617 section 2
	r.result.Settings.Basic = Basic{Username: r.username(username, domain), Password: secret.String(password.text)}
}

// username combines user name and domain. It returns an empty text where they cannot be combined.
func (r *resolver) username(username, domain setting) string {
	if !r.validUser(username) || !r.validDomain(domain) || !username.known() {
		return ""
	}
	own, name := splitUser(username.text)
	switch {
	case !domain.known() || strings.EqualFold(own, domain.text):
		return username.text
	case own == "" || domain.source.Kind < username.source.Kind:
		return domain.text + `\` + name
	case domain.source.Kind > username.source.Kind:
		return username.text
	default:
		r.conflicting(domain, "contradicts the domain in the user name", "Give the domain once, or the same in both.")
		return ""
	}
}

// splitUser takes DOMAIN\user and user@domain apart.
func splitUser(text string) (domain, name string) {
	if domain, name, ok := strings.Cut(text, `\`); ok {
		return domain, name
	}
	if name, domain, ok := strings.Cut(text, "@"); ok {
		return domain, name
	}
	return "", text
}

// validUser checks a user name: RFC 7617 section 2 allows neither a colon nor a control character in it. What is wrong
// is said without the name: a colon often is the one before a password.
func (r *resolver) validUser(s setting) bool {
	const forms = `Write user, DOMAIN\user or user@domain.`
	if !s.known() {
		return true
	}
	own, name := splitUser(s.text)
	separators := strings.Count(s.text, `\`) + strings.Count(s.text, "@")
	switch {
	case strings.Contains(s.text, ":"):
		r.invalid(s, "has a colon in it, which HTTP Basic authentication cannot send in a user name", forms)
	case strings.ContainsFunc(s.text, unicode.IsControl):
		r.invalid(s, "has a control character in it, such as a line break", forms)
	case separators > 1:
		r.invalid(s, `has more than one \ or @ in it`, forms)
	case separators == 1 && (own == "" || name == ""):
		r.invalid(s, `has nothing before or after \ or @`, forms)
	default:
		return true
	}
	return false
}

func (r *resolver) validDomain(s setting) bool {
	if s.known() && (strings.ContainsAny(s.text, `:\@`) || strings.ContainsFunc(s.text, unicode.IsControl)) {
		r.invalid(s, `has a colon, \, @ or a control character in it`, "Write the name of the domain alone.")
		return false
	}
	return true
}

// oauth resolves the mode oauth.
func (r *resolver) oauth() {
	tokenURL, id, password := r.find("oauth.token_url"), r.find("oauth.client_id"), r.find("oauth.client_secret")
	scopes, audience := r.find("oauth.scopes"), r.find("oauth.audience")
	grant, authentication := r.find("oauth.grant_type"), r.find("oauth.client_authentication")
	user, userPassword := r.find("oauth.username"), r.find("oauth.password")

	required := []setting{tokenURL, id, password}
	grantType := r.oneOf(grant, "client_credentials", "password")
	place := r.oneOf(authentication, "body", "header")
	switch {
	case grantType == "password":
		required = append(required, user, userPassword)
	case grantType == "client_credentials":
		for _, s := range []setting{user, userPassword} {
			if s.state == Known {
				r.conflicting(s, "is for the grant type password only", `Set oauth.grant_type to "password", or take it out.`)
			}
		}
	}
	r.incomplete(ModeOAuth, required...)
	for _, s := range required {
		if s.row.Path != "oauth.token_url" { // its form is checked as a whole
			r.notEmpty(s)
			r.oneLine(s) // RFC 6749 appendix A
		}
	}
	if slices.ContainsFunc(scopes.items, func(scope string) bool { return strings.TrimSpace(scope) == "" }) {
		r.invalid(scopes, "has an empty scope in it", "Write the names of the scopes, or an empty list for none.")
	}
	r.result.Settings.OAuth = OAuth{
		TokenURL: r.tokenURL(tokenURL), ClientID: id.text, ClientSecret: secret.String(password.text),
		Scopes: scopes.items, Audience: audience.text, GrantType: grantType,
		Username: user.text, Password: secret.String(userPassword.text), ClientAuthentication: place,
	}
}

func (r *resolver) tokenURL(s setting) string {
	if s.state != Known {
		return ""
	}
	address, err := parseAddress(s.text, false)
	if err != nil {
		r.invalid(s, err.Error(), "Write the https URL of the identity provider's token endpoint.")
		return ""
	}
	if !r.hostAllowed(s, address) {
		return ""
	}
	return address.String()
}

// accessToken resolves the mode access_token.
func (r *resolver) accessToken() {
	s := r.find("access_token")
	r.incomplete(ModeAccessToken, s)
	if s.state != Known {
		return
	}
	token := strings.TrimSpace(s.text)
	const scheme = "bearer"
	if len(token) >= len(scheme) && strings.EqualFold(token[:len(scheme)], scheme) {
		if rest := token[len(scheme):]; rest == "" || strings.TrimLeftFunc(rest, unicode.IsSpace) != rest {
			token = strings.TrimSpace(rest)
		}
	}
	switch {
	case token == "":
		r.invalid(s, "is empty", "Give the token itself, or leave it out.")
	case strings.ContainsFunc(token, unicode.IsSpace):
		r.invalid(s, "has white space in it", "A token is one line without white space.")
	case strings.ContainsFunc(token, func(c rune) bool { return c <= ' ' || c > '~' }):
		r.invalid(s, "has a character in it that a token cannot have", "A token is one line of printable ASCII characters.")
	default:
		r.result.Settings.AccessToken = secret.String(token)
	}
}

// oneOf returns the setting's text if it is one of the values, and an empty text if it is not or is not known.
func (r *resolver) oneOf(s setting, values ...string) string {
	if s.state == Known && !slices.Contains(values, s.text) {
		r.invalid(s, "is not one of its values", "Write "+or(quoted(values))+".")
		return ""
	}
	return s.text
}

// oneLine refuses a control character, most often the line break at the end of a file that a secret was read from: sent
// along, it is a wrong password, and accounts lock.
func (r *resolver) oneLine(s setting) {
	if s.state == Known && strings.ContainsFunc(s.text, unicode.IsControl) {
		r.invalid(s, "has a control character in it, such as a line break at its end", "Give it without, e.g. with trimspace(…).")
	}
}

// notEmpty refuses an empty text, which only the configuration can hold: in the other sources it counts as unset.
func (r *resolver) notEmpty(s setting) bool {
	if s.state == Known && s.text == "" {
		r.invalid(s, "is empty", "Give it a value, or leave it out.")
		return false
	}
	return true
}

// incomplete reports what a chosen mode lacks, in one problem that lists what was found and what is missing. What is not
// known yet is neither.
func (r *resolver) incomplete(mode Mode, required ...setting) {
	var found, missing, paths []string
	for _, s := range required {
		switch s.state {
		case Known:
			if s.source.Kind == Configuration {
				found = append(found, r.name(s.row))
			} else {
				found = append(found, s.source.Name)
			}
		case Null:
			paths = append(paths, s.row.Path)
			missing = append(missing, r.remedy(s.row))
		}
	}
	if len(missing) == 0 || r.blind || r.failed {
		return
	}
	path := string(mode)
	if len(paths) == 1 {
		path = paths[0]
	}
	if len(found) == 0 {
		found = []string{"nothing"}
	}
	var names []string
	for _, path := range paths {
		names = append(names, r.name(rowOf(path)))
	}
	detail := r.lacking(mode) + " Found: " + strings.Join(found, ", ") + ". Missing: " + strings.Join(missing, "; ") + "."
	if r.named {
		detail += " The environment is not read for credentials because " + r.fileArgument() + " is written."
	}
	summary := "Missing " + and(names)
	if len(names) > 1 && !r.alone {
		summary = "Missing settings of the mode " + string(mode)
	}
	r.problem(Missing, path, summary, detail+r.unread())
}

func (r *resolver) lacking(mode Mode) string {
	switch {
	case r.alone:
		return "The arguments are not complete."
	case r.written(mode) == Known:
		return "The mode " + string(mode) + ", written in the provider block, is not complete."
	default:
		return "The mode " + string(mode) + ", chosen by KEYFACTOR_AUTH_MODE, is not complete."
	}
}

// remedy names a setting and what could hold it.
func (r *resolver) remedy(row Row) string {
	text := r.name(row)
	var also []string
	if r.environmentCounts(row) && len(row.Env) > 0 {
		also = append(also, "environment variable "+row.Env[0])
	}
	if r.file != nil && len(row.FileKeys) > 0 {
		also = append(also, "key "+row.FileKeys[0]+" of "+r.file.String())
	}
	var notes []string
	if len(also) > 0 {
		notes = append(notes, "or "+or(also))
	}
	if row.hint != "" {
		notes = append(notes, row.hint)
	}
	if len(notes) > 0 {
		text += " (" + strings.Join(notes, "; ") + ")"
	}
	return text
}
