package secret

import (
	"errors"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
)

// TestARefusalIsToldWithoutTheWordsOfStrangers: a webhook has seen the Secret, and may say anything.
func TestARefusalIsToldWithoutTheWordsOfStrangers(t *testing.T) {
	key := types.NamespacedName{Namespace: "billing", Name: "token"}
	forbidden := func(text string) error {
		return apierrors.NewForbidden(corev1.Resource("secrets"), key.Name, errors.New(text))
	}
	const begin = `Secret billing/token cannot be written: kube-apiserver refuses it: `
	for name, tc := range map[string]struct {
		err  error
		want string // "" when it is no refusal
	}{
		"a quota": {
			forbidden("exceeded quota: few, requested: count/secrets=1, used: count/secrets=5, limited: count/secrets=5"),
			begin + `secrets "token" is forbidden: exceeded quota: few, requested: count/secrets=1, used: count/secrets=5, limited: count/secrets=5`,
		},
		"a namespace that ends": {
			forbidden("unable to create new content in namespace billing because it is being terminated"),
			begin + `secrets "token" is forbidden: unable to create new content in namespace billing because it is being terminated`,
		},
		"a webhook": {
			apierrors.NewForbidden(corev1.Resource("secrets"), "token", errors.New(`admission webhook "policy.example.com" denied the request: access_token is eyJhbGciOi`)),
			begin + `secrets "token" is forbidden: admission webhook "policy.example.com" denied the request`,
		},
		"a policy": {
			forbidden("ValidatingAdmissionPolicy 'p' with binding 'b' denied request: client_secret is hunter2"),
			begin + `secrets "token" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request`,
		},
		"too large a Secret": {
			apierrors.NewRequestEntityTooLargeError("limit is 3145728"), begin + "Request entity too large: limit is 3145728",
		},
		"a conflict":    {apierrors.NewConflict(corev1.Resource("secrets"), key.Name, errors.New("changed")), ""},
		"an outage":     {apierrors.NewInternalError(errors.New("etcd is away")), ""},
		"no answer":     {errors.New("connection refused"), ""},
		"a throttling":  {apierrors.NewTooManyRequests("later", 1), ""},
		"a missing one": {apierrors.NewNotFound(corev1.Resource("secrets"), key.Name), ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := refused(key, tc.err)
			if tc.want == "" {
				if err != nil {
					t.Errorf("it is taken for a refusal: %v", err)
				}
				return
			}
			if err == nil || err.Error() != tc.want {
				t.Errorf("it says:\n%v\nnot:\n%s", err, tc.want)
			}
		})
	}
}
