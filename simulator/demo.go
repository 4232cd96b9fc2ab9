package simulator

import (
	"time"

	"github.com/svcgate/svcgate/internal/secret"
)

// DemoPIN is the PIN of the demo card that asks for one.
const DemoPIN = "4321"

// DemoCards are cards to try things with: ordinary ones first, then one for every magic ending, each worth 250.00 USD.
// All numbers are MagicCardLead and four digits, and belong to nobody.
func DemoCards() []CardSpec {
	long := time.Date(2020, time.January, 31, 0, 0, 0, 0, time.UTC)
	cards := []CardSpec{
		{Number: demo("0017"), Balance: 250_00, Label: "active"},
		{Number: demo("0025"), Balance: 75_50, Label: "active, a small balance"},
		{Number: demo("0033"), Balance: 40_00, Card: StandingInactive, Label: "inactive"},
		{Number: demo("0041"), Card: StandingNew, Label: "new, to be activated"},
		{Number: demo("0058"), Balance: 60_00, Expires: long, Label: "expired"},
		{Number: demo("0066"), Balance: 100_00, PIN: secret.New(DemoPIN), PINRule: PINAlways, Label: "asks for its PIN"},
		{Number: demo("0074"), Label: "active, empty"},
		{Number: demo("0082"), Balance: 30_000, Currency: "JPY", Label: "in yen"},
		{Number: demo("0090"), Balance: 120_00, Currency: "EUR", Label: "in euros"},
		{Number: demo("0108"), Serial: secret.New("6006501001000108"), Balance: 1_000_00, Label: "active, with a serial number"},
		{Number: demo("0116"), Balance: 55_00, Account: StandingInactive, Label: "active card, inactive account"},
	}
	for _, row := range magicTable {
		if row.Ending != "" {
			cards = append(cards, CardSpec{Number: demo(row.Ending), Balance: 250_00, Label: "magic: " + row.Outcome})
		}
	}
	return cards
}

func demo(ending string) secret.String { return secret.New(MagicCardLead + ending) }

// DemoSeries are the card series behind GenerateCard: 60064/01 has plenty, 60064/02 two cards.
func DemoSeries() []SeriesSpec {
	return []SeriesSpec{
		{Prefix: "60064", Sequence: "01", Cards: 10_000},
		{Prefix: "60064", Sequence: "02", Cards: 2},
	}
}
