package operator

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"go.uber.org/zap/zapcore"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
)

// bounded returns a logger that logs everything it may into the buffer, with the line from which it was called.
func bounded(into *bytes.Buffer) logr.Logger {
	logger := zap.New(zap.WriteTo(into), zap.Level(zapcore.Level(-10)), zap.UseDevMode(true))
	return logger.WithSink(boundedSink{inner: logger.GetSink()})
}

func TestWhatIsMoreVerboseThanTheBoundIsNotLogged(t *testing.T) {
	for name, derived := range map[string]func(logr.Logger) logr.Logger{
		"the logger":        func(l logr.Logger) logr.Logger { return l },
		"with values":       func(l logr.Logger) logr.Logger { return l.WithValues("name", "orders") },
		"with a name":       func(l logr.Logger) logr.Logger { return l.WithName("client") },
		"with a call depth": func(l logr.Logger) logr.Logger { return l.WithCallDepth(1) },
	} {
		t.Run(name, func(t *testing.T) {
			var lines bytes.Buffer
			logger := derived(bounded(&lines))
			logger.V(mostVerbose+1).Info("Response", "body", "a Secret")
			if logger.V(mostVerbose+1).Enabled() || lines.Len() > 0 {
				t.Errorf("it logs %s", &lines)
			}
			logger.V(mostVerbose).Info("Request")
			if !strings.Contains(lines.String(), "Request") {
				t.Error("it does not log what it may")
			}
		})
	}
}

func TestALineHasTheValuesOfItsLogger(t *testing.T) {
	var lines bytes.Buffer
	logger := bounded(&lines)
	one := logger.WithValues("namespace", "shop").WithName("client").WithValues("name", "orders")
	one.WithValues("reconcileID", "1")
	other := one.WithValues("reconcileID", "2")
	one.WithValues("reconcileID", "3")
	other.Info("Published token", "reason", "Expiring")
	other.Error(errors.New("no"), "Storing status")
	logger.Info("Started")
	want := []string{
		`Published token	{"namespace": "shop", "name": "orders", "reconcileID": "2", "reason": "Expiring"}`,
		`Storing status	{"namespace": "shop", "name": "orders", "reconcileID": "2", "error": "no"}`,
	}
	for _, text := range want {
		if !strings.Contains(lines.String(), text) {
			t.Errorf("%q is missing in\n%s", text, &lines)
		}
	}
	if started := lines.String()[strings.LastIndex(lines.String(), "Started"):]; strings.Contains(started, "shop") {
		t.Errorf("the values of one are those of all: %s", started)
	}
}
