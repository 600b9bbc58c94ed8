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
	id, password, version, err := readPair(ctx, live, key, v1alpha1.ClientIDKey, v1alpha1.ClientSecretKey)
	return Referenced{Credential: oauth.Credential{ClientID: id, ClientSecret: password}, Version: version}, err
}

// BasicAuth is a user name with its password in a Secret that a user refers to.
type BasicAuth struct {
	// Username, which is not empty.
	Username string
	// Password that belongs to it.
	Password oauth.Secret
	// Version changes with every write to the Secret, and with its replacement.
	Version string
}

// ReadBasicAuth reads the keys username and password of a Secret, as ReadCredential does with its keys.
func ReadBasicAuth(ctx context.Context, live client.Reader, key types.NamespacedName) (BasicAuth, error) {
	username, password, version, err := readPair(ctx, live, key, corev1.BasicAuthUsernameKey, corev1.BasicAuthPasswordKey)
	return BasicAuth{Username: username, Password: password, Version: version}, err
}

// readPair reads a name and what proves it.
func readPair(
	ctx context.Context, live client.Reader, key types.NamespacedName, nameKey, proofKey string,
) (name string, proof oauth.Secret, version string, err error) {
	found := &corev1.Secret{}
	if err := live.Get(ctx, key, found); err != nil {
		if apierrors.IsNotFound(err) {
			return "", oauth.Secret{}, "", &NotFoundError{Secret: key}
		}
		return "", oauth.Secret{}, "", fmt.Errorf("reading Secret %s: %w", key, err)
	}
	values := map[string]string{}
	for _, k := range []string{nameKey, proofKey} {
		values[k] = strings.TrimSpace(string(found.Data[k]))
		if values[k] == "" {
			return "", oauth.Secret{}, "", &MissingKeyError{Secret: key, Key: k}
		}
	}
	return values[nameKey], oauth.NewSecret(values[proofKey]), Version(found), nil
}

// Version returns what changes with every write to an object, and with its replacement by another one of the same name.
func Version(object client.Object) string {
	return string(object.GetUID()) + "/" + object.GetResourceVersion()
}
