package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

const contentTypeJSON = "application/json; charset=utf-8"

// answer is a complete HTTP answer, held back until faults had their say.
type answer struct {
	status      int
	contentType string
	header      map[string]string
	cookies     []*http.Cookie
	body        []byte
	reset       bool          // reset the connection, send nothing
	pace        time.Duration // how long sending the body takes; zero for no longer than it must
}

// envelope is the frame of all answers of the admin API. The flag alone is lower-case on the wire.
type envelope struct {
	Success         bool    `json:"success"`
	Result          any     `json:"Result"`
	Message         *string `json:"Message"`
	MessageID       *string `json:"MessageID"`
	Exception       *string `json:"Exception"`
	ErrorID         *string `json:"ErrorID"`
	ErrorCode       *string `json:"ErrorCode"`
	IsSoftError     bool    `json:"IsSoftError"`
	InnerExceptions any     `json:"InnerExceptions"`
}

// bare is a result that is answered without the envelope, as RoleAttributes calls do.
type bare struct{ value any }

// The exception types that business errors leak. The texts that go with them are invented: clients must not depend
// on them.
const (
	invalidOperation = "System.InvalidOperationException"
	invalidArgument  = "System.ArgumentException"
	notFound         = "Cloud.Core.NotFoundException"
	duplicate        = "Cloud.Core.DuplicateKeyException"
	unauthorized     = "System.UnauthorizedAccessException"
)

// refusal is a business error: HTTP 200 with success false.
type refusal struct {
	exception string
	message   string
}

func (r *refusal) Error() string { return r.message }

func refuse(exception, format string, args ...any) *refusal {
	return &refusal{exception: exception, message: fmt.Sprintf(format, args...)}
}

func successAnswer(result any) answer {
	if b, ok := result.(bare); ok {
		return jsonAnswer(http.StatusOK, b.value)
	}
	return jsonAnswer(http.StatusOK, envelope{Success: true, Result: result})
}

// failureAnswer has the make-up of real failures: the message, its resource key made of the exception type, the
// exception with a stack, and a pair that correlates it with the server's log.
func failureAnswer(err error) answer {
	return failureAnswerWithStatus(http.StatusOK, err)
}

func failureAnswerWithStatus(status int, err error) answer {
	r := refuse(invalidOperation, "%s", err.Error())
	errors.As(err, &r)
	messageID := "_I18N_" + r.exception
	exception := r.exception + ": " + r.message + "\r\n   at Cloud.Core.RestEndpoint.Invoke(RestRequest request)"
	errorID := uuid.NewString() + ":" + strings.ReplaceAll(uuid.NewString(), "-", "")
	return jsonAnswer(status, envelope{
		Message: &r.message, MessageID: &messageID, Exception: &exception, ErrorID: &errorID,
	})
}

func jsonAnswer(status int, value any) answer {
	body, err := encodeJSON(value)
	if err != nil {
		// Only values of our own making come here; one that can't be encoded is a defect worth seeing.
		return answer{status: http.StatusInternalServerError, contentType: "text/plain", body: []byte(err.Error())}
	}
	return answer{status: status, contentType: contentTypeJSON, body: body}
}

func encodeJSON(value any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return text.Bytes(), err
}

func htmlAnswer(status int, title string) answer {
	page := "<!DOCTYPE html>\n<html><head><title>" + html.EscapeString(title) + "</title></head>" +
		"<body><h1>" + html.EscapeString(title) + "</h1></body></html>\n"
	return answer{status: status, contentType: "text/html; charset=utf-8", body: []byte(page)}
}

func notFoundAnswer() answer { return htmlAnswer(http.StatusNotFound, "Not found") }

// withHeader returns a copy of a with one more header.
func (a answer) withHeader(name, value string) answer {
	header := maps.Clone(a.header)
	if header == nil {
		header = map[string]string{}
	}
	header[name] = value
	a.header = header
	return a
}

// withCookie returns a copy of a that sets one more cookie.
func (a answer) withCookie(cookie *http.Cookie) answer {
	a.cookies = append(slices.Clone(a.cookies), cookie)
	return a
}

// write sends the answer. The Date header carries the tenant's clock, so that a clock offset is visible to clients.
func (a answer) write(w http.ResponseWriter, now time.Time) error {
	header := w.Header()
	header.Set("Date", now.UTC().Format(http.TimeFormat))
	header.Set("Content-Type", a.contentType)
	header.Set("Content-Length", strconv.Itoa(len(a.body)))
	header.Set("Cache-Control", "no-store")
	header.Set("Server", "identity-emulator (not for production)")
	for name, value := range a.header {
		header.Set(name, value)
	}
	for _, cookie := range a.cookies {
		http.SetCookie(w, cookie)
	}
	w.WriteHeader(a.status)
	_, err := w.Write(a.body)
	return err
}

// wireDate spells a moment the way the service does; the zero time is its "never".
func wireDate(t time.Time) string {
	if t.IsZero() {
		return "/Date(-62135596800000)/"
	}
	return fmt.Sprintf("/Date(%d)/", t.UnixMilli())
}
