// Package hostile gives the operator what nobody means well with: answers of a tenant that are endless, lead elsewhere or repeat what they were
// sent, and manifests that use every character and length that is allowed.
package hostile
