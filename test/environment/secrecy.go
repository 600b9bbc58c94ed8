package environment

import (
	"context"
	"encoding/json"
	"maps"
	"regexp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// jsonWebToken finds tokens of other worlds too: two parts that are each the Base64 of `{"...`. One alone is in any certificate by chance.
var jsonWebToken = regexp.MustCompile(`eyJ[\w-]+\.eyJ`)

// checkSecrecy looks for every token and password of the world in what people can read without the right to read Secrets: metrics, profiles, the log at
// its highest level, events, and the objects with their status. It runs after every test.
func (w *World) checkSecrecy(ctx context.Context) {
	public := map[string]string{"the log": w.Journal.since(w.begun), "the metrics": w.scraped(), "the profile": w.profiled()}
	events := &eventsv1.EventList{}
	w.publish(ctx, public, "events", events)
	for name, list := range map[string]client.ObjectList{
		"IdentityTenants": &v1alpha1.IdentityTenantList{}, "OAuthClients": &v1alpha1.OAuthClientList{},
		"Scopes": &v1alpha1.ScopeList{}, "ConfidentialClients": &v1alpha1.ConfidentialClientList{},
	} {
		w.publish(ctx, public, name, list)
	}
	w.seen.addTo(public)
	secrets := w.secretValues(ctx)
	maps.Copy(secrets, w.forbidden.named())
	for _, exposure := range exposures(public, secrets) {
		w.t.Error(exposure)
	}
}

// exposures says which texts show which secrets.
func exposures(public, secrets map[string]string) []string {
	var out []string
	for where, text := range public {
		for _, what := range shown(text, secrets) {
			out = append(out, where+" shows "+what)
		}
		if jsonWebToken.MatchString(text) {
			out = append(out, where+" shows something that looks like a JSON Web Token")
		}
	}
	slices.Sort(out)
	return out
}

func (w *World) publish(ctx context.Context, public map[string]string, name string, list client.ObjectList) {
	if err := w.Client.List(ctx, list); err != nil {
		w.t.Errorf("listing %s: %v", name, err)
		return
	}
	raw, err := json.Marshal(list)
	if err != nil {
		w.t.Errorf("writing %s: %v", name, err)
	}
	public[name] = string(raw)
}

// secretValues returns the tokens and passwords that the world's Secrets hold, and the administrator's.
func (w *World) secretValues(ctx context.Context) map[string]string {
	_, password := w.Tenant.AdminCredential()
	values := map[string]string{"the administrator's password": password}
	for _, part := range parts {
		list := &corev1.SecretList{}
		if err := w.Client.List(ctx, list, client.InNamespace(w.Namespace(part))); err != nil {
			w.t.Errorf("listing Secrets: %v", err)
		}
		for i := range list.Items {
			for _, key := range []string{v1alpha1.AccessTokenKey, v1alpha1.ClientSecretKey, v1alpha1.PendingClientSecretKey} {
				// Short values are those that tests make up; they could stand anywhere.
				if value := string(list.Items[i].Data[key]); len(value) >= 16 {
					values[key+" of Secret "+Key(&list.Items[i]).String()] = value
				}
			}
		}
	}
	return values
}
