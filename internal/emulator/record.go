package emulator

import (
	"encoding/json"
	"log/slog"
	"net/http"

	"github.com/oauth-operator/oauth-operator/internal/emulator/audit"
)

// record writes a call to the log and to the audit log. Neither gets credentials or bodies.
func (e *Emulator) record(c *call, fault Fault, a answer) {
	e.logger.LogAttrs(c.request.Context(), slog.LevelInfo, "Call",
		slog.String("operation", c.operation), slog.String("method", c.request.Method), slog.Int("status", a.status),
		slog.String("fault", string(fault.Kind)), slog.Bool("failure", a.failed()))
	if e.audit == nil {
		return
	}
	entry := audit.Entry{
		Time: c.now, Operation: c.operation, Method: c.request.Method, Caller: c.callerName(), Arguments: c.shownArguments(e.redactor(c)),
		Status: a.status, Success: !a.failed(), Error: a.oauthError(), Fault: string(fault.Kind),
	}
	if a.reset {
		entry.Status = 0
	}
	if c.operation == unknownOperation {
		entry.Path = c.request.URL.Path
	}
	if err := e.audit.Write(entry); err != nil {
		e.logger.Error("Audit entry lost", "error", err)
	}
}

// callerName is whose token was used, or which client asks for one.
func (c *call) callerName() string {
	if c.caller.user != nil {
		return c.caller.user.name
	}
	if id, _, ok := c.request.BasicAuth(); ok {
		return id
	}
	return c.request.PostForm.Get("client_id")
}

// redactor returns what decides which arguments are shown. The script of a query is one, that of an application is not.
func (e *Emulator) redactor(c *call) audit.Redactor {
	if c.operation == "Redrock/query" {
		return e.queryRedactor
	}
	return e.callRedactor
}

// shownArguments are the arguments without what may be a secret; of OAuth calls those in the query and in the form.
func (c *call) shownArguments(redactor audit.Redactor) any {
	if c.args.list != nil {
		return redactor.Redact(c.args.list)
	}
	fields := map[string]any{}
	for lower, value := range c.args.values {
		fields[c.args.spelled[lower]] = value
	}
	if c.args.values == nil {
		for name, values := range c.request.URL.Query() {
			fields[name] = toList(values)
		}
		for name, values := range c.request.PostForm {
			fields[name] = toList(values)
		}
		// Of an account it is a word, of a client what keeps others from sending its users here (RFC 6749 section 10.12).
		delete(fields, "state")
	}
	if len(fields) == 0 {
		return nil
	}
	return redactor.Redact(fields)
}

// oauthError is the error code of an answer that has one; it is one of a few words.
func (a answer) oauthError() string {
	if a.status < http.StatusBadRequest {
		return ""
	}
	var body struct {
		Error string `json:"error"`
	}
	if err := json.Unmarshal(a.body, &body); err != nil {
		return ""
	}
	return body.Error
}
