package operator

import (
	"slices"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
)

// mostVerbose is the highest level that is logged. From level 8 on, client-go logs the bodies of requests and answers, and with them
// every Secret that is read or written.
const mostVerbose = 7

// SetLogger makes logger that of the operator and of the libraries it uses, short of the levels at which those log Secrets.
func SetLogger(logger logr.Logger) {
	if sink := logger.GetSink(); sink != nil {
		logger = logger.WithSink(boundedSink{inner: sink})
	}
	ctrl.SetLogger(logger)
	klog.SetLogger(logger)
}

// boundedSink passes on what is not more verbose than mostVerbose. It hands values on with the first line that has them: each pass gets a logger with
// six values of its own, and few passes log anything.
type boundedSink struct {
	inner  logr.LogSink
	values []any
}

// Init passes the call on, one frame deeper.
func (s boundedSink) Init(info logr.RuntimeInfo) {
	info.CallDepth++
	s.inner.Init(info)
}

// Enabled says whether a level is logged.
func (s boundedSink) Enabled(level int) bool { return level <= mostVerbose && s.inner.Enabled(level) }

// Info logs a message, if its level is.
func (s boundedSink) Info(level int, message string, keysAndValues ...any) {
	if level <= mostVerbose {
		s.sink().Info(level, message, keysAndValues...)
	}
}

// Error logs a failure.
func (s boundedSink) Error(err error, message string, keysAndValues ...any) {
	s.sink().Error(err, message, keysAndValues...)
}

// sink returns the inner sink with the values.
func (s boundedSink) sink() logr.LogSink {
	if len(s.values) == 0 {
		return s.inner
	}
	return s.inner.WithValues(s.values...)
}

// WithValues keeps the bound.
func (s boundedSink) WithValues(keysAndValues ...any) logr.LogSink {
	return boundedSink{inner: s.inner, values: append(slices.Clip(s.values), keysAndValues...)}
}

// WithName keeps the bound.
func (s boundedSink) WithName(name string) logr.LogSink {
	return boundedSink{inner: s.inner.WithName(name), values: s.values}
}

// WithCallDepth keeps the bound.
func (s boundedSink) WithCallDepth(depth int) logr.LogSink {
	if inner, ok := s.inner.(logr.CallDepthLogSink); ok {
		return boundedSink{inner: inner.WithCallDepth(depth), values: s.values}
	}
	return s
}
