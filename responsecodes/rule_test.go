package responsecodes_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/svcgate/svcgate"
	"github.com/svcgate/svcgate/responsecodes"
)

// declined is a valid rule with every member filled.
func declined() responsecodes.Rule {
	return responsecodes.Rule{
		Service: "RLT", Operation: "authorize", Source: svcgate.SourceErrorCode, Code: "OVER_LIMIT", Vendor: "103",
		Description: "Over the limit", Outcome: svcgate.Declined, Attempts: new(2), HoldReason: "CW", HoldDays: new(5),
		DaysBetween: new(1), Cancel: true, Messages: []string{"Try another card"},
	}
}

// fields lists the fields that Validate names, with their reasons.
func fields(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("the error is a %T", err)
	}
	var out []string
	for _, one := range joined.Unwrap() {
		e, ok := errors.AsType[*svcgate.Error](one)
		if !ok || e.Code != svcgate.CodeInvalid || e.Detail == "" || e.Reason == "" {
			t.Errorf("%v is no invalid with a sentence", one)
			continue
		}
		out = append(out, e.Field+" "+e.Reason)
	}
	return out
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for _, rule := range append(responsecodes.StarterSet("RLT"), declined()) {
		if err := rule.Validate(); err != nil {
			t.Errorf("%s: %v", rule.ID(), err)
		}
	}
	for _, c := range []struct {
		name  string
		spoil func(r *responsecodes.Rule)
		want  string // field and reason; "" is valid
	}{
		{"any operation", func(r *responsecodes.Rule) { r.Operation = "" }, ""},
		{"any limit", func(r *responsecodes.Rule) { r.Attempts, r.DaysBetween, r.HoldDays = nil, nil, nil }, ""},
		{"no hold", func(r *responsecodes.Rule) { r.HoldReason, r.HoldDays = "", nil }, ""},
		{"the bounds", func(r *responsecodes.Rule) {
			r.Attempts, r.DaysBetween, r.HoldDays = new(0), new(0), new(responsecodes.MaxCount)
		}, ""},
		{"four messages of sixty", func(r *responsecodes.Rule) {
			r.Messages = slices.Repeat([]string{strings.Repeat("é", responsecodes.MaxMessage)}, responsecodes.MaxMessages)
		}, ""},
		{"a code with a space and small letters", func(r *responsecodes.Rule) { r.Code = "Card not found" }, ""},
		{"a code of one", func(r *responsecodes.Rule) { r.Code = "9" }, ""},
		{"the longest code", func(r *responsecodes.Rule) { r.Code = strings.Repeat("A", responsecodes.MaxCode) }, ""},
		{"undefined", func(r *responsecodes.Rule) { r.Outcome = svcgate.Undefined }, ""},
		{"unknown", func(r *responsecodes.Rule) { r.Outcome, r.Cancel = svcgate.Unknown, false }, ""},
		{"less of an answer", func(r *responsecodes.Rule) { r.Source, r.Code = svcgate.SourceReasonCode, "24" }, ""},
		{"a reason code that marks nothing", func(r *responsecodes.Rule) { r.Source, r.Code = svcgate.SourceReasonCode, "99" }, ""},

		{"no service", func(r *responsecodes.Rule) { r.Service = "" }, "service invalid_service"},
		{"a service with a colon", func(r *responsecodes.Rule) { r.Service = "R:T" }, "service invalid_service"},
		{"a long service", func(r *responsecodes.Rule) { r.Service = strings.Repeat("R", 17) }, "service invalid_service"},
		{"an odd operation", func(r *responsecodes.Rule) { r.Operation = "refund" }, "operation invalid_operation"},
		{"a star", func(r *responsecodes.Rule) { r.Operation = "*" }, "operation invalid_operation"},
		{"an operation in capitals", func(r *responsecodes.Rule) { r.Operation = "Authorize" }, "operation invalid_operation"},
		{"no source", func(r *responsecodes.Rule) { r.Source = "" }, "source invalid_source"},
		{"an odd source", func(r *responsecodes.Rule) { r.Source = "hearsay" }, "source invalid_source"},
		{"no code", func(r *responsecodes.Rule) { r.Code = "" }, "code invalid_code"},
		{"a code with a space before", func(r *responsecodes.Rule) { r.Code = " 9" }, "code invalid_code"},
		{"a code with a space behind", func(r *responsecodes.Rule) { r.Code = "9 " }, "code invalid_code"},
		{"a code with a line end", func(r *responsecodes.Rule) { r.Code = "9\n" }, "code invalid_code"},
		{"a code beyond ASCII", func(r *responsecodes.Rule) { r.Code = "é" }, "code invalid_code"},
		{"a long code", func(r *responsecodes.Rule) { r.Code = strings.Repeat("A", responsecodes.MaxCode+1) }, "code invalid_code"},
		{"no vendor code", func(r *responsecodes.Rule) { r.Vendor = "" }, "vendor invalid_vendor"},
		{"a long vendor code", func(r *responsecodes.Rule) { r.Vendor = strings.Repeat("1", responsecodes.MaxVendor+1) }, "vendor invalid_vendor"},
		{"a vendor code with a dash", func(r *responsecodes.Rule) { r.Vendor = "1-1" }, "vendor invalid_vendor"},
		{"a long description", func(r *responsecodes.Rule) { r.Description = strings.Repeat("d", responsecodes.MaxDescription+1) }, "description invalid_description"},
		{"a description of two lines", func(r *responsecodes.Rule) { r.Description = "a\nb" }, "description invalid_description"},
		{"a description in Latin-1", func(r *responsecodes.Rule) { r.Description = "caf\xe9" }, "description invalid_description"},
		{"no outcome", func(r *responsecodes.Rule) { r.Outcome = "" }, "outcome invalid_outcome"},
		{"an odd outcome", func(r *responsecodes.Rule) { r.Outcome = "retry" }, "outcome invalid_outcome"},
		{"attempts below 0", func(r *responsecodes.Rule) { r.Attempts = new(-1) }, "attempts invalid_number"},
		{"too many attempts", func(r *responsecodes.Rule) { r.Attempts = new(responsecodes.MaxCount + 1) }, "attempts invalid_number"},
		{"days below 0", func(r *responsecodes.Rule) { r.HoldDays = new(-1) }, "hold_days invalid_number"},
		{"too many days between", func(r *responsecodes.Rule) { r.DaysBetween = new(1000) }, "days_between invalid_number"},
		{"a small hold reason", func(r *responsecodes.Rule) { r.HoldReason = "cw" }, "hold_reason invalid_hold_reason"},
		{"a long hold reason", func(r *responsecodes.Rule) { r.HoldReason = "CWX" }, "hold_reason invalid_hold_reason"},
		{"days without a reason", func(r *responsecodes.Rule) { r.HoldReason = "" }, "hold_days hold_reason_needed"},
		{"five messages", func(r *responsecodes.Rule) { r.Messages = slices.Repeat([]string{"m"}, 5) }, "messages too_many_messages"},
		{"an empty message", func(r *responsecodes.Rule) { r.Messages = []string{"a", ""} }, "messages invalid_message"},
		{"a long message", func(r *responsecodes.Rule) { r.Messages = []string{strings.Repeat("m", responsecodes.MaxMessage+1)} }, "messages invalid_message"},
		{"a message with a tab", func(r *responsecodes.Rule) { r.Messages = []string{"a\tb"} }, "messages invalid_message"},
		{"a message that turns the text", func(r *responsecodes.Rule) { r.Messages = []string{"a\u202eb"} }, "messages invalid_message"},

		{"another operation's code", func(r *responsecodes.Rule) { r.Source, r.Code = svcgate.SourceReasonCode, "26" }, "code other_operation"},
		{"unavailable by an error code", func(r *responsecodes.Rule) { r.Outcome, r.Cancel = svcgate.Unavailable, false }, "outcome cannot_be_unavailable"},
		{"transport and declined", func(r *responsecodes.Rule) { r.Source, r.Code = svcgate.SourceTransport, svcgate.CodeSU }, "outcome must_be_unavailable"},
		{"transport and unknown", func(r *responsecodes.Rule) {
			r.Source, r.Code, r.Outcome, r.Cancel = svcgate.SourceTransport, svcgate.CodeSU, svcgate.Unknown, false
		}, "outcome must_be_unavailable"},
		{"another transport code", func(r *responsecodes.Rule) {
			r.Source, r.Code, r.Outcome, r.Cancel = svcgate.SourceTransport, "su", svcgate.Unavailable, false
		}, "code invalid_transport_code"},
		{"cancelling what may succeed", func(r *responsecodes.Rule) {
			r.Source, r.Code, r.Outcome = svcgate.SourceTransport, svcgate.CodeSU, svcgate.Unavailable
		}, "cancel cannot_cancel"},
		{"cancelling the unknown", func(r *responsecodes.Rule) { r.Outcome = svcgate.Unknown }, "cancel cannot_cancel"},
		{"cancelling the approved", func(r *responsecodes.Rule) {
			r.Source, r.Code, r.Outcome = svcgate.SourceReasonCode, "24", svcgate.Approved
		}, "cancel cannot_cancel"},
	} {
		r := declined()
		c.spoil(&r)
		if got := strings.Join(fields(t, r.Validate()), ", "); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestValidateTellsAllAtOnce(t *testing.T) {
	t.Parallel()
	got := fields(t, responsecodes.Rule{Operation: "x", Attempts: new(-1), HoldDays: new(1), Messages: []string{""}}.Validate())
	if len(got) != 8 {
		t.Errorf("%d problems are told, want 8: %q", len(got), got)
	}
}

func TestValidateQuotesNothing(t *testing.T) {
	t.Parallel()
	const number = "6006491234560017"
	r := responsecodes.Rule{Service: number + number, Operation: number, Source: number, Code: number + "\n", Vendor: number, Description: number + number + number,
		Outcome: number, HoldReason: number, Messages: []string{strings.Repeat(number, 5)}}
	if err := r.Validate(); err == nil || strings.Contains(err.Error(), number) {
		t.Errorf("the error is %v", err)
	}
}

// TestOnlyTheOwnMarkerApproves walks every operation, source and some codes: what may approve is listed, all else not.
func TestOnlyTheOwnMarkerApproves(t *testing.T) {
	t.Parallel()
	may := map[string]bool{
		"activate reason_code 2": true, "activate reason_code 8": true, "recharge reason_code 8": true, "inquire reason_code 16": true,
		"return reason_code 18": true, "void reason_code 22": true, "authorize reason_code 24": true, "deposit reason_code 26": true,
		"generate response_code OK": true,
	}
	operations := []string{""}
	for _, info := range svcgate.Operations() {
		operations = append(operations, info.Name)
	}
	approving := 0
	for _, operation := range operations {
		for _, source := range append(svcgate.Sources(), "") {
			for _, code := range []string{"1", "2", "02", "8", "16", "18", "22", "24", "26", "27", "OK", "ok", "Rejected", "SU", "ALL_CARDS_GENERATED"} {
				for _, outcome := range []svcgate.Outcome{svcgate.Approved, svcgate.Partial} {
					r := responsecodes.Rule{Service: "RLT", Operation: operation, Source: source, Code: code, Vendor: "100", Outcome: outcome}
					valid := r.Validate() == nil
					if want := may[fmt.Sprintf("%s %s %s", operation, source, code)]; valid != want {
						t.Errorf("%s %s: valid is %v, want %v", r.ID(), outcome, valid, want)
					}
					if valid {
						approving++
					}
				}
			}
		}
	}
	if approving != 2*len(may) {
		t.Errorf("%d rules approve, want %d", approving, 2*len(may))
	}
}

func TestID(t *testing.T) {
	t.Parallel()
	for id, r := range map[string]responsecodes.Rule{
		"RLT:authorize:reason_code:24":   {Service: "RLT", Operation: "authorize", Source: svcgate.SourceReasonCode, Code: "24"},
		"RLT:*:transport:SU":             {Service: "RLT", Source: svcgate.SourceTransport, Code: "SU"},
		"RLT:*:error_code:A:B:*":         {Service: "RLT", Source: svcgate.SourceErrorCode, Code: "A:B:*"},
		"R.T-1:void:error_code:NOT HERE": {Service: "R.T-1", Operation: "void", Source: svcgate.SourceErrorCode, Code: "NOT HERE"},
	} {
		if got := r.ID(); got != id {
			t.Errorf("ID = %q, want %q", got, id)
		}
		if got, err := responsecodes.ParseID(id); err != nil || got.ID() != id || got.Operation != r.Operation || got.Code != r.Code {
			t.Errorf("ParseID(%q) = %+v, %v", id, got, err)
		}
	}
	for _, wrong := range []string{"", "RLT", "RLT:*:transport", "RLT:*:transport:", ":*:transport:SU", "RLT::transport:SU", "RLT:*::SU"} {
		if _, err := responsecodes.ParseID(wrong); !errors.Is(err, responsecodes.ErrID) {
			t.Errorf("ParseID(%q): %v", wrong, err)
		}
	}
}

func TestStarterSet(t *testing.T) {
	t.Parallel()
	var got []string
	for _, r := range responsecodes.StarterSet("RLT") {
		got = append(got, fmt.Sprintf("%s %s %s", strings.TrimPrefix(r.ID(), "RLT:"), r.Outcome, r.Vendor))
		if r.Source == svcgate.SourceTransport && (r.Cancel || r.Attempts == nil || *r.Attempts < 2 || r.HoldReason == "" || r.HoldDays == nil) {
			t.Errorf("an unavailable provider is handled as %+v", r)
		}
		if r.Code == "ALL_CARDS_GENERATED" && len(r.Messages) == 0 {
			t.Error("nobody is told that the card numbers are used up")
		}
	}
	want := `activate:reason_code:2 approved 100
activate:reason_code:8 approved 100
recharge:reason_code:8 approved 100
inquire:reason_code:16 approved 100
return:reason_code:18 approved 100
void:reason_code:22 approved 100
authorize:reason_code:24 approved 100
deposit:reason_code:26 approved 100
generate:response_code:OK approved 100
generate:response_code:Rejected declined 101
generate:error_code:ALL_CARDS_GENERATED declined 101
*:transport:SU unavailable SU`
	if strings.Join(got, "\n") != want {
		t.Errorf("the starter set is\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}
