package confidentialclient

import (
	"context"
	"errors"

	"k8s.io/apimachinery/pkg/types"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/secret"
)

// credentialFacts are about the client's own credential.
type credentialFacts struct {
	// credential is as it was last read or written; nil for none yet. That of a managed identity is set by alignIdentities, mostly from the cache, and
	// whoever is to use one asks liveCredential.
	credential *secret.Stored
	// credentialLive says that it was read past the cache, or written, in this pass; set by noteCredential.
	credentialLive bool
	// credentialMissing says that no credential was found, past the cache, or that there can be none; set by username.
	credentialMissing bool
	// credentialVersion tells writes of a credential that users bring apart; set by liveCredential.
	credentialVersion string
	// credentialRefused is why the client's own credential could not be used; set by publish.
	credentialRefused error
}

// liveCredential returns the client's credential, read once in a pass and past any cache: what was stored last counts.
func (p *pass) liveCredential(ctx context.Context) (secret.Stored, error) {
	if p.credentialLive {
		return *p.credential, nil
	}
	stored, err := p.readCredential(ctx)
	if err != nil {
		p.credentialRefused = err
		return secret.Stored{}, err
	}
	p.noteCredential(stored)
	return stored, nil
}

// noteCredential notes the client's credential as it was just read past any cache, or written.
func (p *pass) noteCredential(stored secret.Stored) {
	p.credential, p.credentialLive = &stored, true
}

func (p *pass) readCredential(ctx context.Context) (secret.Stored, error) {
	if !p.managed() {
		key := types.NamespacedName{Namespace: p.obj.Namespace, Name: p.obj.Spec.Credential.SecretRef.Name}
		referenced, err := secret.ReadCredential(ctx, p.Live, key)
		p.credentialVersion = referenced.Version
		return secret.Stored{Credential: referenced.Credential}, err
	}
	stored, found, err := p.Vault.Get(ctx, p.obj.UID)
	if err != nil || found {
		return stored, err
	}
	return p.replaceLostCredential(ctx)
}

// replaceLostCredential makes a new credential for a user whose stored one is gone, and sets the user's password to it.
func (p *pass) replaceLostCredential(ctx context.Context) (secret.Stored, error) {
	if err := p.tenantReady(); err != nil {
		return secret.Stored{}, err
	}
	known := p.obj.Status.ActiveIdentity()
	_, err := p.ownUser(ctx, known.UserID)
	if errors.Is(err, errUserGone) {
		p.forgetUser()
	}
	if err != nil {
		return secret.Stored{}, err
	}
	stored, _, err := p.Vault.Ensure(ctx, p.obj, known.Username, p.asks(v1alpha1.RotateRequestAnnotation))
	if err != nil {
		return secret.Stored{}, err
	}
	return stored, p.session.Admin().ResetPassword(ctx, known.UserID, stored.Credential.ClientSecret)
}
