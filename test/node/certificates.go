//go:build linux

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// certificateLifetime is longer than anybody lets a node run.
const certificateLifetime = 7 * 24 * time.Hour

// authority signs the certificates of one cluster and writes them to its directory.
type authority struct {
	directory   string
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
	serial      int64
}

// newAuthority makes the cluster's certificate authority, and the key pair that signs tokens of ServiceAccounts.
func newAuthority(directory string) (*authority, error) {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return nil, fmt.Errorf("making the directory of certificates: %w", err)
	}
	a := &authority{directory: directory}
	key, err := a.newKey("ca")
	if err != nil {
		return nil, err
	}
	template := a.template(pkix.Name{CommonName: "oauth-operator-node"})
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	a.key, a.certificate = key, template
	if err := a.sign("ca", template, key); err != nil {
		return nil, err
	}
	signer, err := a.newKey("service-account")
	if err != nil {
		return nil, err
	}
	public, err := x509.MarshalPKIXPublicKey(signer.Public())
	if err != nil {
		return nil, fmt.Errorf("encoding the key of ServiceAccounts: %w", err)
	}
	if err := a.write("service-account.pub", "PUBLIC KEY", public); err != nil {
		return nil, err
	}
	return a, nil
}

// file is the path of one of the files: NAME.crt, NAME.key, NAME.kubeconfig.
func (a *authority) file(name string) string { return filepath.Join(a.directory, name) }

// issue makes a key and a certificate. It is for a server if it has names or addresses, and for a client otherwise.
func (a *authority) issue(name string, subject pkix.Name, hosts ...string) error {
	key, err := a.newKey(name)
	if err != nil {
		return err
	}
	template := a.template(subject)
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if len(hosts) > 0 {
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
	for _, host := range hosts {
		if address := net.ParseIP(host); address != nil {
			template.IPAddresses = append(template.IPAddresses, address)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	return a.sign(name, template, key)
}

// kubeconfig issues a client certificate and writes a kubeconfig with it.
func (a *authority) kubeconfig(name string, subject pkix.Name) error {
	if err := a.issue(name, subject); err != nil {
		return err
	}
	config := clientcmdapi.NewConfig()
	config.Clusters["node"] = &clientcmdapi.Cluster{Server: "https://127.0.0.1:6443", CertificateAuthority: a.file("ca.crt")}
	config.AuthInfos["user"] = &clientcmdapi.AuthInfo{ClientCertificate: a.file(name + ".crt"), ClientKey: a.file(name + ".key")}
	config.Contexts["node"] = &clientcmdapi.Context{Cluster: "node", AuthInfo: "user"}
	config.CurrentContext = "node"
	if err := clientcmd.WriteToFile(*config, a.file(name+".kubeconfig")); err != nil {
		return fmt.Errorf("writing the kubeconfig of %s: %w", name, err)
	}
	return nil
}

func (a *authority) template(subject pkix.Name) *x509.Certificate {
	a.serial++
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: big.NewInt(a.serial), Subject: subject, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(certificateLifetime),
	}
}

func (a *authority) newKey(name string) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the key of %s: %w", name, err)
	}
	encoded, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encoding the key of %s: %w", name, err)
	}
	return key, a.write(name+".key", "EC PRIVATE KEY", encoded)
}

func (a *authority) sign(name string, template *x509.Certificate, key *ecdsa.PrivateKey) error {
	certificate, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return fmt.Errorf("signing the certificate of %s: %w", name, err)
	}
	return a.write(name+".crt", "CERTIFICATE", certificate)
}

func (a *authority) write(name, kind string, content []byte) error {
	if err := os.WriteFile(a.file(name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return nil
}
