package confidentialclient

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
	"github.com/oauth-operator/oauth-operator/internal/rotation"
)

// eventRotated tells that the tenant has accepted a new credential, which is in use now.
const eventRotated = "CredentialRotated"

// describeRotation tells when the generated credential was replaced, when it is next, and which request was answered last.
func (p *pass) describeRotation() {
	status := &p.obj.Status
	if !p.managed() {
		status.Credential = nil
		return
	}
	if p.credential == nil {
		return
	}
	status.Credential = &v1alpha1.CredentialStatus{
		RotatedTime:      seconds(p.credential.RotatedTime),
		NextRotationTime: seconds(rotation.Next(p.credential.RotatedTime, p.interval(), string(p.obj.UID))),
	}
	if p.credential.Pending == nil {
		status.LastHandledRotateRequest = p.credential.RotateRequest
	}
}

// tellRotation emits an event when the credential was replaced.
func (p *pass) tellRotation() {
	if active := p.obj.Status.ActiveIdentity(); p.rotated && active != nil {
		p.Recorder.Eventf(p.obj, nil, corev1.EventTypeNormal, eventRotated, "RotatedCredential",
			"user %q has a new client secret, which the tenant has accepted", active.Username)
	}
}
