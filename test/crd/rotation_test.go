package crd_test

// rejectedRotations has the ConfidentialClients that go wrong in how their credential is replaced.
func rejectedRotations() map[string]rejection {
	const (
		intervalMessage = "interval must be a duration between 1h and 8760h, such as 720h"
		overlapMessage  = "overlap must be a duration between 1m and 8760h, such as 24h"
		turnsMessage    = "overlap belongs to strategy DualIdentity: with InPlace the old password ends when the new one begins"
		shorterMessage  = "overlap must be shorter than interval: the user that was replaced must be gone before it takes its next turn"
	)
	rotation := func(fields string) string { return clientWith(`credential: {rotation: {` + fields + `}}`) }
	return map[string]rejection{
		"a credential of nothing": {
			spec: clientWith(`credential: {}`), field: "spec.credential", says: "credential needs secretRef (identity.provisioning External) or rotation (Managed)",
		},
		"a rotation of what users bring": {
			spec:  clientWith(`identity: {provisioning: External}, credential: {secretRef: {name: mine}, rotation: {interval: 720h}}`),
			field: "spec", says: "credential.rotation belongs to identity.provisioning Managed: a credential that users bring is never rotated",
		},
		"turns of a user that was adopted": {
			spec:  clientWith(`adoptionPolicy: Adopt, credential: {rotation: {strategy: DualIdentity}}`),
			field: "spec", says: "credential.rotation.strategy DualIdentity makes and deletes users in turn, which an adopted one must not meet: use InPlace, or remove adoptionPolicy Adopt",
		},
		"a strategy that is not there": {
			spec: rotation(`strategy: Manual`), field: "spec.credential.rotation.strategy", says: `supported values: "InPlace", "DualIdentity"`,
		},
		"a rotation in days": {spec: rotation(`interval: 30d`), field: "spec.credential.rotation.interval", says: durationPattern},
		"an interval that is too long to read": {
			spec: rotation(`interval: ` + notADuration), field: "spec.credential.rotation.interval", says: "may not be more than 32 bytes",
		},
		"a rotation every few minutes": {spec: rotation(`interval: 59m`), field: "spec.credential.rotation.interval", says: intervalMessage},
		"a rotation in years":          {spec: rotation(`interval: 8761h`), field: "spec.credential.rotation.interval", says: intervalMessage},
		"an overlap in days":           {spec: rotation(`strategy: DualIdentity, overlap: 1d`), field: "spec.credential.rotation.overlap", says: durationPattern},
		"an overlap that is too long to read": {
			spec: rotation(`strategy: DualIdentity, overlap: ` + notADuration), field: "spec.credential.rotation.overlap", says: "may not be more than 32 bytes",
		},
		"an overlap of seconds":              {spec: rotation(`strategy: DualIdentity, overlap: 59s`), field: "spec.credential.rotation.overlap", says: overlapMessage},
		"an overlap of more than a year":     {spec: rotation(`strategy: DualIdentity, overlap: 8761h`), field: "spec.credential.rotation.overlap", says: overlapMessage},
		"an overlap of one user":             {spec: rotation(`strategy: InPlace, overlap: 1h`), field: "spec.credential.rotation", says: turnsMessage},
		"an overlap of one user by default":  {spec: rotation(`overlap: 1h`), field: "spec.credential.rotation", says: turnsMessage},
		"an overlap as long as the interval": {spec: rotation(`strategy: DualIdentity, interval: 24h, overlap: 1440m`), field: "spec.credential.rotation", says: shorterMessage},
	}
}
