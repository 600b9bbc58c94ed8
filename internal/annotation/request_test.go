package annotation_test

import (
	"strings"
	"testing"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/annotation"
)

func TestARequestIsOpenUntilItIsHandled(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	object := func(value string) *v1alpha1.Scope {
		o := &v1alpha1.Scope{}
		o.Annotations = map[string]string{v1alpha1.RenewRequestAnnotation: value}
		return o
	}
	short := annotation.Request(object(long), v1alpha1.RenewRequestAnnotation)
	if len(short) > 128 {
		t.Errorf("a request of %d characters is kept as %d", len(long), len(short))
	}
	const unfit = "a\x7fb"
	hashed := annotation.Request(object(unfit), v1alpha1.RenewRequestAnnotation)
	for c := rune(1); c <= 0xffff; c++ {
		kept := annotation.Request(object(string(c)), v1alpha1.RenewRequestAnnotation)
		if refused := c >= 0x7f && c < 0xa0 || c == 0xfffe || c == 0xffff; refused != (kept != string(c)) {
			t.Errorf("%U is kept as %q", c, kept)
		}
	}
	for name, tc := range map[string]struct {
		value   string
		handled []string
		want    bool
	}{
		"nothing is asked for":                       {"", []string{""}, false},
		"nothing is asked for, something was before": {"", []string{"1"}, false},
		"asked for the first time":                   {"1", []string{""}, true},
		"asked for again":                            {"2", []string{"1"}, true},
		"handled":                                    {"1", []string{"1"}, false},
		"handled, as one of two places knows":        {"2", []string{"1", "2"}, false},
		"handled, and long":                          {long, []string{short}, false},
		"handled, and not fit to be kept":            {unfit, []string{hashed}, false},
		"not fit to be kept, and new":                {unfit + "c", []string{hashed}, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := annotation.IsOpen(object(tc.value), v1alpha1.RenewRequestAnnotation, tc.handled...); got != tc.want {
				t.Errorf("got %v", got)
			}
			if annotation.IsOpen(object(tc.value), v1alpha1.RotateRequestAnnotation, tc.handled...) {
				t.Error("another annotation asks as well")
			}
		})
	}
}
