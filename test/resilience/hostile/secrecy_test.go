package hostile_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// heard is everything secret that goes between the operator and the tenant.
type heard struct {
	mu      sync.Mutex
	secrets map[string]bool
}

func (h *heard) add(secret string) {
	const least = 12 // what is shorter could stand anywhere
	if len(secret) < least {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.secrets[secret] = true
}

// take adds what another has heard.
func (h *heard) take(other *heard) {
	other.mu.Lock()
	defer other.mu.Unlock()
	for secret := range other.secrets {
		h.add(secret)
	}
}

// listen notes the credentials and tokens of a call and of its answer, as they are and as they are sent.
func (h *heard) listen(r *http.Request, answer []byte) {
	_, sent, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	h.add(sent)
	if _, password, is := r.BasicAuth(); is {
		h.add(password)
	}
	var wire map[string]any
	if json.Unmarshal(answer, &wire) == nil {
		if token, is := wire["access_token"].(string); is {
			h.add(token)
			h.add(base64.StdEncoding.EncodeToString([]byte(token)))
		}
	}
}

// parrot answers calls as a tenant does that repeats what it was sent wherever it can, and puts a canary everywhere else.
type parrot struct {
	heard
	canary string
	answer http.HandlerFunc // nil lets the tenant answer
}

func (p *parrot) spoil(w http.ResponseWriter, r *http.Request, tenant http.Handler) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	for _, header := range []string{"Server", "X-Request-Id", "WWW-Authenticate", "Warning", "X-Cfy-Tx-Id", "Set-Cookie"} {
		w.Header().Set(header, p.canary+" "+r.Header.Get("Authorization"))
	}
	r.Header.Set("X-Body", base64.StdEncoding.EncodeToString(body))
	if p.answer != nil {
		p.listen(r, nil)
		p.answer(w, r)
		return
	}
	recorder := httptest.NewRecorder()
	tenant.ServeHTTP(recorder, r)
	p.listen(r, recorder.Body.Bytes())
	maps.Copy(w.Header(), recorder.Header())
	w.WriteHeader(recorder.Code)
	_, _ = w.Write(recorder.Body.Bytes())
}

// repeats returns an answer that has the canary and what was sent in all places of a body.
func repeats(status int, contentType string, canary string, body func(all string) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		sent, _ := base64.StdEncoding.DecodeString(r.Header.Get("X-Body"))
		all, _ := json.Marshal(canary + " " + r.Header.Get("Authorization") + " " + string(sent))
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Location", "/"+canary)
		w.Header().Set("Retry-After", canary)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body(string(all)))
	}
}

// TestWhatATenantRepeatsIsShownToNobody lets everything be done once by a tenant that repeats what it was sent in each header, and then has it fail in every
// way with the same in the body. What the world looks for afterwards is every credential and token that went over the wire, and a canary.
func TestWhatATenantRepeatsIsShownToNobody(t *testing.T) {
	w, s := newWorld(t)
	p := &parrot{heard: heard{secrets: map[string]bool{}}, canary: w.Canary()}
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for secret := range p.secrets {
			w.Forbid(secret)
		}
		if len(p.secrets) < 6 {
			t.Errorf("%d secrets were heard only", len(p.secrets))
		}
	}()
	s.set(p.spoil)
	w.StartOperator()
	application, consumer := w.Provisioned("orders", "billing")
	tenant := w.IdentityTenant()
	for name, answer := range map[string]http.HandlerFunc{
		"a refused token":          repeats(400, "application/json", p.canary, func(all string) string { return `{"error":` + all + `,"error_description":` + all + `}` }),
		"a refused client":         repeats(401, "application/json", p.canary, func(all string) string { return `{"error":"invalid_client","error_description":` + all + `}` }),
		"a page":                   repeats(200, "text/html", p.canary, func(all string) string { return "<html>" + all }),
		"an error of a server":     repeats(500, "text/plain", p.canary, func(all string) string { return all }),
		"a pause":                  repeats(429, "text/plain", p.canary, func(all string) string { return all }),
		"a redirect":               repeats(302, "text/plain", p.canary, func(all string) string { return all }),
		"a call that is forbidden": repeats(403, "application/json", p.canary, func(all string) string { return `{"Message":` + all + `}` }),
		"a token that is no bearer": repeats(200, "application/json", p.canary, func(all string) string {
			return `{"access_token":` + all + `,"token_type":` + all + `,"expires_in":` + all + `}`
		}),
		"a call that is refused": repeats(200, "application/json", p.canary, func(all string) string {
			return `{"success":false,"Result":` + all + `,"Message":` + all + `,"MessageID":` + all + `,"Exception":` + all + `,"ErrorID":` + all + `,"ErrorCode":` + all + `,"InnerExceptions":[` + all + `]}`
		}),
		"a result of another shape": repeats(200, "application/json", p.canary, func(all string) string { return `{"success":true,"Result":` + all + `}` }),
		"rows of another shape":     repeats(200, "application/json", p.canary, func(all string) string { return `{"success":true,"Result":{"Results":[{"Row":` + all + `}]}}` }),
		"a broken protocol": func(rw http.ResponseWriter, r *http.Request) {
			raw("HTTP/1.1 "+p.canary+" "+r.Header.Get("Authorization")+"\r\n\r\n")(rw, r, nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := w.In(t)
			failing := &parrot{heard: heard{secrets: map[string]bool{}}, canary: p.canary, answer: answer}
			s.set(failing.spoil)
			ask(w, name, tenant, application, consumer)
			w.Eventually("see that both fail", func() error {
				w.Get(consumer)
				w.Get(application)
				failed := !meta.IsStatusConditionTrue(application.Status.Conditions, v1alpha1.ConditionReady)
				if !failed || !meta.IsStatusConditionTrue(consumer.Status.Conditions, v1alpha1.ConditionDegraded) {
					return fmt.Errorf("the application says %+v, the client %+v", application.Status.Conditions, consumer.Status.Conditions)
				}
				return nil
			})
			p.take(&failing.heard)
			s.set(p.spoil)
			ask(w, name+" again", tenant, application, consumer)
			w.Ready(tenant, application, consumer)
		})
	}
}

// ask has everything done anew: the tenant logged in to, the application written, a token requested.
func ask(w *environment.World, request string, tenant *v1alpha1.IdentityTenant, application *v1alpha1.OAuthClient, consumer *v1alpha1.ConfidentialClient) {
	w.Update(tenant, func() { metav1.SetMetaDataAnnotation(&tenant.ObjectMeta, v1alpha1.ReconcileRequestAnnotation, request) })
	w.Update(application, func() { application.Spec.Description = request })
	w.Update(consumer, func() { metav1.SetMetaDataAnnotation(&consumer.ObjectMeta, v1alpha1.RenewRequestAnnotation, request) })
}
