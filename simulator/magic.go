package simulator

import (
	"slices"

	"github.com/svcgate/svcgate/messages"
)

// MagicCardLead is put before a magic ending to make the number of a demo card.
const MagicCardLead = "600649123456"

// MagicRow is an outcome that needs no configuration: a card with this ending, or this amount, or this card series
// brings it about.
type MagicRow struct {
	Ending   string // last four digits of the card; "" when no card does it
	Amount   string // exact amount, in any currency with two decimals; "" when no amount does it
	Series   string // CardSeriesSequence of GenerateCard; "" when no series does it
	Messages string // which messages: see the constants
	Fault    string // what happens, as ParseFault reads it
	Outcome  string // what the caller sees, in words
}

// Values of MagicRow.Messages.
const (
	MagicMoney    = "money"     // all that name a card but inquiries, so that an unknown outcome can be settled
	MagicAll      = "all"       // inquiries too
	MagicPreauth  = "authorize" // PreauthorizationRequest
	MagicGenerate = "generate"  // GenerateCard
)

// The endings and amounts lie far from what a demo uses: no demo card without magic ends in 99, no demo card is worth
// 9,900.00.
var magicTable = []MagicRow{
	{"9901", "9900.01", "", MagicMoney, "error-code:" + CodeDeclined, "declined"},
	{"9902", "9900.02", "", MagicMoney, "error-code:" + CodeInsufficientFunds, "declined for want of money"},
	{"9903", "9900.03", "", MagicPreauth, "partial", "approved for half of what could have been authorized"},
	{"9904", "9900.04", "", MagicMoney, "error-code:SIM_CODE_NOBODY_DEFINED", "declined with a code that is in no table"},
	{"9905", "9900.05", "", MagicMoney, "reason-code:99", "booked, with a reason code that is in no table"},
	{"9906", "9900.06", "", MagicMoney, "silence-before", "no answer, not booked"},
	{"9907", "9900.07", "", MagicMoney, "silence-after", "no answer, booked"},
	{"9908", "9900.08", "", MagicMoney, "reset-before", "connection reset, not booked"},
	{"9909", "9900.09", "", MagicMoney, "reset-after", "connection reset, booked"},
	{"9910", "9900.10", "", MagicMoney, "soap-fault", "SOAP fault, not booked"},
	{"9911", "9900.11", "", MagicMoney, "html-502", "HTML page with status 502, not booked"},
	{"9912", "9900.12", "", MagicMoney, "html-502-booked", "HTML page with status 502, booked"},
	{"9913", "9900.13", "", MagicMoney, "html-200-booked", "HTML page with status 200, booked"},
	{"9914", "9900.14", "", MagicMoney, "truncated", "half an answer, booked"},
	{"9915", "9900.15", "", MagicMoney, "error-code:" + CodeCardInactive, "declined because the card is inactive"},
	{"9916", "9900.16", "", MagicMoney, "error-code:" + CodeCardExpired, "declined because the card has expired"},
	{"9917", "9900.17", "", MagicMoney, "other-currency", "booked, answered in another currency"},
	{"9918", "9900.18", "", MagicMoney, "more-than-asked", "booked, answered with more than was asked for"},
	{"9919", "9900.19", "", MagicMoney, "wrong-message", "booked, answered with another message's answer"},
	{"9920", "9900.20", "", MagicMoney, "status-429", "too many requests, not booked"},
	{"9921", "9900.21", "", MagicMoney, "delay-before:5s", "booked and approved after five seconds"},
	{"9922", "9900.22", "", MagicMoney, "error-code-booked:SIM_CODE_NOBODY_DEFINED", "booked, answered with an error code beside the transaction"},
	{"9923", "9900.23", "", MagicMoney, "garbage", "bytes that are no XML, booked"},
	{"9924", "9900.24", "", MagicMoney, "empty-500", "status 500 without a body, not booked"},
	{"9930", "", "", MagicAll, "html-502", "HTML page with status 502 for inquiries too: the provider is down"},
	{"", "", "99", MagicGenerate, "error-code:" + CodeAllCardsGenerated, "declined because the card series is exhausted"},
}

// magicFaults are the rows' faults, parsed; a row that does not parse is a defect that stops the program at once.
var magicFaults = func() []Fault {
	faults := make([]Fault, len(magicTable))
	for i, row := range magicTable {
		f, err := ParseFault(row.Fault)
		if err != nil {
			panic("simulator: magic table: " + err.Error())
		}
		faults[i] = f
	}
	return faults
}()

// MagicTable lists all magic, from which the behaviour comes too.
func MagicTable() []MagicRow { return slices.Clone(magicTable) }

// magicFault finds the row that a message brings about; the card's ending goes before the amount.
func magicFault(q question) (Fault, bool) {
	found := -1
	for i, row := range magicTable {
		switch {
		case !row.concerns(q.kind):
		case row.Ending != "" && row.Ending == q.lastFour, row.Series != "" && row.Series == q.from.sequence:
			return magicFaults[i], true
		case found < 0 && row.Amount != "" && sameAmount(q.rtp.Amount, row.Amount):
			found = i
		}
	}
	if found < 0 {
		return Fault{}, false
	}
	return magicFaults[found], true
}

func (r MagicRow) concerns(kind messages.Kind) bool {
	switch r.Messages {
	case MagicMoney:
		return kind != messages.Inquiry && kind != messages.GenerateCard
	case MagicAll:
		return kind != messages.GenerateCard
	case MagicPreauth:
		return kind == messages.Preauthorization
	case MagicGenerate:
		return kind == messages.GenerateCard
	}
	return false
}

func sameAmount(d messages.Decimal, text string) bool {
	minor, exact := d.Minor(2)
	want, err := messages.ParseDecimal(text)
	if err != nil || !exact {
		return false
	}
	magic, _ := want.Minor(2)
	return minor == magic
}

// magicEnding reports whether a card that ends so would not be ordinary.
func magicEnding(last string) bool {
	return slices.ContainsFunc(magicTable, func(r MagicRow) bool { return r.Ending == last })
}
