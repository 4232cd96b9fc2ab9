package messages_test

import (
	"fmt"

	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/messages"
)

func ExampleAppendRequest() {
	r := &messages.InquiryRequest{
		UserID:     "OMS",
		Instrument: messages.Instrument{CardNumber: secret.New("6006491234560017")},
		Comments:   messages.Inquiry.Comment(),
	}
	body, err := messages.AppendRequest(nil, r, messages.Form{Bare: true, Masked: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(body))
	// Output:
	// <InquiryRequest><UserID>OMS</UserID><Instrument><InstrumentID /><AuthenticationData /><CardNumber>************0017</CardNumber><CardSwiped>False</CardSwiped></Instrument><Comments>Inquiry Request</Comments></InquiryRequest>
}

func ExampleReadAnswer() {
	var a messages.Answer
	err := messages.ReadAnswer([]byte(`<VoidResponse ResponseCode="Rejected"><ErrorCode>NO_SUCH_HOLD</ErrorCode></VoidResponse>`), &a)
	fmt.Println(a.Kind, a.Refused(), a.ErrorCode, err)
	err = messages.ReadAnswer([]byte(`<VoidResponse><Reason>`), &a)
	fmt.Println(err)
	// Output:
	// VoidRequest true NO_SUCH_HOLD <nil>
	// 1:23: xml_malformed: the document ends too early
}

func ExampleMask() {
	fmt.Println(string(messages.Mask([]byte("no card 6006 4912 3456 0017 here"))))
	// Output: no card ************0017 here
}
