package soap_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/svcgate/svcgate/soap"
)

// authority is a certificate authority of one test.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string // PEM
}

// leaf says what is special about a certificate.
type leaf struct {
	name    string // instead of 127.0.0.1
	expired bool
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert, key, writePEM(t, "CERTIFICATE", der)}
}

func (a *authority) issue(t testing.TB, l leaf) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "leaf"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if l.name != "" {
		template.DNSNames = []string{l.name}
	} else {
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	}
	if l.expired {
		template.NotAfter = time.Now().Add(-time.Minute)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func writePEM(t testing.TB, kind string, der []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file.pem")
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// files writes a certificate and its key as a client wants them.
func files(t testing.TB, c tls.Certificate) (cert, key string) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return writePEM(t, "CERTIFICATE", c.Certificate[0]), writePEM(t, "PRIVATE KEY", der)
}

// serve is a provider behind TLS.
func (a *authority) serve(t testing.TB, c tls.Certificate, handle func(*visit)) *provider {
	return serveTLS(t, &tls.Config{Certificates: []tls.Certificate{c}}, handle)
}

func serveTLS(t testing.TB, config *tls.Config, handle func(*visit)) *provider {
	t.Helper()
	return serve(t, func(v *visit) {
		end := tls.Server(v.Conn, config)
		defer end.Close()
		if end.Handshake() == nil {
			handle(&visit{Conn: end, n: v.n, in: bufio.NewReader(end), provider: v.provider})
		}
	})
}

func (p *provider) httpsURL() string { return "https://" + p.address() + "/relateui/OMS/xmlapi" }

func TestTLS(t *testing.T) {
	t.Parallel()
	ca, other := newAuthority(t), newAuthority(t)
	good := ca.issue(t, leaf{})
	clientPool := x509.NewCertPool()
	clientPool.AddCert(ca.cert)
	cert, key := files(t, ca.issue(t, leaf{name: "client"}))
	wrongCert, wrongKey := files(t, other.issue(t, leaf{name: "client"}))
	demand := func(version uint16) *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{good}, ClientAuth: tls.RequireAndVerifyClientCert,
			ClientCAs: clientPool, MinVersion: version, MaxVersion: version}
	}

	for name, test := range map[string]struct {
		server *tls.Config
		config soap.Config
		op     string // "" for success
		sent   bool
		says   string
	}{
		"good":                {&tls.Config{Certificates: []tls.Certificate{good}}, soap.Config{CAFile: ca.file}, "", true, ""},
		"TLS 1.2":             {&tls.Config{Certificates: []tls.Certificate{good}, MaxVersion: tls.VersionTLS12}, soap.Config{CAFile: ca.file}, "", true, ""},
		"TLS 1.1":             {&tls.Config{Certificates: []tls.Certificate{good}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, soap.Config{CAFile: ca.file}, soap.OpTLS, false, "version"},
		"expired":             {&tls.Config{Certificates: []tls.Certificate{ca.issue(t, leaf{expired: true})}}, soap.Config{CAFile: ca.file}, soap.OpTLS, false, "expired"},
		"wrong name":          {&tls.Config{Certificates: []tls.Certificate{ca.issue(t, leaf{name: "other.invalid"})}}, soap.Config{CAFile: ca.file}, soap.OpTLS, false, "127.0.0.1"},
		"unknown authority":   {&tls.Config{Certificates: []tls.Certificate{other.issue(t, leaf{})}}, soap.Config{CAFile: ca.file}, soap.OpTLS, false, "unknown authority"},
		"not of the system's": {&tls.Config{Certificates: []tls.Certificate{good}}, soap.Config{}, soap.OpTLS, false, "certificate"},
		"other protocol":      {&tls.Config{Certificates: []tls.Certificate{good}, NextProtos: []string{"other"}}, soap.Config{CAFile: ca.file}, soap.OpTLS, false, "protocol"},

		"client certificate, 1.2":         {demand(tls.VersionTLS12), soap.Config{CAFile: ca.file, CertFile: cert, KeyFile: key}, "", true, ""},
		"client certificate, 1.3":         {demand(tls.VersionTLS13), soap.Config{CAFile: ca.file, CertFile: cert, KeyFile: key}, "", true, ""},
		"no client certificate, 1.2":      {demand(tls.VersionTLS12), soap.Config{CAFile: ca.file}, soap.OpTLS, false, "tls"},
		"refused client certificate, 1.2": {demand(tls.VersionTLS12), soap.Config{CAFile: ca.file, CertFile: wrongCert, KeyFile: wrongKey}, soap.OpTLS, false, "tls"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serveTLS(t, test.server, always(answer(200, "text/xml", xmlBody)))
			test.config.URL = p.httpsURL()
			c := client(t, test.config)
			if test.op == "" {
				for range 3 {
					a, err := call(c)
					wantAnswer(t, a, err, xmlBody)
				}
				p.want(1, 3)
				return
			}
			_, err := call(c)
			wantTransport(t, err, test.op, false)
			if !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want something with %q", err, test.says)
			}
			p.want(1, 0)
		})
	}
}

// In TLS 1.3 the client is done, and writes, before the server has seen its certificate. The refusal comes as the
// answer to a message, and nothing here proves that the message was not read.
func TestClientCertificateRefusedAfterTheHandshake(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	server := &tls.Config{Certificates: []tls.Certificate{ca.issue(t, leaf{})}, ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS13}
	p := serveTLS(t, server, always(answer(200, "text/xml", xmlBody)))
	_, err := call(client(t, soap.Config{URL: p.httpsURL(), CAFile: ca.file}))
	e := wantMaybeSent(t, err)
	if e.Op == soap.OpRead && !strings.Contains(err.Error(), "certificate required") && !strings.Contains(err.Error(), "reset") {
		t.Errorf("got %v, want the reason", err)
	}
	p.want(1, 0)
}

// wantMaybeSent is for failures that show while writing or while reading, as it happens.
func wantMaybeSent(t testing.TB, err error) *soap.TransportError {
	t.Helper()
	op := soap.OpRead
	if strings.HasPrefix(err.Error(), "soap: "+soap.OpSend) {
		op = soap.OpSend
	}
	return wantTransport(t, err, op, true)
}

func TestTLSWithoutTLS(t *testing.T) {
	t.Parallel()
	for name, handle := range map[string]func(*visit){
		"plain HTTP": func(v *visit) { v.say("HTTP/1.1 400 Bad Request\r\n\r\n"); v.hangUntilGone() },
		"closes":     func(*visit) {},
		"resets":     func(v *visit) { _, _ = v.in.ReadByte(); v.reset() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, handle)
			_, err := call(client(t, soap.Config{URL: p.httpsURL()}))
			wantTransport(t, err, soap.OpTLS, false)
		})
	}
}

func TestKeyThatDoesNotFitTheCertificate(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	cert, _ := files(t, ca.issue(t, leaf{}))
	_, key := files(t, ca.issue(t, leaf{}))
	if _, err := soap.NewClient(soap.Config{URL: "https://provider.invalid", CertFile: cert, KeyFile: key}); err == nil {
		t.Error("accepted")
	}
}
