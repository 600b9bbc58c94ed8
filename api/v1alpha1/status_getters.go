package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// GetConditions returns the conditions of the status, as all kinds have them.
func (t *IdentityTenant) GetConditions() []metav1.Condition { return t.Status.Conditions }

// GetConditions returns the conditions of the status, as all kinds have them.
func (o *OAuthClient) GetConditions() []metav1.Condition { return o.Status.Conditions }

// GetConditions returns the conditions of the status, as all kinds have them.
func (s *Scope) GetConditions() []metav1.Condition { return s.Status.Conditions }

// GetConditions returns the conditions of the status, as all kinds have them.
func (c *ConfidentialClient) GetConditions() []metav1.Condition { return c.Status.Conditions }

// GetStatus returns the whole status, for what treats all kinds alike.
func (t *IdentityTenant) GetStatus() any { return &t.Status }

// GetStatus returns the whole status, for what treats all kinds alike.
func (o *OAuthClient) GetStatus() any { return &o.Status }

// GetStatus returns the whole status, for what treats all kinds alike.
func (s *Scope) GetStatus() any { return &s.Status }

// GetStatus returns the whole status, for what treats all kinds alike.
func (c *ConfidentialClient) GetStatus() any { return &c.Status }
