package verification

import (
	"slices"
	"time"
)

// Leeway is by how much the clocks of tenant and cluster may differ beyond what is known of it.
const Leeway = time.Minute

// Expected is what a token must say. What is left out is not compared.
type Expected struct {
	// Issuer that the application was given.
	Issuer string
	// Audience that the application was given.
	Audience string
	// UsualIssuers are those of an application that was given none, as far as they are known.
	UsualIssuers []string
	// ClockOffset is by how much the tenant's clock is ahead of ours.
	ClockOffset time.Duration
}

// claims are what a token says, or what the tenant says of it.
type claims struct {
	issuer         string
	audience       []string
	expirationTime time.Time
}

// mismatch compares claims with what is expected. It returns nil when nothing is wrong.
func (e Expected) mismatch(now time.Time, c claims) *Finding {
	var found Finding
	switch {
	case !c.expirationTime.IsZero() && !now.Add(e.ClockOffset).Before(c.expirationTime.Add(Leeway)):
		found = refuted(Expired, "the tenant issued a token that has expired already by more than %v: compare the clocks of cluster and tenant", Leeway)
	case e.Issuer != "" && c.issuer != e.Issuer:
		found = refuted(IssuerMismatch, "the token does not have the issuer %q", e.Issuer)
	case e.Audience != "" && !slices.Contains(c.audience, e.Audience):
		found = refuted(AudienceMismatch, "the token is not for the audience %q", e.Audience)
	default:
		return nil
	}
	return &found
}

// knows says whether an issuer is one that the token may have.
func (e Expected) knows(issuer string) bool {
	return issuer == e.Issuer || e.Issuer == "" && slices.Contains(e.UsualIssuers, issuer)
}
