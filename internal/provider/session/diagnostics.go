package session

import (
	"context"
	"errors"
	"fmt"

	"net/http"
	"regexp"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/auth"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/keyfactor"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/transport"
	"github.com/seed-557fd821/terraform-provider-keyfactor/internal/venafi"
)

// Failure is an error diagnostic for a call that failed: summary reads "Unable
// to <verb> <thing>"; permission is what the vendor documents for the call,
// shown with a 403, "" where nothing is documented.
func (s *Session) Failure(summary string, err error, permission string) diag.Diagnostic {
	return diag.NewErrorDiagnostic(summary, s.Explain(err, permission))
}

// FailureAt is Failure attached to an attribute.
func (s *Session) FailureAt(at path.Path, summary string, err error, permission string) diag.Diagnostic {
	return diag.NewAttributeErrorDiagnostic(at, summary, s.Explain(err, permission))
}

// Explain says what was attempted, what came back and what to do, with the
// server's words redacted and escaped.
func (s *Session) Explain(err error, permission string) string {
	var (
		login  *auth.Error
		answer *keyfactor.Error
	)
	switch {
	case errors.As(err, &login):
		return s.explainLogin(login)
	case errors.As(err, &answer):
		return s.explainAnswer(answer, permission)
	case errors.Is(err, keyfactor.ErrQueryIgnored):
		return "The server answered certificates that were not asked for, whichever way the query was spelled. " +
			"Nothing was changed. Check that the endpoint is Command's own API and that nothing on the way (a proxy, a gateway) drops the query."
	}
	return s.explainOther(err, s.placeOf(err))
}

// explainOther explains what is no answer of a server.
func (s *Session) explainOther(err error, at place) string {
	var (
		broken  *transport.Error
		refused *venafi.CertificateRefusedError
	)
	switch {
	case errors.As(err, &refused):
		return at.prefix() + s.explainHandshake(refused)
	case errors.As(err, &broken):
		return at.prefix() + s.explainConnection(broken, at)
	case errors.Is(err, context.DeadlineExceeded):
		return "The operation's time-out ended: " + s.Line(err.Error()) + ". Raise it in the timeouts attribute, or look why the server is slow."
	}
	return Sentence(s.Line(err.Error()))
}

// Line makes a server's or a file's text fit to be shown: without the secrets
// of this configuration, without parts of files, on one line.
func (s *Session) Line(text string) string {
	return s.redactor.Line(withoutFiles(s.redactor.Redact(text)))
}

// encoded are runs of characters that may be a part of a file in base64; no
// name, path, GUID or thumbprint is that long with all three kinds in it.
var encoded = regexp.MustCompile(`[A-Za-z0-9+/]{48,}={0,2}`)

// withoutFiles drops what looks like a part of a file: a careless server
// repeats a piece of the request in its error.
func withoutFiles(text string) string {
	return encoded.ReplaceAllStringFunc(text, func(run string) string {
		if strings.ContainsAny(run, "0123456789") && strings.ToUpper(run) != run && strings.ToLower(run) != run {
			return "[…]"
		}
		return run
	})
}

func (s *Session) explainAnswer(e *keyfactor.Error, permission string) string {
	call := fmt.Sprintf("%s %s on %s", e.Method, e.Path, e.Host)
	if e.NotCommand && (e.Status < 300 || e.Status == http.StatusNotFound) {
		return s.notCommand(call, e)
	}
	if e.Unreadable != "" {
		return fmt.Sprintf("%s answered %s, but %s is not of the type that the vendor documents. Nothing of the answer was used. "+
			"Check that the endpoint is Command's API; a version of Command that this provider does not know may be the reason.", call, statusText(e.Status), s.Line(e.Unreadable))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s answered %s.", call, statusText(e.Status))
	if words := s.serverWords(e); words != "" {
		b.WriteString(" The server said: " + Sentence(words))
	}
	switch {
	case e.Status == http.StatusForbidden && e.NotCommand:
		b.WriteString(" That does not look like Command's own answer: a web server, proxy or firewall before it refuses the request.")
	case e.Status == http.StatusForbidden && permission != "":
		b.WriteString(" The call needs the permission " + permission + ": ask an administrator of Command to grant it to a security role of this account.")
	case e.Status == http.StatusForbidden:
		b.WriteString(" The account is known to Command but lacks the permission: ask an administrator of Command for a security role that has it.")
	case e.Status == http.StatusNotFound:
		b.WriteString(" It does not exist, or this account may not see it.")
	case e.Status == http.StatusRequestTimeout || e.Status == http.StatusTooManyRequests || e.Status >= 500:
		b.WriteString(" The server or something before it is overloaded or failing; apply again when it is well.")
	}
	return b.String()
}

// notCommand explains an answer that is not Command's API at all.
func (s *Session) notCommand(call string, e *keyfactor.Error) string {
	text := fmt.Sprintf("%s answered %s, but the answer does not look like Command's API.", call, statusText(e.Status))
	if e.FirstLine != "" {
		text += fmt.Sprintf(" It begins with: \"%s\".", s.Line(e.FirstLine))
	}
	return text + " Check the endpoint's host and API path (usually /KeyfactorAPI), and that no login page or proxy answers in its place."
}

func (s *Session) serverWords(e *keyfactor.Error) string {
	words := e.Message
	if e.Code != "" {
		words = strings.TrimSpace(words + " (ErrorCode " + e.Code + ")")
	}
	if len(e.Reasons) > 0 {
		words += "; " + strings.Join(e.Reasons, "; ")
	}
	if words == "" {
		words = e.FirstLine
	}
	return s.Line(words)
}

func statusText(status int) string {
	if text := http.StatusText(status); text != "" {
		return fmt.Sprintf("%d %s", status, text)
	}
	return fmt.Sprintf("%d", status)
}

// Sentence makes text end with a full stop.
func Sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" || strings.HasSuffix(text, ".") || strings.HasSuffix(text, "…") || strings.HasSuffix(text, "!") {
		return text
	}
	return text + "."
}

// quotedList writes names as `a`, `b` and `c`.
func quotedList(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = "`" + n + "`"
	}
	switch len(quoted) {
	case 0:
		return ""
	case 1:
		return quoted[0]
	}
	return strings.Join(quoted[:len(quoted)-1], ", ") + " and " + quoted[len(quoted)-1]
}
