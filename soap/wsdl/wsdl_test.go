package wsdl_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beevik/etree"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
	"github.com/svcgate/svcgate/soap/wsdl"
)

const location = "http://127.0.0.1:8091/relateui/OMS/xmlapi"

func read(t *testing.T, name string) *etree.Document {
	t.Helper()
	text, err := wsdl.FS.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, text)
}

func parse(t *testing.T, text []byte) *etree.Document {
	t.Helper()
	d := etree.NewDocument()
	d.ReadSettings.ValidateInput = true
	if err := d.ReadFromBytes(bytes.TrimSpace(text)); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestFilesAreWellFormed(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(wsdl.FS, "*")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"answers.xsd", "head.xsd", "process.xsd", "service.wsdl"}; !slices.Equal(names, want) {
		t.Fatalf("got %v, want %v", names, want)
	}
	for _, name := range names {
		read(t, name)
		text, _ := wsdl.FS.ReadFile(name)
		for d := xml.NewDecoder(bytes.NewReader(text)); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
}

func TestDocument(t *testing.T) {
	t.Parallel()
	text, err := wsdl.Document(location)
	if err != nil {
		t.Fatal(err)
	}
	d := parse(t, text)
	if got := d.FindElement("//service/port/address").SelectAttrValue("location", ""); got != location {
		t.Errorf("the address is %q", got)
	}
	var files []string
	for _, imported := range d.FindElements("//types/schema/import") {
		from, name, ok := strings.Cut(imported.SelectAttrValue("schemaLocation", ""), "?xsd=")
		if !ok || from != location {
			t.Errorf("a schema is imported from %q", from)
		}
		schema := read(t, name)
		if got, want := imported.SelectAttrValue("namespace", ""), schema.Root().SelectAttrValue("targetNamespace", "-"); got != want {
			t.Errorf("%s is imported as %q and is of %q", name, got, want)
		}
		if schema.FindElement("//import") != nil || schema.FindElement("//include") != nil {
			t.Errorf("%s needs another file, whose address it cannot know", name)
		}
		files = append(files, name)
	}
	if len(files) != 3 {
		t.Errorf("imports %v, want three schemas", files)
	}
	if bytes.Contains(text, []byte("provider.invalid")) {
		t.Error("the file's own address is left")
	}
	if about := d.FindElement("/definitions/documentation"); about == nil || !strings.Contains(about.Text(), "not the vendor's") {
		t.Error("the document does not say whose it is")
	}
}

func TestDocumentEscapesTheLocation(t *testing.T) {
	t.Parallel()
	const odd = "https://provider.invalid:8443/a&b/'c'"
	text, err := wsdl.Document(odd)
	if err != nil {
		t.Fatal(err)
	}
	if got := parse(t, text).FindElement("//service/port/address").SelectAttrValue("location", ""); got != odd {
		t.Errorf("the address is %q", got)
	}
}

func TestDocumentRefusesLocations(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "xmlapi", "/relateui/OMS/xmlapi", "127.0.0.1:8091/x", "ftp://provider.invalid/", "http://", "http:///x",
		"https://user:open-sesame@provider.invalid/", "https://provider.invalid/?wsdl", "https://provider.invalid/#x", "http://a\x00b/", "http://[::1/"} {
		text, err := wsdl.Document(bad)
		if !errors.Is(err, wsdl.ErrLocation) || text != nil {
			t.Errorf("%q: got %d bytes and %v", bad, len(text), err)
		}
	}
}

// Every reference inside the WSDL leads somewhere, and the eight operations are the eight kinds.
func TestOperationsAreTheEightKinds(t *testing.T) {
	t.Parallel()
	d := read(t, "service.wsdl")
	process, answers, head := read(t, "process.xsd"), read(t, "answers.xsd"), read(t, "head.xsd")
	if process.FindElement("/schema/element[@name='ProcessXML']") == nil || head.FindElement("/schema/element[@name='xhead']") == nil {
		t.Error("the frame or the header is not declared")
	}
	kinds := messages.Kinds()
	if n := len(d.FindElements("//portType/operation")); n != len(kinds) {
		t.Errorf("%d operations, want %d", n, len(kinds))
	}
	roots := 0
	for _, kind := range kinds {
		if process.FindElement("//simpleType[@name='ActionName']//enumeration[@value='"+kind.Action()+"']") == nil {
			t.Errorf("action %s is not named", kind.Action())
		}
		if process.FindElement("//complexType[@name='RequestData']/choice/element[@name='"+kind.RequestRoot()+"']") == nil {
			t.Errorf("request root %s is not named", kind.RequestRoot())
		} else {
			roots++
		}
		if answers.FindElement("/schema/element[@name='"+kind.AnswerRoot()+"']") == nil {
			t.Errorf("answer root %s is not named", kind.AnswerRoot())
		} else {
			roots++
		}
		name := kind.Action()
		operation := d.FindElement("//portType/operation[@name='" + name + "']")
		if operation == nil || d.FindElement("//binding/operation[@name='"+name+"']") == nil {
			t.Errorf("operation %s is missing", name)
			continue
		}
		output := strings.TrimPrefix(operation.FindElement("output").SelectAttrValue("message", ""), "svc:")
		part := d.FindElement("/definitions/message[@name='" + output + "']/part")
		if part == nil || part.SelectAttrValue("element", "") != "arts:"+kind.AnswerRoot() {
			t.Errorf("operation %s does not answer with %s", name, kind.AnswerRoot())
		}
	}
	if roots != 16 {
		t.Errorf("%d roots, want 16", roots)
	}
	if n := len(answers.FindElements("/schema/element")); n != len(kinds) {
		t.Errorf("%d answers are declared, want %d", n, len(kinds))
	}
}

var full = messages.RTPTransaction{RTPTransactionID: "70155", OperatorID: "OMS", LocationID: "7",
	TransactionDateTime: "2031-04-05T06:07:08", BusinessDate: "2031-04-05", CurrencyID: "USD", Amount: messages.NewDecimal(1234, 2)}

func requests() []messages.Request {
	instrument := messages.Instrument{InstrumentID: secret.New("6006402001000001"), CardNumber: secret.New("6006491234560017"), CardSwiped: true}
	return []messages.Request{
		&messages.GenerateCardRequest{UserName: "OMS", CardPrefix: "60064", CardSeriesSequence: "02"},
		&messages.ActivateInstrumentRequest{UserID: "OMS", Instrument: instrument, RTPTransaction: full, Comments: "c"},
		&messages.RechargeRequest{UserID: "OMS", Instrument: instrument, RTPTransaction: full, Comments: "c"},
		&messages.InquiryRequest{UserID: "OMS", Instrument: messages.Instrument{}, Comments: "c"},
		&messages.PreauthorizationRequest{UserID: "OMS", Instrument: instrument, RTPTransaction: full, Comments: "c"},
		&messages.PostauthorizationRequest{UserID: "OMS", Instrument: instrument, RTPTransaction: full, SVATransactionID: "1", Comments: "c"},
		&messages.ReturnRequest{UserID: "OMS", Instrument: instrument, RTPTransaction: full, Comments: ""},
		&messages.VoidRequest{UserID: "OMS", Instrument: instrument, RTPTransaction: full, SVATransactionID: "1", Comments: "c"},
	}
}

// What package messages writes is what the schemas describe: names, order, and what must be there.
func TestRequestsFollowTheSchema(t *testing.T) {
	t.Parallel()
	schema := schema{read(t, "process.xsd").Root()}
	head := read(t, "head.xsd").Root().FindElement("element[@name='xhead']")
	all := requests()
	if len(all) != len(messages.Kinds()) {
		t.Fatal("not all kinds")
	}
	for _, r := range all {
		for _, strict := range []bool{false, true} {
			text, err := messages.AppendRequest(nil, r, messages.Form{StrictSOAP: strict})
			if err != nil {
				t.Fatal(err)
			}
			d := parse(t, text)
			if problem := schema.check(schema.FindElement("element[@name='ProcessXML']"), d.FindElement("//ProcessXML")); problem != "" {
				t.Errorf("%v: %s", r.Kind(), problem)
			}
			if problem := schema.check(head, d.FindElement("//xhead")); problem != "" {
				t.Errorf("%v: %s", r.Kind(), problem)
			}
		}
	}
}

func answers() []*messages.Answer {
	at := messages.NewTimestamp(time.Date(2031, 4, 5, 6, 7, 8, 0, time.FixedZone("", -4*3600)))
	amount := messages.NewDecimal(1234, 2)
	var all []*messages.Answer
	for _, kind := range messages.Kinds() {
		refused := &messages.Answer{Kind: kind, ResponseCode: "Rejected", ErrorCode: "E", ResponseDescription: "d"}
		a := &messages.Answer{Kind: kind, ResponseCode: "OK", InstrumentStatus: "Active", AccountID: "1", AccountStatus: "Active", Balance: amount,
			BalanceCurrency: "USD", EffectiveDate: at, AccountType: "SVC", SVATransactionID: "2", PreAuthSVATransactionID: "1", PreAuthCurrencyID: "USD",
			PreAuthAmount: amount, ReasonDescription: "r", ReasonCode: kind.Reason(), CurrencyID: "USD", Amount: amount, TransactionDateTime: at, AuthNumber: "3"}
		if kind == messages.GenerateCard {
			refused.DateTime = at
			a = &messages.Answer{Kind: kind, ResponseCode: "OK", DateTime: at, CardPrefix: "60064", CardSeriesSequence: "02",
				InstrumentID: secret.New("6006402001000001"), CardNumber: secret.New("6006491234560017"), BatchNumber: "001"}
		}
		all = append(all, a, refused)
	}
	return all
}

func TestAnswersFollowTheSchema(t *testing.T) {
	t.Parallel()
	schema := schema{read(t, "answers.xsd").Root()}
	for _, a := range answers() {
		text, err := messages.AppendAnswer(nil, a, messages.AnswerForm{})
		if err != nil {
			t.Fatal(err)
		}
		root := parse(t, text).Root()
		if problem := schema.check(schema.FindElement("element[@name='"+root.Tag+"']"), root); problem != "" {
			t.Errorf("%v, %s: %s", a.Kind, a.ResponseCode, problem)
		}
	}
}

// The check itself must refuse.
func TestSchemaCheckRefuses(t *testing.T) {
	t.Parallel()
	schema := schema{read(t, "process.xsd").Root()}
	r := requests()[4]
	good, err := messages.AppendRequest(nil, r, messages.Form{})
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{"<UserID>OMS</UserID>", ""},
		{"<UserID>OMS</UserID>", "<UserId>OMS</UserId>"},
		{"<UserID>OMS</UserID>", "<UserID>OMS</UserID><UserID>OMS</UserID>"},
		{"<UserID>OMS</UserID>", `<UserID x="y">OMS</UserID>`},
		{"</Comments>", "</Comments><More/>"},
		{"True", "true"},
		{"12.34", "12,34"},
		{"2031-04-05T06:07:08", "2031-04-05T06:07:08Z"},
		{"PreauthorizationRequest>", "PreAuthorizationRequest>"},
		{"<dtv:ARTSAction>PreauthorizationRequest<", "<dtv:ARTSAction>Preauthorization<"},
	} {
		bad := bytes.ReplaceAll(good, []byte(change[0]), []byte(change[1]))
		if bytes.Equal(bad, good) {
			t.Fatalf("%q does not stand in the message", change[0])
		}
		if schema.check(schema.FindElement("element[@name='ProcessXML']"), parse(t, bad).FindElement("//ProcessXML")) == "" {
			t.Errorf("%q in place of %q was accepted", change[1], change[0])
		}
	}
}

// schema checks documents against as much of XML Schema as the three files use.
type schema struct{ *etree.Element }

func (s schema) named(kind, qualified string) *etree.Element {
	_, name, _ := strings.Cut(qualified, ":")
	return s.FindElement(kind + "[@name='" + name + "']")
}

// check compares an element with its declaration and returns the first problem.
func (s schema) check(declared, e *etree.Element) string {
	if name := declared.SelectAttrValue("name", ""); name != e.Tag {
		return fmt.Sprintf("%s where %s is declared", e.Tag, name)
	}
	if kind := declared.SelectAttrValue("type", ""); kind != "" {
		if simple := s.named("simpleType", kind); simple != nil {
			return checkText(simple, e)
		}
		if complex := s.named("complexType", kind); complex != nil {
			return s.checkChildren(complex, e)
		}
		if strings.HasPrefix(kind, "h:") { // texts of the header, declared in its own file
			return ""
		}
		return kind + " is not declared"
	}
	return s.checkChildren(declared.FindElement("complexType"), e)
}

func (s schema) checkChildren(complex, e *etree.Element) string {
	attributes := complex.FindElements("attribute")
	if base := complex.FindElement("complexContent/extension"); base != nil {
		attributes = base.FindElements("attribute")
		complex = s.named("complexType", base.SelectAttrValue("base", ""))
		attributes = append(attributes, complex.FindElements("attribute")...)
	}
	for _, a := range e.Attr {
		switch a.Space {
		case "xmlns", "xsi", "SOAP-ENV":
			continue
		}
		if a.Key != "xmlns" && !slices.ContainsFunc(attributes, func(d *etree.Element) bool { return d.SelectAttrValue("name", "") == a.Key }) {
			return e.Tag + " has attribute " + a.Key
		}
	}
	children := e.ChildElements()
	if choice := complex.FindElement("choice"); choice != nil {
		if len(children) != 1 {
			return fmt.Sprintf("%s has %d children", e.Tag, len(children))
		}
		declared := choice.FindElement("element[@name='" + children[0].Tag + "']")
		if declared == nil {
			return children[0].Tag + " is no choice"
		}
		return s.check(declared, children[0])
	}
	for _, declared := range complex.FindElements("sequence/element") {
		if len(children) > 0 && children[0].Tag == declared.SelectAttrValue("name", "") {
			if problem := s.check(declared, children[0]); problem != "" {
				return problem
			}
			children = children[1:]
		} else if declared.SelectAttrValue("minOccurs", "1") != "0" {
			return e.Tag + " lacks " + declared.SelectAttrValue("name", "")
		}
	}
	if len(children) > 0 {
		return e.Tag + " has " + children[0].Tag + " too much or in the wrong place"
	}
	return ""
}

func checkText(simple, e *etree.Element) string {
	if len(e.ChildElements()) > 0 || len(e.Attr) > 0 {
		return e.Tag + " is more than text"
	}
	if pattern := simple.FindElement("restriction/pattern"); pattern != nil && !regexp.MustCompile("^("+pattern.SelectAttrValue("value", "")+")$").MatchString(e.Text()) {
		return e.Tag + " does not match its pattern"
	}
	values := simple.FindElements("restriction/enumeration")
	if len(values) > 0 && !slices.ContainsFunc(values, func(v *etree.Element) bool { return v.SelectAttrValue("value", "") == e.Text() }) {
		return e.Tag + " is none of its values"
	}
	return ""
}
