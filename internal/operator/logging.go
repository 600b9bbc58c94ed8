package operator

import (
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
		logger = logger.WithSink(boundedSink{sink})
	}
	ctrl.SetLogger(logger)
	klog.SetLogger(logger)
}

// boundedSink passes on what is not more verbose than mostVerbose.
type boundedSink struct{ logr.LogSink }

// Init passes the call on, one frame deeper.
func (s boundedSink) Init(info logr.RuntimeInfo) {
	info.CallDepth++
	s.LogSink.Init(info)
}

// Enabled says whether a level is logged.
func (s boundedSink) Enabled(level int) bool { return level <= mostVerbose && s.LogSink.Enabled(level) }

// Info logs a message, if its level is.
func (s boundedSink) Info(level int, message string, keysAndValues ...any) {
	if level <= mostVerbose {
		s.LogSink.Info(level, message, keysAndValues...)
	}
}

// WithValues keeps the bound.
func (s boundedSink) WithValues(keysAndValues ...any) logr.LogSink {
	return boundedSink{s.LogSink.WithValues(keysAndValues...)}
}

// WithName keeps the bound.
func (s boundedSink) WithName(name string) logr.LogSink { return boundedSink{s.LogSink.WithName(name)} }

// WithCallDepth keeps the bound.
func (s boundedSink) WithCallDepth(depth int) logr.LogSink {
	if inner, ok := s.LogSink.(logr.CallDepthLogSink); ok {
		return boundedSink{inner.WithCallDepth(depth)}
	}
	return s
}
