package responsecodes

import "github.com/svcgate/svcgate"

// Response codes of the starter set, as Oracle's sample listing has them ("OMS 15.1 help SO04_05": 100 approved, 101
// declined).
const (
	VendorApproved    = "100"
	VendorDeclined    = "101"
	VendorUnavailable = "SU"
)

// StarterSet returns the rules that a service bureau begins with: the codes that the provider's documents name. What a
// provider answers beyond them is undefined until somebody adds a rule.
func StarterSet(service string) []Rule {
	approved := func(op svcgate.Operation, source svcgate.Source, code string) Rule {
		return Rule{Service: service, Operation: op.String(), Source: source, Code: code,
			Vendor: VendorApproved, Description: "Approved", Outcome: svcgate.Approved, Messages: []string{}}
	}
	declined := func(source svcgate.Source, code, description string) Rule {
		return Rule{Service: service, Operation: svcgate.Generate.String(), Source: source, Code: code,
			Vendor: VendorDeclined, Description: description, Outcome: svcgate.Declined, Messages: []string{}}
	}
	none := declined(svcgate.SourceErrorCode, "ALL_CARDS_GENERATED", "No card numbers left")
	none.Messages = []string{"The card series is used up; have a new one loaded"}
	return []Rule{
		approved(svcgate.Activate, svcgate.SourceReasonCode, "2"),
		approved(svcgate.Activate, svcgate.SourceReasonCode, "8"), // a virtual card
		approved(svcgate.Recharge, svcgate.SourceReasonCode, "8"),
		approved(svcgate.Inquire, svcgate.SourceReasonCode, "16"),
		approved(svcgate.Return, svcgate.SourceReasonCode, "18"),
		approved(svcgate.Void, svcgate.SourceReasonCode, "22"),
		approved(svcgate.Authorize, svcgate.SourceReasonCode, "24"),
		approved(svcgate.Deposit, svcgate.SourceReasonCode, "26"),
		approved(svcgate.Generate, svcgate.SourceResponseCode, codeOK),
		declined(svcgate.SourceResponseCode, codeRejected, "Declined"),
		none,
		{
			Service: service, Source: svcgate.SourceTransport, Code: svcgate.CodeSU, Vendor: VendorUnavailable,
			Description: "Service is unavailable", Outcome: svcgate.Unavailable,
			Attempts: new(9), HoldReason: "CW", HoldDays: new(1), Messages: []string{},
		},
	}
}
