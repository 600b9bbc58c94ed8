package hostile_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// zeroes never end.
type zeroes struct{}

// Read implements io.Reader.
func (zeroes) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// bomb is a gigabyte of blanks, packed.
func bomb(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	packer, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	blanks := bytes.Repeat([]byte{' '}, 1<<20)
	for range 128 {
		if _, err := packer.Write(blanks); err != nil {
			t.Fatal(err)
		}
	}
	if err := packer.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// raw answers with bytes that net/http would not send.
func raw(text string) spoil {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(connection, text)
		_ = connection.Close()
	}
}

// TestAnAnswerThatIsNoneHurtsNobody: it is told by its kind, costs little memory, and is forgotten once the tenant answers as it should.
func TestAnAnswerThatIsNoneHurtsNobody(t *testing.T) {
	const most = 256 << 20
	packed := bomb(t)
	unexpected, unavailable := v1alpha1.ReasonUnexpectedResponse, v1alpha1.ReasonServerUnavailable
	for name, tc := range map[string]struct {
		spoil  spoil
		reason string
	}{
		"a body without end": {func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { _, _ = io.Copy(w, zeroes{}) }, unexpected},
		"a body that is small only while it is packed": {func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(packed)
		}, unexpected},
		"brackets within brackets": {func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			_, _ = io.WriteString(w, `{"access_token":`+strings.Repeat("[", 500_000))
		}, unexpected},
		"headers without end": {func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			for i := range 2000 {
				w.Header().Set(fmt.Sprint("X-", i), strings.Repeat("x", 1000))
			}
		}, unavailable},
		"one header without end":           {raw("HTTP/1.1 200 OK\r\nX-Long: " + strings.Repeat("x", 4<<20)), unavailable},
		"another protocol":                 {raw("220 mail.example ESMTP\r\n"), unavailable},
		"less than it says":                {raw("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"), unavailable},
		"two lengths":                      {raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"), unavailable},
		"news of an answer, but no answer": {raw(strings.Repeat("HTTP/1.1 103 Early Hints\r\n\r\n", 1000)), unavailable},
		"a letter each second": {func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, " ")
				_ = http.NewResponseController(w).Flush()
				select {
				case <-r.Context().Done():
				case <-time.After(200 * time.Millisecond):
				}
			}
		}, unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			w, s := newWorld(t)
			s.set(tc.spoil)
			w.StartOperator()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			tenant := w.IdentityTenant()
			tenant.Spec.Timeout = &metav1.Duration{Duration: 2 * time.Second}
			w.Create(w.AdminSecret(), tenant)
			told := w.Condition(tenant, v1alpha1.ConditionReachable, metav1.ConditionFalse, tc.reason)
			runtime.ReadMemStats(&after)
			if allocated := after.TotalAlloc - before.TotalAlloc; allocated > most {
				t.Errorf("%d MiB were allocated", allocated>>20)
			}
			if len(told.Message) > 300 {
				t.Errorf("the message is no sentence: %s", told.Message)
			}
			s.set(nil)
			w.Ready(tenant)
		})
	}
}

// TestARedirectIsNotFollowed, wherever it leads: what is sent to a tenant is a credential or a token.
func TestARedirectIsNotFollowed(t *testing.T) {
	var visits atomic.Int32
	elsewhere, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // a listener of a test
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = elsewhere.Close() }()
	go func() {
		for {
			connection, err := elsewhere.Accept()
			if err != nil {
				return
			}
			visits.Add(1)
			_ = connection.Close()
		}
	}()
	w, s := newWorld(t)
	w.StartOperator()
	application, consumer := w.Provisioned("orders", "billing")
	token := string(w.TokenSecret(consumer).Data[v1alpha1.AccessTokenKey])
	for i, status := range []int{302, 308} {
		for place, location := range map[string]string{
			"another host": "https://" + elsewhere.Addr().String() + "/", "plain HTTP": "http://" + elsewhere.Addr().String() + "/", "another path": "/elsewhere", "the same host by another scheme": "//" + elsewhere.Addr().String(),
		} {
			t.Run(fmt.Sprint(status, " to ", place), func(t *testing.T) {
				w := w.In(t)
				defer s.set(nil)
				var followed atomic.Bool
				s.set(func(rw http.ResponseWriter, r *http.Request, _ http.Handler) {
					if r.URL.Path == "/elsewhere" {
						followed.Store(true)
					}
					rw.Header().Set("Location", location)
					rw.WriteHeader(status)
				})
				request := fmt.Sprint(i, place)
				w.Update(consumer, func() { metav1.SetMetaDataAnnotation(&consumer.ObjectMeta, v1alpha1.RenewRequestAnnotation, request) })
				w.Condition(consumer, v1alpha1.ConditionDegraded, metav1.ConditionTrue, v1alpha1.ReasonUnexpectedResponse)
				w.Update(application, func() { application.Spec.Description = request })
				w.Condition(application, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonUnexpectedResponse)
				s.set(nil)
				w.Update(consumer, func() {
					metav1.SetMetaDataAnnotation(&consumer.ObjectMeta, v1alpha1.RenewRequestAnnotation, request+" again")
				})
				w.Update(application, func() { application.Spec.Description = request + " again" })
				w.Ready(application, consumer)
				w.Eventually("see another token", func() error {
					now := string(w.TokenSecret(consumer).Data[v1alpha1.AccessTokenKey])
					if now == token {
						return errors.New("it is the one before")
					}
					token = now
					return nil
				})
				if followed.Load() || visits.Load() > 0 {
					t.Error("the redirect was followed")
				}
			})
		}
	}
}
