package messages_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"github.com/svcgate/svcgate/messages"
)

const ixRetail = `xmlns="http://www.nrf-arts.org/IXRetail/namespace/"`

// bare is a whole answer to an authorization, written by hand.
const bare = `<PreauthorizationResponse ` + ixRetail + ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://xml.datavantagecorp.com/namespace/crm/DTVStoredValue.xsd">
  <InstrumentState><Status>Active</Status></InstrumentState>
  <AccountState>
    <AccountID>9120</AccountID>
    <AccountStatus>Active</AccountStatus>
    <Balance><Amount>55.01</Amount><Currency>EUR</Currency></Balance>
    <EffectiveDate>2024-03-01T08:00:00+0200</EffectiveDate>
    <AccountType>SVC</AccountType>
  </AccountState>
  <SVATransaction>
    <SVATransactionID>20018</SVATransactionID>
    <Reason><Description>PreauthorizationResponse</Description><Code>24</Code></Reason>
    <SVAAmount><CurrencyID>EUR</CurrencyID><Amount>19.99</Amount></SVAAmount>
    <TransactionDateTime>2024-03-09T14:04:58+0200</TransactionDateTime>
    <AuthNumber>0000020018000417</AuthNumber>
  </SVATransaction>
</PreauthorizationResponse>`

func enveloped(inside string) string {
	return `<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>` + inside + `</soap:Body></soap:Envelope>`
}

func swap(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(bare) }

// TestAnswerVariants reads the same answer in every spelling in which the provider may send it.
func TestAnswerVariants(t *testing.T) {
	t.Parallel()
	want := answer(messages.Preauthorization, 5501, 1999)
	for name, body := range map[string]string{
		"bare":                     bare,
		"declared":                 `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + bare,
		"declared standalone":      `<?xml version='1.0' encoding='us-ascii' standalone='yes' ?>` + bare,
		"code page 850 declared":   `<?xml version="1.0" encoding="CP850"?>` + bare,
		"byte order mark":          "\ufeff" + bare,
		"enveloped":                enveloped(bare),
		"in a frame":               enveloped(`<dtv:ProcessXMLResponse xmlns:dtv="` + messages.NamespaceFrame + `"><dtv:ARTSAction>PreauthorizationResponse</dtv:ARTSAction><dtv:ARTSData>` + bare + `</dtv:ARTSData></dtv:ProcessXMLResponse>`),
		"in a frame without SOAP":  `<ProcessXMLResponse>` + bare + `</ProcessXMLResponse>`,
		"answer's name in header":  `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header><PreauthorizationResponse/><Fault/></s:Header><s:Body>` + bare + `</s:Body></s:Envelope>`,
		"no namespace":             swap(" "+ixRetail, ""),
		"prefixed":                 strings.NewReplacer("</", "</a:", "<", "<a:", "xmlns=", "xmlns:a=").Replace(bare),
		"children without":         swap(`<InstrumentState>`, `<InstrumentState xmlns="">`),
		"namespace with reference": swap("namespace/", "namespace&#47;"),
		"CDATA":                    swap(">19.99<", "><![CDATA[19.99]]><", ">Active<", ">Act<![CDATA[ive]]><"),
		"references":               swap(">19.99<", ">&#49;9&#x2E;99<", ">EUR<", ">&#x45;U&#82;<"),
		"lines in CDATA":           swap(">EUR<", "><![CDATA[\r\nEUR\r]]><"),
		"many zeros":               swap(">19.99<", ">&#"+strings.Repeat("0", 200)+"49;9.99<"),
		"brackets":                 swap("<AccountState>", "<x>a]b]]c</x><AccountState>"),
		"white space in values":    swap(">19.99<", "> 19.99\r\n<", ">EUR<", ">\tEUR <"),
		"carriage returns":         strings.ReplaceAll(bare, "\n", "\r\n"),
		"one line":                 strings.ReplaceAll(strings.ReplaceAll(bare, "\n", ""), "  ", ""),
		"other order":              swap("<InstrumentState><Status>Active</Status></InstrumentState>", "", "</PreauthorizationResponse>", "<InstrumentState><Status>Active</Status></InstrumentState></PreauthorizationResponse>"),
		"comments between":         swap("<AccountState>", "<!-- account --><AccountState><!-- - -->"),
		"comment after":            bare + "<!-- end -->\n",
		"unknown elements":         swap("<AccountState>", `<Extra><Deep a="1">text<Amount>x</Amount></Deep></Extra><AccountState><New/>`),
		"unknown attributes":       swap("<AccountState>", `<AccountState since="2024" xml:lang="en" xsi:type="t">`),
		"empty error code":         swap("<AccountState>", "<ErrorCode/><AccountState>"),
		"response code OK":         swap("<AccountState>", `<AccountState ResponseCode="OK">`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got messages.Answer
			if err := messages.ReadAnswer([]byte(body), &got); err != nil {
				t.Fatalf("%v\n%s", err, body)
			}
			if name == "response code OK" {
				got.ResponseCode = ""
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("\n got %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestDatesOfAnswers(t *testing.T) {
	t.Parallel()
	for _, offset := range []string{"+0200", "+02:00", "Z", "", "-0400", "-04:00"} {
		var a messages.Answer
		if err := messages.ReadAnswer([]byte(swap("58+0200", "58"+offset)), &a); err != nil {
			t.Fatalf("offset %q: %v", offset, err)
		}
		if got := a.TransactionDateTime; got.String() != "2024-03-09T14:04:58"+offset || got.Zoned() != (offset != "") {
			t.Errorf("offset %q: %q, zoned %v", offset, got, got.Zoned())
		}
	}
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	const text = "Prüfung schlägt fehl: ½ £"
	body := func(declaration string) string {
		return declaration + `<VoidResponse><ErrorCode>E</ErrorCode><ResponseDescription>` + text + `</ResponseDescription></VoidResponse>`
	}
	for name, c := range map[string]struct {
		declaration string
		charset     *charmap.Charmap
	}{
		"UTF-8 undeclared":    {"", nil},
		"UTF-8":               {`<?xml version="1.0" encoding="utf-8"?>`, nil},
		"ISO-8859-1":          {`<?xml version="1.0" encoding="ISO-8859-1"?>`, charmap.ISO8859_1},
		"cp850":               {`<?xml version="1.0" encoding="cp850"?>`, charmap.CodePage850},
		"IBM850":              {`<?xml version="1.0" encoding="IBM850"?>`, charmap.CodePage850},
		"cp850 undeclared":    {"", charmap.CodePage850},
		"cp850 without names": {`<?xml version="1.0"?>`, charmap.CodePage850},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			raw := body(c.declaration)
			if c.charset != nil {
				var err error
				if raw, err = c.charset.NewEncoder().String(raw); err != nil {
					t.Fatal(err)
				}
			}
			var a messages.Answer
			if err := messages.ReadAnswer([]byte(raw), &a); err != nil || a.ResponseDescription != text {
				t.Errorf("%q, %v; want %q", a.ResponseDescription, err, text)
			}
		})
	}
}

// TestRefusals reads the parts of a refusal wherever they stand.
func TestRefusals(t *testing.T) {
	t.Parallel()
	refusal := `<ErrorCode>CARD_IS_ASLEEP</ErrorCode><ResponseDescription>Wake it.</ResponseDescription><FaultDetail>line 7</FaultDetail>`
	for name, body := range map[string]string{
		"attribute at root":   `<VoidResponse ResponseCode="Rejected">` + refusal + `</VoidResponse>`,
		"attribute prefixed":  `<a:VoidResponse xmlns:a="` + messages.NamespaceIXRetail + `" a:ResponseCode="Rejected">` + refusal + `</a:VoidResponse>`,
		"attribute in lines":  "<VoidResponse ResponseCode='\r\nRejected\n'>" + refusal + "</VoidResponse>",
		"attribute escaped":   `<VoidResponse ResponseCode=" Reject&#101;d&#32;">` + refusal + `</VoidResponse>`,
		"in the transaction":  `<VoidResponse><SVATransaction ResponseCode='Rejected'>` + refusal + `</SVATransaction></VoidResponse>`,
		"in unknown elements": `<VoidResponse ` + ixRetail + `><Errors><Error ResponseCode="Rejected">` + refusal + `</Error></Errors></VoidResponse>`,
		"in another order":    `<VoidResponse ResponseCode="Rejected"><FaultDetail>line 7</FaultDetail><A><ErrorCode>CARD_IS_ASLEEP</ErrorCode></A><ResponseDescription>Wake it.</ResponseDescription></VoidResponse>`,
		"with a transaction":  `<VoidResponse ResponseCode="Rejected"><SVATransaction><SVATransactionID>5</SVATransactionID></SVATransaction>` + refusal + `</VoidResponse>`,
		"enveloped":           enveloped(`<VoidResponse ResponseCode="Rejected">` + refusal + `</VoidResponse>`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var a messages.Answer
			if err := messages.ReadAnswer([]byte(body), &a); err != nil {
				t.Fatal(err)
			}
			if !a.Refused() || a.Kind != messages.Void || a.ResponseCode != "Rejected" || a.ErrorCode != "CARD_IS_ASLEEP" ||
				a.ResponseDescription != "Wake it." || a.FaultDetail != "line 7" {
				t.Errorf("read %+v", a)
			}
		})
	}
	var a messages.Answer
	err := messages.ReadAnswer([]byte("<VoidResponse ResponseCode=' Re\r\n\tjected '><ErrorCode>E</ErrorCode></VoidResponse>"), &a)
	if err != nil || a.ResponseCode != "Re  jected" {
		t.Errorf("line end and tab in an attribute: %q, %v", a.ResponseCode, err)
	}
	err = messages.ReadAnswer([]byte("<VoidResponse ResponseCode='Re&#9;jected'><ErrorCode>E</ErrorCode></VoidResponse>"), &a)
	if syntax, ok := errors.AsType[*messages.SyntaxError](err); !ok || syntax.Code != "xml_value" {
		t.Errorf("a reference to a tab in a value: %v", err)
	}
	for _, c := range []struct {
		a    messages.Answer
		want bool
	}{
		{messages.Answer{}, false}, {messages.Answer{ResponseCode: "OK"}, false}, {messages.Answer{ResponseCode: "ok"}, true},
		{messages.Answer{ResponseCode: "OK", ErrorCode: "E"}, true}, {messages.Answer{ErrorCode: "E"}, true}, {messages.Answer{ResponseCode: "Pending"}, true},
	} {
		if c.a.Refused() != c.want {
			t.Errorf("%q, %q: refused %v", c.a.ResponseCode, c.a.ErrorCode, !c.want)
		}
	}
}

func TestDescriptionsAreTidied(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 200)
	for in, want := range map[string]string{
		"  plain  ":                             "plain",
		"two\nlines\tand\x7fmore":               "two lines and more",
		"\u009b31m\u2028x":                      "31m x",
		"card 6006491234560017 unknown":         "card ************0017 unknown",
		"card 6006-4912-3456-0017":              "card ************0017",
		"card 6006 4912 3456 0017, try":         "card ************0017, try",
		"order 700123":                          "order 700123",
		"long " + strings.Repeat("1", 300):      "long ****************",
		long:                                    strings.Repeat("ä", 128),
		strings.Repeat("a", 255) + "ä":          strings.Repeat("a", 255),
		strings.Repeat("b", 250) + "6006491234": strings.Repeat("b", 250) + "******",
	} {
		body := `<VoidResponse><ErrorCode>E</ErrorCode><ResponseDescription><![CDATA[` + in + `]]></ResponseDescription></VoidResponse>`
		var a messages.Answer
		if err := messages.ReadAnswer([]byte(body), &a); err != nil || a.ResponseDescription != want {
			t.Errorf("%q: %q, %v; want %q", in, a.ResponseDescription, err, want)
		}
	}
}

func TestReadRequestVariants(t *testing.T) {
	t.Parallel()
	want := authorization()
	frame := string(encoded(t, want, messages.Form{}))
	payload := string(encoded(t, want, messages.Form{Bare: true}))
	for name, body := range map[string]string{
		"documented":      frame,
		"bare":            payload,
		"in a namespace":  strings.Replace(payload, "<PreauthorizationRequest>", "<PreauthorizationRequest "+ixRetail+">", 1),
		"without action":  strings.Replace(frame, "<dtv:ARTSAction>PreauthorizationRequest</dtv:ARTSAction>", "", 1),
		"DeviceID":        strings.Replace(payload, "<BusinessDate>", "<DeviceID>4</DeviceID><BusinessDate>", 1),
		"XML declaration": `<?xml version="1.0"?>` + frame,
		"white space":     strings.ReplaceAll(frame, "><", ">\n <"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := messages.ReadRequest([]byte(body))
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

// TestTextsThatQuoteAMessage reads answers whose free text holds a part of a message: no PIN and no card of it stays.
func TestTextsThatQuoteAMessage(t *testing.T) {
	t.Parallel()
	for quoted, want := range map[string]string{
		"cvc: &lt;AuthenticationData&gt;Zq7Wx2Kv&lt;/AuthenticationData&gt; bad":            "cvc: <AuthenticationData>****</AuthenticationData> bad",
		"cvc: &amp;lt;AuthenticationData&amp;gt;Zq7&amp;lt;/AuthenticationData&amp;gt; bad": "cvc: &lt;AuthenticationData&gt;****&lt;/AuthenticationData&gt; bad",
		"<![CDATA[<CardNumber>123456789</CardNumber>]]>":                                    "<CardNumber>****************</CardNumber>",
		"<![CDATA[Unexpected <CardNumber at column 57]]> 1732341234567 ms":                  "Unexpected <CardNumber at column ************4567 ms",
		"&lt;AuthenticationData\u0085&gt;7395&lt;/AuthenticationData&gt;":                   "<AuthenticationData >****</AuthenticationData>",
		"6006&#x2028;4912&#x2028;3456&#x2028;0017":                                          "************0017",
	} {
		var a messages.Answer
		if err := messages.ReadAnswer([]byte("<VoidResponse><CardSeries ResponseCode='ERR'/><FaultDetail>"+quoted+"</FaultDetail></VoidResponse>"), &a); err != nil {
			t.Fatalf("%s: %v", quoted, err)
		}
		if a.FaultDetail != want {
			t.Errorf("%s is read as %s", quoted, a.FaultDetail)
		}
	}
}
