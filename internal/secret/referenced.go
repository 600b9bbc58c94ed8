package secret

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/oauth"
)

// Referenced is a pair of client credentials in a Secret that a user refers to.
type Referenced struct {
	// Credential in it.
	Credential oauth.Credential
	// Version changes with every write to the Secret, and with its replacement.
	Version string
}

// ReadCredential reads the keys client_id and client_secret of a Secret. live must not be a cache: the operator does not cache
// Secrets that it does not manage. Blanks around the values are cut, because editors and shells leave them there.
//
// Errors: *NotFoundError and *MissingKeyError, else those of kube-apiserver.
func ReadCredential(ctx context.Context, live client.Reader, key types.NamespacedName) (Referenced, error) {
	found := &corev1.Secret{}
	if err := live.Get(ctx, key, found); err != nil {
		if apierrors.IsNotFound(err) {
			return Referenced{}, &NotFoundError{Secret: key}
		}
		return Referenced{}, fmt.Errorf("reading Secret %s: %w", key, err)
	}
	values := map[string]string{}
	for _, name := range []string{v1alpha1.ClientIDKey, v1alpha1.ClientSecretKey} {
		values[name] = strings.TrimSpace(string(found.Data[name]))
		if values[name] == "" {
			return Referenced{}, &MissingKeyError{Secret: key, Key: name}
		}
	}
	return Referenced{
		Credential: oauth.Credential{ClientID: values[v1alpha1.ClientIDKey], ClientSecret: oauth.NewSecret(values[v1alpha1.ClientSecretKey])},
		Version:    string(found.UID) + "/" + found.ResourceVersion,
	}, nil
}
