package main

import (
	"slices"
	"strconv"

	"github.com/svcgate/svcgate"
)

// rows is the table of expectations: 28 network faults, each with the forms in which it is made, what must come of a
// message under it, and why. Where an operation differs, it says so.
var rows = []row{
	{id: "N1", name: "name does not resolve", made: "a name below .invalid; HTTP_PROXY and its sisters name a trap", variants: []variant{
		{name: "unresolvable name", fault: fault{door: doorNowhere}, want: notSent(), why: "without an address not one byte leaves; the proxy that the environment names is not asked"},
	}},
	{id: "N2", name: "connection refused", made: "toxiproxy toggle", variants: []variant{
		{name: "refused", fault: fault{door: doorProxy, down: true}, want: notSent(), why: "no connection, so nothing was written"},
	}},
	{id: "N3", name: "connecting hangs", made: "a listener whose backlog is full", variants: []variant{
		{name: "no answer to SYN", fault: fault{door: doorBacklog, full: true}, want: notSent(), why: "the dial limit ends it before anything is written"},
	}},
	{id: "N4", name: "TLS fails", made: "certificates and versions made in Go", variants: []variant{
		{name: "expired", fault: fault{door: doorTLS, tls: tlsExpired}, want: notSent(), why: "the message is written only after the certificate was believed"},
		{name: "wrong name", fault: fault{door: doorTLS, tls: tlsOtherName}, want: notSent(), why: "as above"},
		{name: "unknown authority", fault: fault{door: doorTLS, tls: tlsOtherCA}, want: notSent(), why: "as above"},
		{name: "TLS 1.0", fault: fault{door: doorTLS, tls: tlsOld}, want: notSent(), why: "nothing below TLS 1.2 is spoken, and nothing is tried without TLS"},
		{name: "client certificate wanted, TLS 1.2", fault: fault{door: doorTLS, tls: tlsClientCert12}, want: notSent(), why: "the handshake fails before the message"},
		{name: "client certificate wanted, TLS 1.3", fault: fault{door: doorTLS, tls: tlsClientCert13}, want: unknown(svcgate.ClassNoReply, 0, 0),
			why: "in TLS 1.3 the client is refused after its handshake, when the message is written already: it cannot know"},
	}},
	{id: "N5", name: "reset before it is read", made: "toxiproxy reset_peer, upstream", variants: []variant{
		{name: "reset", fault: fault{door: doorProxy, toxic: &toxic{kind: "reset_peer", downstream: false, attributes: attributes{"timeout": 0}}}, want: unknown(svcgate.ClassNoReply, 0, 0),
			why: "from here it looks like N6: bytes were written"},
	}},
	{id: "N6", name: "reset after booking", made: "toxiproxy reset_peer, downstream", variants: []variant{
		{name: "reset", fault: fault{door: doorProxy, toxic: &toxic{kind: "reset_peer", downstream: true, attributes: attributes{"timeout": 0}}}, want: unknown(svcgate.ClassNoReply, 1, 1), why: "booked, and the answer is lost"},
	}},
	{id: "N7", name: "slower than the limit", made: "toxiproxy latency", slow: true, variants: []variant{
		{name: "late answer", fault: fault{door: doorProxy, toxic: &toxic{kind: "latency", downstream: true, attributes: attributes{"latency": 15_000}}}, want: unknown(svcgate.ClassNoReply, 1, 1),
			why: "the late answer is read by nobody: its connection is dropped"},
	}},
	{id: "N8", name: "message swallowed", made: "toxiproxy timeout, upstream", slow: true, variants: []variant{
		{name: "swallowed", fault: fault{door: doorProxy, toxic: &toxic{kind: "timeout", downstream: false, attributes: attributes{"timeout": 0}}}, want: unknown(svcgate.ClassNoReply, 0, 0), why: "written, and no answer: it cannot be known"},
	}},
	{id: "N9", name: "half-open peer", made: "SIGSTOP and SIGCONT of the simulator", slow: true, alone: true, variants: []variant{
		{name: "wakes up later", fault: fault{door: doorProxy, stop: true}, want: unknown(svcgate.ClassNoReply, 1, 1), why: "it is booked after the gateway gave up: only asking later can tell"},
	}},
	{id: "N10", name: "answer cut", made: "toxiproxy limit_data", variants: []variant{
		{name: "in the header", fault: fault{door: doorProxy, toxic: &toxic{kind: "limit_data", downstream: true, attributes: attributes{"bytes": 40}}}, want: unknown(svcgate.ClassUnreadable, 1, 1), why: "a part is never parsed"},
		{name: "in the body", fault: fault{door: doorProxy, toxic: &toxic{kind: "limit_data", downstream: true, attributes: attributes{"bytes": 300}}}, want: unknown(svcgate.ClassUnreadable, 1, 1), why: "HTTP 200 and half a document: not parsed"},
	}},
	{id: "N11", name: "answer dribbles", made: "toxiproxy slicer, bandwidth", slow: true, variants: []variant{
		{name: "slices", fault: fault{door: doorProxy, toxic: &toxic{kind: "slicer", downstream: true, attributes: attributes{"average_size": 8, "size_variation": 2, "delay": 500_000}}},
			want: unknown(svcgate.ClassNoReply, 1, 1).orClass(svcgate.ClassUnreadable), why: "the call limit covers the body"},
		{name: "no bandwidth", fault: fault{door: doorProxy, toxic: &toxic{kind: "bandwidth", downstream: true, attributes: attributes{"rate": 0}}},
			want: unknown(svcgate.ClassNoReply, 1, 1).orClass(svcgate.ClassUnreadable), why: "as above"},
	}},
	{id: "N12", name: "endless answer, gzip bomb", made: "our own HTTP server", variants: []variant{
		{name: "endless", fault: fault{door: doorFront, act: endless}, want: unknown(svcgate.ClassUnreadable, 1, 1), why: "1 MiB is the end"},
		{name: "gzip bomb", fault: fault{door: doorFront, act: gzipBomb}, want: unknown(svcgate.ClassUnreadable, 1, 1), why: "1 MiB is the end after decompression too"},
	}},
	{id: "N13", name: "HTML page with 200", made: "our own HTTP server", variants: []variant{
		{name: "page before the provider", fault: fault{door: doorFront, act: pageInstead}, want: unknown(svcgate.ClassUnreadable, 1, 0), why: "who wrote the page is not known"},
		{name: "page in place of the answer", fault: fault{door: doorFront, act: pageAfter}, want: unknown(svcgate.ClassUnreadable, 1, 1), why: "the page says nothing of the message"},
		{name: "page that is XML", fault: fault{door: doorFront, act: pageAsXML}, want: unknown(svcgate.ClassUnreadable, 1, 1), why: "well-formed is not enough: the root must be the answer's"},
	}},
	{id: "N14", name: "content type", made: "our own HTTP server", variants: []variant{
		{name: "text/plain", fault: fault{door: doorFront, act: typed("text/plain")}, want: unknown(svcgate.ClassUnreadable, 1, 1), why: "right XML under a type that promises none"},
		{name: "application/json", fault: fault{door: doorFront, act: typed("application/json")}, want: unknown(svcgate.ClassUnreadable, 1, 1), why: "as above"},
		{name: "application/xml", fault: fault{door: doorFront, act: typed("application/xml")}, want: approved(), why: "SOAP servers use it"},
		{name: "application/soap+xml", fault: fault{door: doorFront, act: typed("application/soap+xml; charset=utf-8")}, want: approved(), why: "as above"},
		{name: "none", fault: fault{door: doorFront, act: typed("")}, want: approved(), why: "then the body speaks for itself"},
	}},
	{id: "N15", name: "500 with a SOAP fault", made: "simulator; three dialects of our own server", variants: []variant{
		{name: "Server, not booked", fault: fault{door: doorFront, act: faultInstead(dialectServer)}, want: unknown(svcgate.ClassFault, 1, 0), why: "a fault says nothing certain of what was booked"},
		{name: "Server, booked", fault: fault{door: doorFront, act: faultAfter(dialectServer)}, want: unknown(svcgate.ClassFault, 1, 1), why: "as above"},
		{name: "Client, other prefix", fault: fault{door: doorFront, act: faultInstead(dialectClient)}, want: unknown(svcgate.ClassFault, 1, 0), why: "as above"},
		{name: "Java with a detail", fault: fault{door: doorFront, act: faultAfter(dialectJava)}, want: unknown(svcgate.ClassFault, 1, 1), why: "as above"},
		{name: "simulator's own", fault: fault{door: doorFront, rule: "soap-fault-booked"}, want: unknown(svcgate.ClassFault, 1, 1), why: "as above"},
	}},
	{id: "N16", name: "5xx without a body", made: "simulator", variants: statuses(unknown(svcgate.ClassUnreadable, 1, 0), "a front may have passed it on", 500, 502, 503, 504,
		-500, -502, -503, -504)},
	{id: "N17", name: "401, 403", made: "simulator", breaker: true,
		variants: append(statuses(turnedAway(), "turned away before it was read as a message (a setting says so)", 401, 403),
			variant{name: "401 for long", fault: fault{door: doorProxy, rule: "status:401"}, times: 5, opens: breakerOpens, want: turnedAway(),
				why: "then the breaker is open and nothing is sent, which also keeps the account from being locked; an inquiry tries first"})},
	{id: "N18", name: "404, 405, 413, 415", made: "simulator",
		variants: statuses(turnedAway(), "nobody there takes such a message: the address is wrong", 404, 405, 413, 415)},
	{id: "N19", name: "429 with Retry-After", made: "simulator", breaker: true, variants: []variant{
		{name: "busy", fault: fault{door: doorProxy, rule: "status-429"}, want: turnedAway(), why: "the provider took no message"},
		{name: "busy for long", fault: fault{door: doorProxy, rule: "status-429"}, times: 5, opens: breakerOpens, want: turnedAway(),
			why: "then the breaker is open and leaves the provider alone; an inquiry tries first"},
	}},
	{id: "N20", name: "redirect", made: "our own HTTP server, to a trap", variants: redirects(301, 302, 303, 307, 308)},
	{id: "N21", name: "duplicate answer, extra bytes", made: "our own HTTP server, simulator", variants: []variant{
		{name: "answer twice", fault: fault{door: doorFront, act: answerTwice}, want: approved(), why: "the first is read; the connection is not used again"},
		{name: "bytes after the body", fault: fault{door: doorFront, act: extraBytes}, want: approved(), why: "as above"},
		{name: "twice, from the simulator", fault: fault{door: doorFront, rule: "duplicate"}, want: approved(), why: "as above"},
	}},
	{id: "N22", name: "answer to another transaction", made: "simulator swap", alone: true, variants: []variant{
		{name: "another verb's", fault: fault{door: doorProxy, rule: "wrong-message"}, want: unknown(svcgate.ClassMismatch, 1, 1),
			except: map[svcgate.Operation]want{svcgate.Generate: unknown(svcgate.ClassUnreadable, 1, 1)}, why: "the root is another message's; without a card series in it, a generation cannot even read it"},
		{name: "another card's", fault: fault{door: doorProxy, rule: "previous-answer", prior: priorOtherCard}, want: unknown(svcgate.ClassMismatch, 1, 1),
			why: "its transaction id is known from another operation"},
		{name: "the same card's earlier one", fault: fault{door: doorProxy, rule: "previous-answer", prior: priorSameCard}, want: unknown(svcgate.ClassMismatch, 1, 1),
			why: "as above: everything else fits"},
	}},
	{id: "N23", name: "amount or currency not asked for", made: "simulator", variants: []variant{
		{name: "more than asked", fault: fault{door: doorProxy, rule: "more-than-asked"}, want: unknown(svcgate.ClassMismatch, 1, 1), except: noAmount, why: "never passed on"},
		{name: "other currency", fault: fault{door: doorProxy, rule: "other-currency"}, want: unknown(svcgate.ClassMismatch, 1, 1), except: noAmount, why: "as above"},
		{name: "negative", fault: fault{door: doorProxy, rule: "negative-amount"}, want: unknown(svcgate.ClassUnreadable, 1, 1), except: map[svcgate.Operation]want{svcgate.Generate: approved()},
			why: "no answer has a minus before an amount, so it is not read at all"},
	}},
	{id: "N24", name: "partial approval", made: "simulator", variants: []variant{
		{name: "half", fault: fault{door: doorProxy, rule: "partial"}, want: approved(), except: map[svcgate.Operation]want{svcgate.Authorize: answered(svcgate.Partial, 1)},
			why: "only an authorization can be partial; both amounts and the rest are told"},
		{name: "less on the card", fault: fault{door: doorProxy}, small: true, want: approved(), except: map[svcgate.Operation]want{svcgate.Authorize: answered(svcgate.Partial, 1)},
			why: "as above, without a fault"},
	}},
	{id: "N25", name: "unknown, missing and both codes", made: "simulator, our own HTTP server", declines: mappedCode, variants: []variant{
		{name: "unknown reason code", fault: fault{door: doorFront, rule: "reason-code:99"}, want: answered(svcgate.Undefined, 1), except: noReason, why: "it acted, in words nobody defined: never approved"},
		{name: "unknown error code", fault: fault{door: doorFront, rule: "error-code:SIM_CODE_NOBODY_DEFINED"}, want: answered(svcgate.Undefined, 0), why: "no rule says that it is a decline"},
		{name: "no code", fault: fault{door: doorFront, rule: "no-reason"}, want: unknown(svcgate.ClassUnreadable, 1, 1), except: noReason, why: "neither accepted nor refused: no answer"},
		{name: "error code beside a success, unmapped", fault: fault{door: doorFront, rule: "error-code-booked:SIM_CODE_NOBODY_DEFINED"}, want: answered(svcgate.Undefined, 1),
			why: "the error code wins, and no rule knows it: not approved and not declined"},
		{name: "both codes, mapped", fault: fault{door: doorFront, act: bothCodes}, want: answered(svcgate.Declined, 0), why: "the error code wins as a decline"},
	}},
	{id: "N26", name: "provider down for long", made: "toxiproxy toggle, several messages", breaker: true, variants: []variant{
		{name: "down", fault: fault{door: doorProxy, down: true}, times: 6, opens: breakerOpens, want: notSent(),
			why: "each fails fast and nothing is sent; after three the breaker is open and refuses without dialling, and the first message after that is an inquiry"},
	}},
	{id: "N27", name: "provider flaps", made: "toxiproxy toggle, off and on three times", breaker: true,
		variants: []variant{
			{name: "off", fault: fault{door: doorProxy, down: true}, times: breakerOpens, hurry: true, want: notSent(), why: "refused, until the breaker opens"},
			{name: "on", fault: fault{door: doorProxy}, want: approved().orRefused(), why: "refused while the breaker is open; then an inquiry finds that it works again"},
			{name: "off again", fault: fault{door: doorProxy, down: true}, times: breakerOpens, hurry: true, want: notSent(), why: "a kept connection that died is noticed before a byte is written"},
			{name: "on again", fault: fault{door: doorProxy}, want: approved().orRefused(), why: "as above"},
			{name: "off once more", fault: fault{door: doorProxy, down: true}, times: breakerOpens, hurry: true, want: notSent(), why: "refused"},
			{name: "on for good", fault: fault{door: doorProxy}, want: approved().orRefused(), why: "as above"},
		}},
	{id: "N28", name: "HTTP proxy refuses", made: "our own proxy; HTTP_PROXY and its sisters name a trap", variants: []variant{
		{name: "403", fault: fault{door: doorTunnel, proxy: proxyForbids}, want: notSent(), why: "no tunnel, so nothing was written"},
		{name: "407", fault: fault{door: doorTunnel, proxy: proxyWantsLogin}, want: notSent(), why: "as above"},
		{name: "502 with a page", fault: fault{door: doorTunnel, proxy: proxyPage}, want: notSent(), why: "as above"},
		{name: "200 and a page", fault: fault{door: doorTunnel, proxy: proxyInjects}, want: notSent(), why: "the page is no TLS, so the handshake fails"},
		{name: "hangs up", fault: fault{door: doorTunnel, proxy: proxyHangsUp}, want: notSent(), why: "no tunnel"},
	}},
}

// settlings are the rows in which the gateway looks by itself, as often as it takes, until the outcome is settled or on
// the desk; each card's balance was told before.
var settlings = []row{
	{id: "S1", name: "answer lost, then settled", made: "toxiproxy latency", settles: true, variants: []variant{
		{name: "late answer", fault: fault{door: doorProxy, toxic: &toxic{kind: "latency", downstream: true, attributes: attributes{"latency": 15_000}}}, want: unknown(svcgate.ClassNoReply, 1, 1),
			why: "the balance shows that it was done; a hold whose id was lost, a deposit and a generation wait for a person"},
	}},
	{id: "S2", name: "message lost, then settled", made: "toxiproxy timeout, upstream", settles: true, variants: []variant{
		{name: "swallowed", fault: fault{door: doorProxy, toxic: &toxic{kind: "timeout", downstream: false, attributes: attributes{"timeout": 0}}}, want: unknown(svcgate.ClassNoReply, 0, 0),
			why: "two looks agree that it was not done: unavailable; a void is sent again and booked once"},
	}},
}

// everything is all rows in the order of the table.
func everything() []row { return slices.Concat(rows, settlings) }

// noAmount are the operations whose answers have no amount that was asked for.
var noAmount = map[svcgate.Operation]want{svcgate.Generate: approved(), svcgate.Inquire: approved()}

// noReason is the operation whose answer has no reason: it says OK in its response code.
var noReason = map[svcgate.Operation]want{svcgate.Generate: approved()}

// statuses makes a variant of each HTTP status that the simulator gives: without booking, or booked where the status is
// negative.
func statuses(w want, why string, codes ...int) []variant {
	var all []variant
	for _, code := range codes {
		v := variant{name: strconv.Itoa(code), fault: fault{door: doorProxy, rule: "status:" + strconv.Itoa(code)}, want: w, why: why}
		if code < 0 {
			v.name = strconv.Itoa(-code) + ", booked"
			v.fault.rule = "status-booked:" + strconv.Itoa(-code)
			v.want.booked = 1
		}
		all = append(all, v)
	}
	return all
}

func redirects(codes ...int) []variant {
	var all []variant
	for _, code := range codes {
		all = append(all, variant{name: strconv.Itoa(code), fault: fault{door: doorFront, act: redirect(code)},
			want: unknown(svcgate.ClassFault, 1, 0), why: "never followed: following a 307 sends the message again"})
	}
	return all
}
