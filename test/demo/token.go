package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

// The Secrets with the tokens of config/samples: billing's is for the shop's own API, the auditor's for the tenant's APIs.
var (
	billingSecret = types.NamespacedName{Namespace: "billing", Name: "billing"}
	auditorSecret = types.NamespacedName{Namespace: "billing", Name: "auditor-token"}
)

func (d *demo) showToken(ctx context.Context) error {
	secret, err := d.secret(ctx, billingSecret)
	if err != nil {
		return err
	}
	d.Say("Secret %s has the keys %s", billingSecret, strings.Join(slices.Sorted(maps.Keys(secret.Data)), ", "))
	text, err := describeJWT(accessToken(secret))
	if err != nil {
		return err
	}
	d.Say("The token, decoded:")
	d.Quote(text)
	expiry, err := expiration(secret)
	if err != nil {
		return err
	}
	d.Say("It expires in %s, at %s", left(expiry), expiry.Format(time.RFC3339))
	return nil
}

func (d *demo) useToken(ctx context.Context) error {
	secret, err := d.secret(ctx, auditorSecret)
	if err != nil {
		return err
	}
	d.Say("With the token of Secret %s, whose scope is %q:", auditorSecret, secret.Data[v1alpha1.ScopeKey])
	token := accessToken(secret)

	opened, err := d.tenant.Call(ctx, token, "/security/whoami", struct{}{})
	if err != nil {
		return err
	}
	d.Say("POST /security/whoami               %s", opened)
	if !opened.Success {
		return fmt.Errorf("calling /security/whoami: refused, although the scope covers it")
	}
	refused, err := d.tenant.Call(ctx, token, "/CDirectoryService/CreateUser", map[string]any{
		"Name": "intruder@example.test", "Mail": "intruder@example.test", "Password": "Not-a-secret-1!",
	})
	if err != nil {
		return err
	}
	d.Say("POST /CDirectoryService/CreateUser  %s", refused)
	if refused.Success {
		return fmt.Errorf("calling /CDirectoryService/CreateUser: done, although no scope covers it")
	}
	return nil
}

func (d *demo) watchRefresh(ctx context.Context) error {
	old, err := d.secret(ctx, billingSecret)
	if err != nil {
		return err
	}
	expiry, err := expiration(old)
	if err != nil {
		return err
	}
	d.Say("The token is good for another %s. Waiting for the next one ...", left(expiry))
	var fresh *corev1.Secret
	err = until(ctx, "the token is refreshed", func() (bool, error) {
		fresh, err = d.secret(ctx, billingSecret)
		if err != nil {
			return false, err
		}
		const name = v1alpha1.ExpirationTimeAnnotation
		return fresh.Annotations[name] != old.Annotations[name], nil
	})
	if err != nil {
		return err
	}
	if time.Now().After(expiry) {
		return fmt.Errorf("refreshing the token: done only %s after it had expired", time.Since(expiry).Round(time.Second))
	}
	if accessToken(fresh) == accessToken(old) {
		return fmt.Errorf("refreshing the token: the Secret still has the old one")
	}
	next, err := expiration(fresh)
	if err != nil {
		return err
	}
	d.Say("A new token, while the old one was good for another %s. It expires in %s", left(expiry), left(next))
	return nil
}

func (d *demo) deleteSecret(ctx context.Context) error {
	old, err := d.secret(ctx, billingSecret)
	if err != nil {
		return err
	}
	if err := d.cluster.Delete(ctx, old); err != nil {
		return fmt.Errorf("deleting Secret %s: %w", billingSecret, err)
	}
	deleted := time.Now()
	d.Say("Secret %s is deleted", billingSecret)
	err = until(ctx, "the Secret is back", func() (bool, error) {
		fresh, err := d.secret(ctx, billingSecret)
		return err == nil && fresh.UID != old.UID && accessToken(fresh) != "", client.IgnoreNotFound(err)
	})
	if err != nil {
		return err
	}
	d.Say("It is back after %d ms, with a new token", time.Since(deleted).Milliseconds())
	return nil
}

func (d *demo) cleanUp(ctx context.Context) error {
	// All at once: the order in which things go on the tenant is the operator's business.
	err := d.kubectl(ctx, "delete", "identitytenants,oauthclients,scopes,confidentialclients", "--all", "--all-namespaces", "--timeout=50s")
	if err != nil {
		return err
	}
	after, err := d.tenant.Inventory(ctx)
	if err != nil {
		return err
	}
	d.Say("On the tenant there are now:")
	d.Quote(after.String())
	if after.String() != d.before.String() {
		return fmt.Errorf("deleting everything: the tenant is not as it was before")
	}
	d.Say("That is what there was before.")
	return nil
}

// secret reads a Secret. Its error, when there is none, is kube-apiserver's.
func (d *demo) secret(ctx context.Context, name types.NamespacedName) (*corev1.Secret, error) {
	secret := &corev1.Secret{}
	if err := d.cluster.Get(ctx, name, secret); err != nil {
		return nil, fmt.Errorf("reading Secret %s: %w", name, err)
	}
	return secret, nil
}

func accessToken(secret *corev1.Secret) string { return string(secret.Data[v1alpha1.AccessTokenKey]) }

// expiration is when the token in a Secret expires.
func expiration(secret *corev1.Secret) (time.Time, error) {
	expiry, err := time.Parse(time.RFC3339, secret.Annotations[v1alpha1.ExpirationTimeAnnotation])
	if err != nil {
		return time.Time{}, fmt.Errorf("reading the expiry of Secret %s: %w", secret.Name, err)
	}
	return expiry, nil
}

// left is the time until then, in whole seconds.
func left(then time.Time) time.Duration { return time.Until(then).Round(time.Second) }
