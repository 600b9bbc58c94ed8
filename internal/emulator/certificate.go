package emulator

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

// serverIdentity is a server certificate and the bundle of the certificate authority that signed it.
type serverIdentity struct {
	certificate tls.Certificate
	bundle      []byte // PEM
}

// newServerIdentity makes a certificate authority and lets it sign one server certificate for hosts. The validity is
// fixed, not counted from a clock: the emulator may run under a clock of its own while clients verify under theirs.
func newServerIdentity(hosts []string) (serverIdentity, error) {
	from := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	until := time.Date(2099, 12, 31, 0, 0, 0, 0, time.UTC)

	authorityKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return serverIdentity{}, fmt.Errorf("generating the key of the certificate authority: %w", err)
	}
	authority := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "identity-emulator authority, not for production"},
		NotBefore:             from,
		NotAfter:              until,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	authorityDER, err := x509.CreateCertificate(rand.Reader, authority, authority, authorityKey.Public(), authorityKey)
	if err != nil {
		return serverIdentity{}, fmt.Errorf("signing the certificate authority: %w", err)
	}

	serverKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return serverIdentity{}, fmt.Errorf("generating the key of the server: %w", err)
	}
	server := &x509.Certificate{
		SerialNumber: big.NewInt(2),
		Subject:      pkix.Name{CommonName: "identity-emulator"},
		NotBefore:    from,
		NotAfter:     until,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			server.IPAddresses = append(server.IPAddresses, ip)
		} else {
			server.DNSNames = append(server.DNSNames, host)
		}
	}
	serverDER, err := x509.CreateCertificate(rand.Reader, server, authority, serverKey.Public(), authorityKey)
	if err != nil {
		return serverIdentity{}, fmt.Errorf("signing the server certificate: %w", err)
	}
	return serverIdentity{
		certificate: tls.Certificate{Certificate: [][]byte{serverDER}, PrivateKey: serverKey},
		bundle:      pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authorityDER}),
	}, nil
}
