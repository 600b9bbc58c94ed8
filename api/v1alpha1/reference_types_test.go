package v1alpha1_test

import (
	"testing"

	"github.com/oauth-operator/oauth-operator/api/v1alpha1"
)

func TestWhatADeletionLeavesOnTheTenant(t *testing.T) {
	for name, tc := range map[string]struct {
		policy  v1alpha1.DeletionPolicy
		adopted bool
		stays   bool
	}{
		"what the operator made goes":       {"", false, false},
		"what it adopted stays":             {"", true, true},
		"what it made goes with Delete":     {v1alpha1.DeletionPolicyDelete, false, false},
		"what it adopted goes with Delete":  {v1alpha1.DeletionPolicyDelete, true, false},
		"what it made stays with Orphan":    {v1alpha1.DeletionPolicyOrphan, false, true},
		"what it adopted stays with Orphan": {v1alpha1.DeletionPolicyOrphan, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.policy.Orphans(tc.adopted); got != tc.stays {
				t.Errorf("it stays: %v", got)
			}
		})
	}
}
