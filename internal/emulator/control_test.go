package emulator_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	testingclock "k8s.io/utils/clock/testing"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
)

func (tn *tenant) controlCall(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, tn.ControlURL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := tn.http.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content)
}

func TestTheControlPortSteersTheTenant(t *testing.T) {
	tn := start(t, emulator.Options{
		ControlAddress: "127.0.0.1:0", Clock: testingclock.NewFakePassiveClock(startTime),
	})
	version := func() reply { return tn.send(t, http.MethodGet, "/sysinfo/version", "", nil) }
	steps := []struct {
		name, method, path, body string
		status                   int
		text                     string // of the answer, when not empty
		then                     func() any
		want                     any
	}{
		{"health", "GET", "/healthz", "", 200, "ok\n", nil, nil},
		{"the CA", "GET", "/ca.pem", "", 200, string(tn.CABundle()), nil, nil},
		{
			"a fault", "POST", "/faults", `{"operation":"*","kind":"Status","status":503,"count":5}`, 204, "",
			func() any { return version().status }, 503,
		},
		{"no faults", "DELETE", "/faults", "", 204, "", func() any { return version().status }, 200},
		{"counters", "GET", "/calls", "", 200, `{"SysInfo/Version":2}` + "\n", nil, nil},
		{"no counters", "DELETE", "/calls", "", 204, "", func() any { return tn.Calls().Total() }, 0},
		{
			"an offset", "POST", "/clock-offset", `{"offset":"-90s"}`, 204, "",
			func() any { return version().header.Get("Date") }, "Sun, 01 Mar 2026 11:58:30 GMT",
		},
		{"an unknown kind", "POST", "/faults", `{"operation":"*","kind":"Flood"}`, 400, "", nil, nil},
		{"an unknown field", "POST", "/faults", `{"operation":"*","kind":"HTML","when":"now"}`, 400, "", nil, nil},
		{"a fault for nothing", "POST", "/faults", `{"kind":"HTML"}`, 400, "", nil, nil},
		{"latency without delay", "POST", "/faults", `{"operation":"*","kind":"Latency"}`, 400, "", nil, nil},
		{"a delay without unit", "POST", "/faults", `{"operation":"*","kind":"Latency","delay":"5"}`, 400, "", nil, nil},
		{"an offset without unit", "POST", "/clock-offset", `{"offset":"5"}`, 400, "", nil, nil},
	}
	for _, step := range steps {
		status, text := tn.controlCall(t, step.method, step.path, step.body)
		if status != step.status || (step.text != "" && text != step.text) {
			t.Errorf("%s: %d %q, want %d %q", step.name, status, text, step.status, step.text)
		}
		if step.then != nil {
			check(t, step.want, step.then())
		}
	}
}
