package messages_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/svcgate/svcgate/messages"
)

func refusedWith(t *testing.T, body, code string) *messages.SyntaxError {
	t.Helper()
	a := messages.Answer{Kind: messages.Void, ErrorCode: "left over"}
	err := messages.ReadAnswer([]byte(body), &a)
	problem, ok := errors.AsType[*messages.SyntaxError](err)
	if !ok || problem.Code != code {
		t.Errorf("%v, want %s\n%.300s", err, code, body)
		return nil
	}
	if !reflect.DeepEqual(a, messages.Answer{}) {
		t.Errorf("something is left in the answer: %+v", a)
	}
	if problem.Line < 1 || problem.Column < 1 || problem.Detail == "" {
		t.Errorf("%+v does not say where and why", problem)
	}
	return problem
}

// within puts something behind the start of the payload.
func within(inside string) string { return swap("  <InstrumentState>", inside+"<InstrumentState>") }

func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	const dtd = `<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY xxe SYSTEM "file:///etc/passwd">]>`
	deep := func(n int) string { return strings.Repeat("<d>", n) + strings.Repeat("</d>", n) }
	attributes := func(n int) string {
		var b strings.Builder
		b.WriteString("<e")
		for i := range n {
			fmt.Fprintf(&b, ` a%d="1"`, i)
		}
		b.WriteString("/>")
		return b.String()
	}
	for code, bodies := range map[string]map[string]string{
		messages.CodeDoctype: {
			"entities":      dtd + bare,
			"bare doctype":  "<!DOCTYPE PreauthorizationResponse>" + bare,
			"external":      `<!DOCTYPE r SYSTEM "http://127.0.0.1/x.dtd">` + bare,
			"parameter":     `<!DOCTYPE r [<!ENTITY % p SYSTEM "x"> %p;]>` + bare,
			"after comment": "<!-- --><!DOCTYPE r>" + bare,
			"inside":        within("<!DOCTYPE r>"),
		},
		messages.CodePI: {
			"stylesheet":      `<?xml-stylesheet href="x"?>` + bare,
			"inside":          within("<?php exit ?>"),
			"at the end":      bare + "<?x?>",
			"second XML":      `<?xml version="1.0"?><?xml version="1.0"?>` + bare,
			"late XML":        ` <?xml version="1.0"?>` + bare,
			"capital XML":     `<?XML version="1.0"?>` + bare,
			"inside of value": swap(">19.99<", ">19<?x?>.99<"),
		},
		messages.CodeEncoding: {
			"version 1.1":          `<?xml version="1.1"?>` + bare,
			"unknown":              `<?xml version="1.0" encoding="EBCDIC-US"?>` + bare,
			"UTF-16 said":          `<?xml version="1.0" encoding="UTF-16"?>` + bare,
			"UTF-16":               "\xff\xfe<\x00a\x00/\x00>\x00",
			"UTF-16 without mark":  "<\x00a\x00/\x00>\x00",
			"a zero byte":          swap(">Active<", ">Act\x00ive<"),
			"no UTF-8 though said": `<?xml version="1.0" encoding="UTF-8"?>` + swap(">Active<", ">Activ\xe9<"),
			"no UTF-8 though mark": "\ufeff" + swap(">Active<", ">Activ\xe9<"),
			"no ASCII though said": `<?xml version="1.0" encoding="US-ASCII"?>` + swap(">Active<", ">Activé<"),
			"mark and Latin-1":     "\ufeff" + `<?xml version="1.0" encoding="ISO-8859-1"?>` + bare,
		},
		messages.CodeMalformed: {
			"empty":                    "",
			"spaces":                   " \n",
			"text":                     "service unavailable",
			"JSON":                     `{"error": "no"}`,
			"half":                     bare[:len(bare)/2],
			"without last byte":        bare[:len(bare)-1],
			"end missing":              strings.TrimSuffix(bare, "</PreauthorizationResponse>"),
			"wrong end":                swap("</SVAAmount>", "</SVAamount>"),
			"crossed":                  swap("</Amount></SVAAmount>", "</SVAAmount></Amount>"),
			"end too many":             bare + "</x>",
			"end with attribute":       swap("</SVAAmount>", `</SVAAmount a="1">`),
			"second root":              bare + "<x/>",
			"second answer":            bare + bare,
			"text behind":              bare + "x",
			"text before":              "x" + bare,
			"reference behind":         bare + "&#32;",
			"CDATA behind":             bare + "<![CDATA[ ]]>",
			"unquoted attribute":       within("<e a=1/>"),
			"attribute without value":  within("<e a/>"),
			"attribute twice":          within(`<e a="1" a="1"/>`),
			"attribute twice by name":  within(`<e xmlns:p="u" xmlns:q="u" p:a="1" q:a="1"/>`),
			"attributes close":         within(`<e a="1"b="2"/>`),
			"less in attribute":        within(`<e a="<"/>`),
			"control in attribute":     within("<e a='\x01'/>"),
			"slash alone":              within("<e/ >"),
			"space before name":        within("< e/>"),
			"digit first":              within("<1e/>"),
			"two colons":               within("<a:b:c/>"),
			"colon first":              within("<:b/>"),
			"colon last":               within("<b:/>"),
			"prefix undeclared":        within("<p:e/>"),
			"attribute's undeclared":   within(`<e p:a="1"/>`),
			"prefix out of force":      within(`<x xmlns:p="u"/><p:e/>`),
			"prefix xmlns":             within("<xmlns:e/>"),
			"prefix undone":            within(`<e xmlns:p=""/>`),
			"xml bound elsewhere":      within(`<e xmlns:xml="u"/>`),
			"xml's namespace taken":    within(`<e xmlns:p="http://www.w3.org/XML/1998/namespace"/>`),
			"xml's namespace default":  within(`<e xmlns="http://www.w3.org/XML/1998/namespace"/>`),
			"xmlns bound":              within(`<e xmlns:xmlns="u"/>`),
			"xmlns' namespace taken":   within(`<e xmlns:p="http://www.w3.org/2000/xmlns/"/>`),
			"unknown entity":           swap(">Active<", ">&nbsp;<"),
			"ampersand":                swap(">Active<", ">A & B<"),
			"reference without end":    swap(">Active<", ">&#65<"),
			"reference to nothing":     swap(">Active<", ">&#;<"),
			"reference to zero":        swap(">Active<", ">&#0;<"),
			"reference to a surrogate": swap(">Active<", ">&#xD800;<"),
			"reference to U+FFFE":      swap(">Active<", ">&#xFFFE;<"),
			"reference too high":       swap(">Active<", ">&#x110000;<"),
			"reference with X":         swap(">Active<", ">&#X41;<"),
			"reference with sign":      swap(">Active<", ">&#-65;<"),
			"surrogate as UTF-8":       swap(">Active<", ">\xed\xa0\x80<"),
			"beyond Unicode as UTF-8":  swap(">Active<", ">\xf4\x90\x80\x80<"),
			"control character":        swap(">Active<", ">A\x01<"),
			"U+FFFE":                   swap(">Active<", ">A\ufffe<"),
			"U+FFFF in comment":        within("<!--\uffff-->"),
			"control in comment":       within("<!--\x02-->"),
			"control in CDATA":         within("<e><![CDATA[\x02]]></e>"),
			"dashes in comment":        within("<!-- a -- b -->"),
			"comment with three":       within("<!-- a --->"),
			"comment without end":      bare + "<!-- ",
			"CDATA without end":        within("<![CDATA[ "),
			"CDATA's end alone":        swap(">Active<", ">A]]>B<"),
			"other declaration":        within("<!ELEMENT e EMPTY>"),
			"ends after less":          "<a><",
			"ends in a name":           "<a><bc",
			"ends in attributes":       "<a b='1' ",
			"ends in a value":          "<a b='1",
			"ends at a slash":          "<a b='1'/",
			"ends at a sign":           "<a b=",
			"reference in attribute":   within("<e a='&no;'/>"),
			"bad hexadecimal":          swap(">Active<", ">&#xG1;<"),
			"bad decimal":              swap(">Active<", ">&#4A;<"),
			"declaration half quoted":  `<?xml version="1.0?>` + bare,
			"declaration without sign": `<?xml version "1.0"?>` + bare,
			"declaration without end":  `<?xml version="1.0"`,
			"declaration empty":        `<?xml ?>` + bare,
			"declaration in disorder":  `<?xml version="1.0" standalone="yes" encoding="UTF-8"?>` + bare,
			"declaration unquoted":     `<?xml version=1.0?>` + bare,
			"declaration and more":     `<?xml version="1.0" foo="1"?>` + bare,
			"standalone maybe":         `<?xml version="1.0" standalone="maybe"?>` + bare,
		},
		messages.CodeDepthLimit: {
			"65 levels":      within(deep(64)),
			"many levels":    within(deep(50000)),
			"above the root": deep(65) + bare,
		},
		messages.CodeSizeLimit: {
			"2 MiB": bare + strings.Repeat(" ", 2<<20),
		},
		messages.CodeElementsLimit: {
			"10,001 elements": within(strings.Repeat("<e/>", 10_001)),
		},
		messages.CodeAttributesLimit: {
			"65 attributes": within(attributes(65)),
			"129 bindings":  within(strings.Repeat(`<e xmlns:a="1" xmlns:b="1" xmlns:c="1">`, 43) + strings.Repeat("</e>", 43)),
		},
		messages.CodeNameLimit: {
			"257 characters":      within("<" + strings.Repeat("n", 257) + "/>"),
			"attribute's":         within("<e " + strings.Repeat("n", 257) + `="1"/>`),
			"not ASCII":           within("<é/>"),
			"attribute not ASCII": within(`<e é="1"/>`),
		},
		messages.CodeTextLimit: {
			"text":            within("<e>" + strings.Repeat("x", 64<<10+1) + "</e>"),
			"with references": within("<e>&lt;" + strings.Repeat("x", 64<<10+1) + "</e>"),
			"CDATA":           within("<e><![CDATA[" + strings.Repeat("x", 64<<10+1) + "]]></e>"),
			"attribute":       within("<e a='" + strings.Repeat("x", 64<<10+1) + "'/>"),
			"comments":        within(strings.Repeat("<!--"+strings.Repeat("x", 1024)+"-->", 65)),
		},
		messages.CodeDuplicateElement: {
			"Amount":            swap("<Amount>19.99</Amount>", "<Amount>19.99</Amount><Amount>19.99</Amount>"),
			"other Amount":      swap("<Amount>19.99</Amount>", "<Amount>19.99</Amount><Amount>99.99</Amount>"),
			"in no namespace":   swap("<Amount>19.99</Amount>", `<Amount>19.99</Amount><Amount xmlns="">9</Amount>`),
			"SVATransaction":    swap("</PreauthorizationResponse>", "<SVATransaction></SVATransaction></PreauthorizationResponse>"),
			"ErrorCode":         within("<ErrorCode>A</ErrorCode><X><ErrorCode>B</ErrorCode></X>"),
			"ResponseCode":      swap("<InstrumentState>", `<InstrumentState ResponseCode="OK">`, "<AccountState>", `<AccountState ResponseCode="OK">`),
			"second message":    enveloped(bare + bare),
			"other message":     enveloped(bare + "<VoidResponse/>"),
			"message inside":    within("<X><VoidResponse/></X>"),
			"itself inside":     within("<PreauthorizationResponse/>"),
			"message at a side": `<w><PreauthorizationResponse><ErrorCode>E</ErrorCode></PreauthorizationResponse><x><y><RechargeResponse/></y></x></w>`,
		},
		messages.CodeUnexpectedElement: {
			"foreign Amount":          swap("<Amount>19.99</Amount>", `<Amount xmlns="urn:x">19.99</Amount>`),
			"foreign by prefix":       swap("<Amount>19.99</Amount>", `<Amount>19.99</Amount><x:Amount xmlns:x="urn:x">99.99</x:Amount>`),
			"foreign unknown":         within(`<x:Extra xmlns:x="urn:x"/>`),
			"foreign answer":          swap(messages.NamespaceIXRetail, "urn:x"),
			"namespace without slash": swap("namespace/\"", "namespace\""),
			"other envelope":          `<Envelope>` + bare + `</Envelope>`,
			"SOAP 1.2":                `<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body>` + bare + `</e:Body></e:Envelope>`,
		},
		messages.CodeMixedValue: {
			"element in a number":   swap(">19.99<", ">19<x>9</x>.99<"),
			"element in a text":     swap(">Active<", "><b>Active</b><"),
			"comment in a number":   swap(">19.99<", ">19<!-- -->.99<"),
			"comment beside one":    swap(">19.99<", "><!-- -->19.99<"),
			"comment in a code":     within("<ErrorCode>A<!-- -->B</ErrorCode>"),
			"text between elements": swap("<SVAAmount>", "<SVAAmount>19.99"),
			"text in the root":      within("x"),
			"CDATA between":         swap("<SVAAmount>", "<SVAAmount><![CDATA[x]]>"),
			"reference between":     swap("<SVAAmount>", "<SVAAmount>&#48;"),
		},
		messages.CodeAmount: {
			"empty":            swap(">19.99<", "><"),
			"negative":         swap(">19.99<", ">-19.99<"),
			"negative rest":    swap("<Reason>", "<PreAuthSVAAmount><PreAuthAmount>-1</PreAuthAmount></PreAuthSVAAmount><Reason>"),
			"comma":            swap(">19.99<", ">19,99<"),
			"thousands":        swap(">19.99<", ">1,919.99<"),
			"exponent":         swap(">19.99<", ">1999e-2<"),
			"sign":             swap(">19.99<", ">+19.99<"),
			"currency":         swap(">19.99<", ">19.99 EUR<"),
			"words":            swap(">19.99<", ">NaN<"),
			"two numbers":      swap(">19.99<", ">19.99 19.99<"),
			"balance":          swap(">55.01<", ">--55.01<"),
			"other digits":     swap(">19.99<", ">１９.99<"),
			"too many":         swap(">19.99<", ">1999999999999999999.99<"),
			"split by a space": swap(">19.99<", "><![CDATA[19]]> .99<"),
		},
		messages.CodeDate: {
			"a date alone":   swap("T14:04:58+0200", ""),
			"February 30":    swap("2024-03-09T", "2024-02-30T"),
			"American":       swap("2024-03-09T14:04:58+0200", "03/09/2024 14:04:58"),
			"name of a zone": swap("58+0200", "58 CEST"),
			"effective date": swap("2024-03-01T08:00:00+0200", "yesterday"),
		},
		messages.CodeValue: {
			"long id":         swap(">20018<", ">"+strings.Repeat("2", 65)+"<"),
			"control":         swap(">20018<", ">200\n18<"),
			"delete":          swap(">20018<", ">200&#127;18<"),
			"behind blanks":   swap(">20018<", ">  &#127;20018<"),
			"behind CDATA":    swap(">20018<", "><![CDATA[ \n]]>&#127;20018<"),
			"blanks, account": swap(">9120<", "> &#127;9120<"),
			"long code":       swap("<InstrumentState>", `<InstrumentState ResponseCode="`+strings.Repeat("R", 65)+`">`),
			"long account":    swap(">9120<", ">"+strings.Repeat("9", 1000)+"<"),
		},
		messages.CodeMissingElement: {
			"all":                   "<PreauthorizationResponse/>",
			"reason code":           swap("<Code>24</Code>", ""),
			"empty reason code":     swap("<Code>24</Code>", "<Code/>"),
			"transaction id":        swap("<SVATransactionID>20018</SVATransactionID>", ""),
			"amount":                swap("<Amount>19.99</Amount>", ""),
			"amount elsewhere":      swap("<Amount>19.99</Amount>", "<Sum><Amount>19.99</Amount></Sum>"),
			"balance of an inquiry": strings.ReplaceAll(swap("<Amount>55.01</Amount>", ""), "Preauthorization", "Inquiry"),
			"only a description":    "<VoidResponse><ResponseDescription>no</ResponseDescription></VoidResponse>",
			"series without code":   "<CardSeriesMaintenance><CardSeries/></CardSeriesMaintenance>",
			"series without card":   `<CardSeriesMaintenance><CardSeries ResponseCode="OK"/></CardSeriesMaintenance>`,
			"a request":             string(encoded(t, samples()[0].request, messages.Form{Bare: true})),
		},
		messages.CodeNotAnAnswer: {
			"HTML page":            `<html><head><title>502</title></head><body><h1>Bad Gateway</h1><br></body></html>`,
			"HTML with doctype":    "<!DOCTYPE html>\n<html><body>login</body></html>",
			"small doctype":        "<!doctype html><html/>",
			"old doctype":          `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "x">`,
			"XHTML":                `<html xmlns="http://www.w3.org/1999/xhtml">` + bare + `</html>`,
			"capitals":             `<HTML><BODY></BODY></HTML>`,
			"other XML":            `<status>up</status>`,
			"empty envelope":       enveloped(""),
			"escaped answer":       enveloped("<return>" + strings.NewReplacer("<", "&lt;", "&", "&amp;").Replace(bare) + "</return>"),
			"answer in a header":   `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>` + bare + `</s:Header><s:Body/></s:Envelope>`,
			"a request":            string(encoded(t, authorization(), messages.Form{})),
			"other capitalisation": `<PreAuthorizationResponse/>`,
		},
		messages.CodeFault: {
			"fault":          enveloped(`<soap:Fault><faultcode>soap:Server</faultcode><faultstring>no</faultstring></soap:Fault>`),
			"bare fault":     `<Fault/>`,
			"fault first":    enveloped(`<soap:Fault/>` + bare),
			"fault after it": enveloped(bare + `<soap:Fault/>`),
		},
	} {
		for name, body := range bodies {
			t.Run(code+"/"+name, func(t *testing.T) {
				t.Parallel()
				refusedWith(t, body, code)
			})
		}
	}
}

// TestSafety goes through the documents that libraries for XML let pass.
func TestSafety(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, code string }{
		"DTD with entities":        {`<!DOCTYPE a [<!ENTITY x "y">]>` + bare, messages.CodeDoctype},
		"bare DOCTYPE":             {"<!DOCTYPE a>" + bare, messages.CodeDoctype},
		"100,000 levels deep":      {within(strings.Repeat("<a>", 100_000) + strings.Repeat("</a>", 100_000)), messages.CodeDepthLimit},
		"wrong namespace":          {swap(messages.NamespaceIXRetail, "urn:other"), messages.CodeUnexpectedElement},
		"undeclared prefix":        {within("<p:a/>"), messages.CodeMalformed},
		"mismatched end tag":       {swap("</Code>", "</code>"), messages.CodeMalformed},
		"truncated":                {bare[:len(bare)-30], messages.CodeMalformed},
		"content after the root":   {bare + "<more/>", messages.CodeMalformed},
		"attribute twice":          {within(`<a b="1" b="2"/>`), messages.CodeMalformed},
		"control character":        {swap(">SVC<", ">\x07<"), messages.CodeMalformed},
		"bad UTF-8":                {`<?xml version="1.0" encoding="UTF-8"?>` + swap(">SVC<", ">\xc3\x28<"), messages.CodeEncoding},
		"field given twice":        {swap("<Code>24</Code>", "<Code>24</Code><Code>26</Code>"), messages.CodeDuplicateElement},
		"child inside a number":    {swap(">19.99<", ">19<x>9</x>.99<"), messages.CodeMixedValue},
		"HTML page with status OK": {"<html><body>Please log in</body></html>", messages.CodeNotAnAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refusedWith(t, c.body, c.code)
		})
	}
}

func TestHostileRequests(t *testing.T) {
	t.Parallel()
	frame := string(encoded(t, samples()[5].request, messages.Form{}))
	inquiry := string(encoded(t, samples()[3].request, messages.Form{Bare: true}))
	series := string(encoded(t, samples()[0].request, messages.Form{Bare: true}))
	change := func(body string, pairs ...string) string { return strings.NewReplacer(pairs...).Replace(body) }
	for name, c := range map[string]struct{ body, code, element string }{
		"an answer":               {bare, messages.CodeNotARequest, ""},
		"HTML":                    {"<html/>", messages.CodeNotARequest, ""},
		"HTML with doctype":       {"<!DOCTYPE html><html/>", messages.CodeNotARequest, ""},
		"fault":                   {enveloped("<soap:Fault/>"), messages.CodeFault, ""},
		"other action":            {change(frame, "<dtv:ARTSAction>PostauthorizationRequest", "<dtv:ARTSAction>VoidRequest"), messages.CodeValue, "ARTSAction"},
		"action twice":            {change(frame, "<dtv:ARTSData>", "<dtv:ARTSAction/><dtv:ARTSData>"), messages.CodeDuplicateElement, "ARTSAction"},
		"action in no namespace":  {change(frame, "dtv:ARTSAction", "ARTSAction"), messages.CodeUnexpectedElement, "ARTSAction"},
		"series without action":   {change(series, ` Action="GenerateCard"`, ""), messages.CodeMissingElement, "Action"},
		"series, other action":    {change(series, `"GenerateCard"`, `"DeleteCard"`), messages.CodeValue, "Action"},
		"series without prefix":   {change(series, "44101", ""), messages.CodeMissingElement, "CardPrefix"},
		"series without sequence": {change(series, ">07<", "><"), messages.CodeMissingElement, "CardSeriesSequence"},
		"no card":                 {change(inquiry, cardNumber, ""), messages.CodeMissingElement, "CardNumber"},
		"no amount":               {change(frame, "<Amount>15.00</Amount>", ""), messages.CodeMissingElement, "Amount"},
		"negative amount":         {change(frame, ">15.00<", ">-15.00<"), messages.CodeAmount, "Amount"},
		"date":                    {change(frame, ">2024-03-09<", ">2024-02-30<"), messages.CodeDate, "BusinessDate"},
		"short date":              {change(frame, ">2024-03-09<", ">2024-3-9<"), messages.CodeDate, "BusinessDate"},
		"date and time":           {change(frame, "T14:05:06", " 14:05:06"), messages.CodeDate, "TransactionDateTime"},
		"swiped":                  {change(frame, ">False<", ">false<"), messages.CodeValue, "CardSwiped"},
		"long comment":            {change(frame, ">Postauthorization Request<", ">"+strings.Repeat("x", 257)+"<"), messages.CodeValue, "Comments"},
		"card twice":              {change(frame, "<CardSwiped>", "<CardNumber>1</CardNumber><CardSwiped>"), messages.CodeDuplicateElement, "CardNumber"},
		"money in an inquiry":     {change(inquiry, "<Comments>", "<RTPTransaction/><Comments>"), messages.CodeUnexpectedElement, "RTPTransaction"},
		"id in an inquiry":        {change(inquiry, "<Comments>", "<SVATransaction><SVATransactionID>1</SVATransactionID></SVATransaction><Comments>"), messages.CodeUnexpectedElement, "SVATransaction"},
		"card in a series":        {change(series, "<CardSeries ", "<Instrument/><CardSeries "), messages.CodeUnexpectedElement, "Instrument"},
		"second request":          {change(frame, "</dtv:ARTSData>", "<VoidRequest/></dtv:ARTSData>"), messages.CodeDuplicateElement, ""},
		"DTD":                     {"<!DOCTYPE x>" + frame, messages.CodeDoctype, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := messages.ReadRequest([]byte(c.body))
			problem, ok := errors.AsType[*messages.SyntaxError](err)
			if !ok || r != nil || problem.Code != c.code || problem.Element != c.element {
				t.Errorf("%v, %v; want %s at %q", r, err, c.code, c.element)
			}
		})
	}
}

func TestWhereAnErrorIs(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"<VoidResponse>\n  <Ä/></VoidResponse>":           "2:4: xml_limit_name: a name with characters outside ASCII",
		"<VoidResponse><e>\n\n äöü<x></e></VoidResponse>": "3:8: xml_malformed: an end tag that does not match its start tag",
		"<VoidResponse/>": "1:1: xml_missing_element: Code: is missing or empty",
		"<a>\r\n<VoidResponse><SVATransaction><Reason><Code>1<b/>":                 "2:46: xml_mixed_value: Code: an element inside a value",
		`<?xml version="1.0"?>` + "\n<VoidResponse><c6006491234560017 xmlns='x'/>": "2:15: xml_unexpected_element: an element of a foreign namespace inside the message",
	} {
		var a messages.Answer
		if err := messages.ReadAnswer([]byte(body), &a); err == nil || err.Error() != want {
			t.Errorf("%q\n got %v\nwant %s", body, err, want)
		}
	}
}

// TestErrorsQuoteNothing puts a card number into every hostile place it can and looks for it in the error.
func TestErrorsQuoteNothing(t *testing.T) {
	t.Parallel()
	for i := 0; i <= len(bare); i++ {
		var a messages.Answer
		err := messages.ReadAnswer([]byte(bare[:i]+cardNumber+bare[i:]), &a)
		if err != nil && strings.Contains(err.Error(), "4912") {
			t.Fatalf("at %d: %v", i, err)
		}
	}
}
