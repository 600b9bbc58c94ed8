package oauthclient_test

import (
	"errors"
	"strings"
	"testing"

	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/internal/emulator"
	"github.com/oauth-operator/oauth-operator/test/environment"
)

// errNotYet is for what must come true.
var errNotYet = errors.New("not yet")

// event waits for an event of a reason whose note has a text.
func event(w *environment.World, namespace, reason, text string) {
	w.Eventually("see an event "+reason, func() error {
		events := &eventsv1.EventList{}
		if err := w.Client.List(w.Context(), events, client.InNamespace(namespace)); err != nil {
			return err
		}
		for _, e := range events.Items {
			if e.Reason == reason && strings.Contains(e.Note, text) {
				return nil
			}
		}
		return errors.New("there is none")
	})
}

func (d *drifting) event(reason, text string) { event(d.World, d.application.Namespace, reason, text) }

// edit changes one key of an application's OAuth profile, as somebody does it at the portal.
func edit(t *testing.T, tenant *emulator.Emulator, key, setting string, value any) {
	t.Helper()
	if err := tenant.EditApplication(key, func(raw map[string]any) { raw["OAuthProfile"].(map[string]any)[setting] = value }); err != nil {
		t.Fatal(err)
	}
}
