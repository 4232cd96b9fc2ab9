package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/svcgate/svcgate/messages"
)

const messagePath = "/relateui/OMS/xmlapi" // behind /delay/<milliseconds>

// provide is the provider: it approves every inquiry and preauthorization, with an id of its own and the account of the
// card, after the time that its path names.
func provide(args []string) error {
	flags := flag.NewFlagSet("provider", flag.ContinueOnError)
	plain := flags.String("listen", "", "address")
	secure := flags.String("tls", "", "address with TLS")
	certificate := flags.String("certificate", "", "where the certificate of a fresh RSA key of 2048 bits is written")
	if err := flags.Parse(args); err != nil {
		return err
	}
	answers := map[string]*template{}
	for _, kind := range []messages.Kind{messages.Inquiry, messages.Preauthorization} {
		answer, err := approval(kind)
		if err != nil {
			return err
		}
		answers[kind.RequestRoot()] = answer
	}
	mux := http.NewServeMux()
	var last atomic.Uint64
	buffers := sync.Pool{New: func() any { return new(bytes.Buffer) }}
	mux.HandleFunc("POST /delay/{ms}"+messagePath, func(w http.ResponseWriter, r *http.Request) {
		delay, err := strconv.Atoi(r.PathValue("ms"))
		if err != nil {
			http.Error(w, "no number of milliseconds", http.StatusNotFound)
			return
		}
		buffer := buffers.Get().(*bytes.Buffer)
		defer buffers.Put(buffer)
		buffer.Reset()
		if _, err := buffer.ReadFrom(r.Body); err != nil {
			return // the caller has gone
		}
		card, answer := cardIn(buffer.Bytes()), answers[messages.Preauthorization.RequestRoot()]
		if bytes.Contains(buffer.Bytes(), []byte("<"+messages.Inquiry.RequestRoot())) {
			answer = answers[messages.Inquiry.RequestRoot()]
		}
		if card == "" {
			http.Error(w, "no card number", http.StatusBadRequest)
			return
		}
		text := answer.fill(nil, last.Add(1), card[len(card)-digits:])
		if delay > 0 {
			timer := time.NewTimer(time.Duration(delay) * time.Millisecond)
			defer timer.Stop()
			<-timer.C
		}
		w.Header()["Content-Type"] = contentXML
		_, _ = w.Write(text) // the caller may have gone
	})
	quiet := log.New(io.Discard, "", 0)
	failed := make(chan error, 2)
	go func() { failed <- (&http.Server{Addr: *plain, Handler: mux, ErrorLog: quiet}).ListenAndServe() }()
	if *secure != "" {
		pair, err := selfSigned(*certificate)
		if err != nil {
			return err
		}
		server := &http.Server{Addr: *secure, Handler: mux, ErrorLog: quiet, TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}}}
		go func() { failed <- server.ListenAndServeTLS("", "") }()
	}
	return <-failed
}

var contentXML = []string{"text/xml; charset=utf-8"}

// approval is the answer of a kind, with places for the transaction's id and the account.
func approval(kind messages.Kind) (*template, error) {
	at := time.Date(2026, 3, 4, 21, 30, 9, 0, time.FixedZone("", -4*60*60))
	a := messages.Answer{
		Kind: kind, InstrumentStatus: "Active", AccountID: cardPlace, AccountStatus: "Active", AccountType: "SVC",
		Balance: messages.NewDecimal(154_80, 2), BalanceCurrency: "USD", EffectiveDate: messages.NewTimestamp(at),
		SVATransactionID: numberPlace, ReasonDescription: kind.AnswerRoot(), ReasonCode: kind.Reason(), CurrencyID: "USD",
		Amount: messages.NewDecimal(0, 2), TransactionDateTime: messages.NewTimestamp(at), AuthNumber: "0000070022000417",
	}
	if kind == messages.Preauthorization {
		a.Amount = messages.NewDecimal(asked, 2)
	}
	text, err := messages.AppendAnswer(nil, &a, messages.AnswerForm{Enveloped: true})
	if err != nil {
		return nil, fmt.Errorf("writing the answer: %w", err)
	}
	return newTemplate(text), nil
}

// cardIn finds the card number of a message, however the elements are prefixed.
func cardIn(body []byte) string {
	_, rest, found := bytes.Cut(body, []byte("CardNumber>"))
	end := bytes.IndexByte(rest, '<')
	if !found || end < digits {
		return ""
	}
	return string(rest[:end])
}

// selfSigned makes a certificate for 127.0.0.1 and writes it where its clients find it.
func selfSigned(path string) (tls.Certificate, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making a key: %w", err)
	}
	sheet := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, sheet, sheet, &key.PublicKey, key)
	if err == nil {
		err = os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}
