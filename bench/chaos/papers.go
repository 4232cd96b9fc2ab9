package main

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
	"os"
	"path/filepath"
	"time"
)

// The ways in which TLS fails.
const (
	tlsExpired      = "expired"
	tlsOtherName    = "other name"
	tlsOtherCA      = "other authority"
	tlsOld          = "TLS 1.0"
	tlsClientCert12 = "client certificate, TLS 1.2"
	tlsClientCert13 = "client certificate, TLS 1.3"
)

// papers are the certificates of a run, made for it and thrown away with it.
type papers struct {
	caFile                             string // what the gateway trusts
	roots                              *x509.CertPool
	good, expired, otherName, stranger tls.Certificate
}

func newPapers(dir string) (*papers, error) {
	ours, ourKey, err := authority("chaos")
	if err != nil {
		return nil, err
	}
	theirs, theirKey, err := authority("somebody else")
	if err != nil {
		return nil, err
	}
	p := &papers{caFile: filepath.Join(dir, "ca.pem"), roots: x509.NewCertPool()}
	p.roots.AddCert(ours)
	now := time.Now()
	for _, one := range []struct {
		to     *tls.Certificate
		parent *x509.Certificate
		key    *ecdsa.PrivateKey
		host   string
		until  time.Time
	}{
		{&p.good, ours, ourKey, "127.0.0.1", now.Add(time.Hour)},
		{&p.expired, ours, ourKey, "127.0.0.1", now.Add(-time.Minute)},
		{&p.otherName, ours, ourKey, "127.0.0.2", now.Add(time.Hour)},
		{&p.stranger, theirs, theirKey, "127.0.0.1", now.Add(time.Hour)},
	} {
		if *one.to, err = leaf(one.parent, one.key, one.host, one.until); err != nil {
			return nil, err
		}
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ours.Raw})
	return p, os.WriteFile(p.caFile, text, 0o600)
}

// settings returns what a server with this fault does; "" is no fault.
func (p *papers) settings(fault string) *tls.Config {
	c := &tls.Config{Certificates: []tls.Certificate{p.good}, MinVersion: tls.VersionTLS12}
	switch fault {
	case tlsExpired:
		c.Certificates[0] = p.expired
	case tlsOtherName:
		c.Certificates[0] = p.otherName
	case tlsOtherCA:
		c.Certificates[0] = p.stranger
	case tlsOld:
		c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS10
	case tlsClientCert12:
		c.ClientAuth, c.ClientCAs, c.MaxVersion = tls.RequireAndVerifyClientCert, p.roots, tls.VersionTLS12
	case tlsClientCert13:
		c.ClientAuth, c.ClientCAs, c.MinVersion = tls.RequireAndVerifyClientCert, p.roots, tls.VersionTLS13
	}
	return c
}

func authority(name string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("making the key of %s: %w", name, err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, nil, fmt.Errorf("making the certificate of %s: %w", name, err)
	}
	cert, err := x509.ParseCertificate(raw)
	return cert, key, err
}

func leaf(parent *x509.Certificate, parentKey *ecdsa.PrivateKey, host string, until time.Time) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making a server's key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: host}, IPAddresses: []net.IP{net.ParseIP(host)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: until, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making a server's certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, nil
}
