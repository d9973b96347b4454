package venafi

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/secret"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
)

// Authorize gets a new grant. A refusal is an [*Error]; what the network did is a [*transport.Error].
//
// The request is repeated after a lost answer like any other that is safe to repeat: the price is a grant that nobody
// holds, which ends by itself, and not a failed run.
func (c *Client) Authorize(ctx context.Context) (Grant, error) {
	// encoding/json cannot fail on two strings.
	body, _ := json.Marshal(map[string]string{"client_id": c.config.ClientID, "scope": c.config.Scope})
	return c.grant(transport.Repeatable(ctx), "authorize/certificate", body)
}

// refresh trades a grant's refresh token, which is good for one use, for new tokens of the same grant.
func (c *Client) refresh(ctx context.Context, token secret.String) (Grant, error) {
	body, _ := json.Marshal(map[string]string{"client_id": c.config.ClientID, "refresh_token": token.Reveal()})
	return c.grant(ctx, "authorize/token", body)
}

// grant makes one POST and reads the tokens in its answer.
func (c *Client) grant(ctx context.Context, call string, body []byte) (Grant, error) {
	answer, err := c.call(ctx, http.MethodPost, call, body, "")
	if err != nil {
		return Grant{}, err
	}
	if answer.status != http.StatusOK {
		return Grant{}, answer.failure()
	}
	return c.decode(answer)
}

// decode reads a grant. Only access_token is required: vedauth's versions differ in the rest.
func (c *Client) decode(a answer) (Grant, error) {
	fields := fieldsOf(a.body)
	g := Grant{
		AccessToken:  secret.String(strings.TrimSpace(text(fields["access_token"]))),
		RefreshToken: secret.String(text(fields["refresh_token"])),
		TokenType:    text(fields["token_type"]),
		Scope:        text(fields["scope"]),
		Identity:     text(fields["identity"]),
		client:       c,
	}
	if c.config.OnSecret != nil {
		c.config.OnSecret(g.AccessToken, g.RefreshToken)
	}
	if g.AccessToken == "" {
		failed := a.failure()
		failed.Diagnosis = "The answer holds no access_token: it is not vedauth's, or not a grant."
		return Grant{}, failed
	}
	// Printable ASCII without white space is what a header can carry.
	if strings.ContainsFunc(g.AccessToken.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }) {
		failed := a.failure()
		failed.Diagnosis = "The access_token in the answer has a character in it that a header cannot carry."
		return Grant{}, failed
	}
	if g.TokenType == "" {
		g.TokenType = "Bearer"
	}
	if until := number(fields["refresh_until"]); until > 0 {
		g.RefreshUntil = time.Unix(until, 0).UTC()
	}
	g.ExpiresAt = expiry(a.started, number(fields["expires_in"]), number(fields["expires"]), a.header.Get("Date"))
	return g, nil
}

// expiry adds the token's lifetime to the local time before the request, whose monotonic reading is not moved by a
// clock that is set. The lifetime is expires_in or, in older versions, expires minus the server's own time.
func expiry(started time.Time, in, at int64, date string) time.Time {
	const longest = 100 * 365 * 24 * 3600
	if in > 0 {
		return started.Add(time.Duration(min(in, longest)) * time.Second)
	}
	server, err := http.ParseTime(date)
	if at <= 0 || err != nil {
		return time.Time{}
	}
	if left := at - server.Unix(); left > 0 {
		return started.Add(time.Duration(min(left, longest)) * time.Second)
	}
	return time.Time{}
}

// fieldsOf returns the members of a JSON object, none for anything else.
func fieldsOf(body []byte) map[string]json.RawMessage {
	var fields map[string]json.RawMessage
	if json.Unmarshal(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf")), &fields) != nil {
		return nil
	}
	return fields
}

// text returns a JSON string, "" for anything else.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// number returns a JSON number, in quotation marks or not, 0 for anything else.
func number(raw json.RawMessage) int64 {
	f, err := strconv.ParseFloat(strings.Trim(string(raw), `"`), 64)
	if err != nil || math.IsNaN(f) || math.Abs(f) > math.MaxInt32*1000 {
		return 0
	}
	return int64(f)
}
