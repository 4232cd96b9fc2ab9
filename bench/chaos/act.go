package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"

	"github.com/svcgate/svcgate/messages"
)

const page = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><p>Your session is over.<br></p></body></html>\n"

var (
	endless = &act{write: func(_ *front, to io.Writer, _, answer []byte) bool {
		_, err := io.WriteString(to, "HTTP/1.1 200 OK\r\nContent-Type: "+typeXML+"\r\nTransfer-Encoding: chunked\r\n\r\n")
		for chunk := answer; err == nil; chunk = bytes.Repeat([]byte(" "), 32<<10) {
			_, err = fmt.Fprintf(to, "%x\r\n%s\r\n", len(chunk), chunk)
		}
		return false
	}}
	gzipBomb = &act{write: func(_ *front, to io.Writer, _, answer []byte) bool {
		return writeAnswer(to, 200, typeXML, bomb(answer), "Content-Encoding: gzip") == nil
	}}

	pageInstead = &act{instead: true, write: func(_ *front, to io.Writer, _, _ []byte) bool {
		return writeAnswer(to, 200, "text/html; charset=utf-8", []byte(page)) == nil
	}}
	pageAfter = &act{write: pageInstead.write}
	pageAsXML = &act{write: func(_ *front, to io.Writer, _, _ []byte) bool {
		return writeAnswer(to, 200, typeXML, []byte(`<html xmlns="http://www.w3.org/1999/xhtml"><body><Amount>11.07</Amount></body></html>`)) == nil
	}}

	answerTwice = &act{write: func(_ *front, to io.Writer, _, answer []byte) bool {
		one := answerBytes(200, typeXML, answer)
		_, err := to.Write(append(one, one...))
		return err == nil
	}}
	extraBytes = &act{write: func(_ *front, to io.Writer, _, answer []byte) bool {
		_, err := to.Write(append(answerBytes(200, typeXML, answer), "\r\n<more/>HTTP/1.1 2"...))
		return err == nil
	}}

	// bothCodes refuses in place of the simulator, with an error code beside the reason of a success.
	bothCodes = &act{instead: true, write: func(_ *front, to io.Writer, message, _ []byte) bool {
		request, err := messages.ReadRequest(message)
		if err != nil {
			return false
		}
		kind := request.Kind()
		answer := messages.Answer{Kind: kind, ResponseCode: "Rejected", ErrorCode: mappedCode, ResponseDescription: "Not today."}
		if kind != messages.GenerateCard {
			answer.ReasonCode, answer.ReasonDescription = kind.Reason(), kind.AnswerRoot()
		}
		body, err := messages.AppendAnswer(nil, &answer, messages.AnswerForm{})
		return err == nil && writeAnswer(to, 200, typeXML, body) == nil
	}}
)

// mappedCode is an error code for which the bench puts a rule: declined.
const mappedCode = "CHAOS_DECLINED"

const bombSize = 64 << 20

// bomb packs the answer and a great many spaces.
func bomb(answer []byte) []byte {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(answer) // a buffer does not fail
	spaces := bytes.Repeat([]byte(" "), 1<<20)
	for range bombSize / len(spaces) {
		_, _ = z.Write(spaces)
	}
	_ = z.Close()
	return packed.Bytes()
}

// typed answers with another content type.
func typed(contentType string) *act {
	return &act{write: func(_ *front, to io.Writer, _, answer []byte) bool {
		return writeAnswer(to, 200, contentType, answer) == nil
	}}
}

// Three ways in which servers write faults.
const (
	dialectServer = `<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/"><SOAP-ENV:Body><SOAP-ENV:Fault>` +
		`<faultcode>SOAP-ENV:Server</faultcode><faultstring>Out of order</faultstring></SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>`
	dialectClient = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>` +
		`<soap:Fault><faultcode>soap:Client</faultcode><faultstring>Cannot read the message</faultstring><faultactor>urn:front</faultactor></soap:Fault></soap:Body></soap:Envelope>`
	dialectJava = `<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Header/><S:Body><ns2:Fault xmlns:ns2="http://schemas.xmlsoap.org/soap/envelope/">` +
		`<faultcode>ns2:Server</faultcode><faultstring>java.lang.IllegalStateException</faultstring><detail><trace xmlns="urn:trace">at line 1</trace></detail></ns2:Fault></S:Body></S:Envelope>`
)

func faultAfter(text string) *act {
	return &act{write: func(_ *front, to io.Writer, _, _ []byte) bool {
		return writeAnswer(to, 500, typeXML, []byte(text)) == nil
	}}
}

func faultInstead(text string) *act { return &act{instead: true, write: faultAfter(text).write} }

// redirect points to the trap.
func redirect(status int) *act {
	return &act{instead: true, write: func(f *front, to io.Writer, _, _ []byte) bool {
		return writeAnswer(to, status, "", nil, "Location: http://"+f.elsewhere+relatePath) == nil
	}}
}
