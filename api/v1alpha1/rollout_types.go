package v1alpha1

// RolloutTrigger is a change of the published Secret after which workloads are restarted.
// +kubebuilder:validation:Enum=TokenRefreshed;CredentialRotated
type RolloutTrigger string

const (
	// RolloutTokenRefreshed restarts workloads for each new token.
	RolloutTokenRefreshed RolloutTrigger = "TokenRefreshed"
	// RolloutCredentialRotated restarts workloads when the published client credentials have changed.
	RolloutCredentialRotated RolloutTrigger = "CredentialRotated"
)

// RolloutKind is a kind of workload that can be restarted.
// +kubebuilder:validation:Enum=Deployment;StatefulSet;DaemonSet
type RolloutKind string

const (
	// RolloutDeployment restarts a Deployment.
	RolloutDeployment RolloutKind = "Deployment"
	// RolloutStatefulSet restarts a StatefulSet.
	RolloutStatefulSet RolloutKind = "StatefulSet"
	// RolloutDaemonSet restarts a DaemonSet.
	RolloutDaemonSet RolloutKind = "DaemonSet"
)

// Rollout restarts workloads that read the Secret only when they start.
type Rollout struct {
	// triggers list what they are restarted after: TokenRefreshed (each new token; consider how often that is) or CredentialRotated (the published
	// client credentials have changed; needs ClientCredentials in secret.deliver to ever happen). The first publication restarts nothing.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=2
	Triggers []RolloutTrigger `json:"triggers"`

	// targets are the workloads, in this namespace. Each is restarted once per change, as kubectl rollout restart does it: by the annotation
	// oauth-operator.dev/restarted-for of its pod template. One that does not exist is told in the condition RolledOut.
	// +required
	// +listType=map
	// +listMapKey=kind
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	Targets []RolloutTarget `json:"targets"`
}

// RolloutTarget is a workload.
type RolloutTarget struct {
	// kind of the workload: Deployment, StatefulSet or DaemonSet.
	// +required
	Kind RolloutKind `json:"kind"`

	// name of the workload.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$')`,message="name of the workload must be made of lower-case letters, digits, dots and dashes, and begin and end with a letter or digit, such as billing"
	Name string `json:"name"`
}
