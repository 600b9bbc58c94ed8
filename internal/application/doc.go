// Package application holds the desired state of an OAuth2 application on the tenant, and compares it with what is there.
//
// Everything in it is pure. Merge joins an OAuthClient with the Scope objects that name it; Changes compares the result with the
// raw JSON object that the tenant returned and says what to send back. Fields that the operator does not model are carried through
// byte for byte, because an update replaces the whole OAuth profile.
package application
