package crd_test

// rolledOutWith returns the spec of a client that restarts workloads.
func rolledOutWith(fields string) string { return clientWith(`rollout: {` + fields + `}`) }

func acceptedRollouts() map[string]string {
	return map[string]string{
		"a client that is suspended":                           clientWith(`suspend: true`),
		"a client that restarts a Deployment for a token":      rolledOutWith(`triggers: [TokenRefreshed], targets: [{kind: Deployment, name: billing}]`),
		"a client that restarts a StatefulSet for credentials": rolledOutWith(`triggers: [CredentialRotated], targets: [{kind: StatefulSet, name: billing}]`),
		"a client that restarts two of one name":               rolledOutWith(`triggers: [TokenRefreshed, CredentialRotated], targets: [{kind: StatefulSet, name: b.c-d}, {kind: DaemonSet, name: b.c-d}]`),
	}
}

func rejectedRollouts() map[string]rejection {
	const target = `{kind: Deployment, name: billing}`
	table := map[string]rejection{}
	for name, tc := range map[string]struct{ fields, path, says string }{
		"without a reason":              {`targets: [` + target + `]`, ".triggers", "Required value"},
		"for nothing":                   {`triggers: [], targets: [` + target + `]`, ".triggers", "should have at least 1 items"},
		"for what there is not":         {`triggers: [Monday], targets: [` + target + `]`, ".triggers[0]", `supported values: "TokenRefreshed", "CredentialRotated"`},
		"for one reason twice":          {`triggers: [TokenRefreshed, TokenRefreshed], targets: [` + target + `]`, ".triggers[1]", "Duplicate value"},
		"for more than there is":        {`triggers: [TokenRefreshed, CredentialRotated, TokenRefreshed], targets: [` + target + `]`, ".triggers", "must have at most 2 items"},
		"without targets":               {`triggers: [TokenRefreshed]`, ".targets", "Required value"},
		"of nothing":                    {`triggers: [TokenRefreshed], targets: []`, ".targets", "should have at least 1 items"},
		"of too many":                   {`triggers: [TokenRefreshed], targets: ` + list(17, "{kind: Deployment, name: d%d}"), ".targets", "must have at most 16 items"},
		"of one twice":                  {`triggers: [TokenRefreshed], targets: [` + target + `, ` + target + `]`, ".targets[1]", "Duplicate value"},
		"of something without a kind":   {`triggers: [TokenRefreshed], targets: [{name: billing}]`, ".targets[0].kind", "Required value"},
		"of a Job":                      {`triggers: [TokenRefreshed], targets: [{kind: Job, name: billing}]`, ".targets[0].kind", `supported values: "Deployment", "StatefulSet", "DaemonSet"`},
		"of something without a name":   {`triggers: [TokenRefreshed], targets: [{kind: Deployment}]`, ".targets[0].name", "Required value"},
		"of an empty name":              {`triggers: [TokenRefreshed], targets: [{kind: Deployment, name: ""}]`, ".targets[0].name", "should be at least 1 chars long"},
		"of a long name":                {`triggers: [TokenRefreshed], targets: [{kind: Deployment, name: ` + letters(254) + `}]`, ".targets[0].name", "may not be more than 253 bytes"},
		"of a name that leaves its URL": {`triggers: [TokenRefreshed], targets: [{kind: Deployment, name: ../x}]`, ".targets[0].name", "name of the workload " + nameMessage + "billing"},
	} {
		table["a restart "+name] = rejection{spec: rolledOutWith(tc.fields), field: "spec.rollout" + tc.path, says: tc.says}
	}
	return table
}
