package crd_test

// rejectedRenewals has the ConfidentialClients that go wrong in when their token is renewed.
func rejectedRenewals() map[string]rejection {
	const allowanceMessage = "propagationAllowance must be a duration between 1s and 1h, such as 3m"
	return map[string]rejection{
		"a renewal by time and by percent": {
			spec:  clientWith(`token: {renewBefore: 1h, renewBeforePercent: 33}`),
			field: "spec.token", says: "renewBefore and renewBeforePercent are two ways to say one thing: remove one of them",
		},
		"a renewal at the end": {
			spec:  clientWith(`token: {renewBeforePercent: 0}`),
			field: "spec.token.renewBeforePercent", says: "should be greater than or equal to 1",
		},
		"a renewal in a loop": {
			spec:  clientWith(`token: {renewBeforePercent: 91}`),
			field: "spec.token.renewBeforePercent", says: "should be less than or equal to 90",
		},
		"an allowance in days": {
			spec: clientWith(`token: {propagationAllowance: 1d}`), field: "spec.token.propagationAllowance", says: durationPattern,
		},
		"an allowance that is too long to read": {
			spec:  clientWith(`token: {propagationAllowance: ` + notADuration + `}`),
			field: "spec.token.propagationAllowance", says: "may not be more than 32 bytes",
		},
		"no allowance": {
			spec: clientWith(`token: {propagationAllowance: 0s}`), field: "spec.token.propagationAllowance", says: allowanceMessage,
		},
		"an allowance of more than an hour": {
			spec: clientWith(`token: {propagationAllowance: 61m}`), field: "spec.token.propagationAllowance", says: allowanceMessage,
		},
	}
}
