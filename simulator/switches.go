package simulator

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Switches are the choices that no public document makes for us. The zero value is our reading; each switch is the
// other reading. The few that turn documented behaviour round say so.
type Switches struct {
	// EmptyCardAuthorizes approves a preauthorization of 0.00 when nothing is available. Otherwise it is rejected.
	EmptyCardAuthorizes bool
	// PartialRefused rejects a preauthorization for which too little is available. Otherwise what there is is held,
	// as documented ("OMS 15.1 help SO14_08", setting J19).
	PartialRefused bool
	// RestReleased frees what a postauthorization leaves of its hold. Otherwise the rest stays held.
	RestReleased bool
	// SecondCaptureRefused rejects a second postauthorization of one hold. Otherwise it may take what is left.
	SecondCaptureRefused bool
	// VoidAmountChecked rejects a void whose amount is not what is left of the hold. Otherwise the amount is ignored
	// and all that is left is released.
	VoidAmountChecked bool
	// VoidCapturedRefused rejects the void of a hold of which something was captured. Otherwise the rest is released.
	VoidCapturedRefused bool
	// VoidOthers lets activations, recharges, returns and postauthorizations be voided. Otherwise that is rejected.
	VoidOthers bool
	// RepeatedActivationRefused rejects the activation of a card that is active. Otherwise it adds the amount again,
	// as "ORCE 22.1 guide ch. 9, Activate Instrument" says; older releases are not documented.
	RepeatedActivationRefused bool
	// ZeroActivatesInitial gives a new card its initial account balance when it is activated with 0.00. Otherwise it
	// gets what the message says: nothing. "ORCE 22.1 guide ch. 9" leaves open which of the two goes first.
	ZeroActivatesInitial bool
	// RechargeActivates lets a recharge activate a new card. Otherwise it is rejected.
	RechargeActivates bool
	// GeneratedInactive leaves a generated card without activation. Otherwise it is active with 0.00, which the
	// documented answers show.
	GeneratedInactive bool
	// InactiveInquiryRefused rejects an inquiry on an inactive card. Otherwise it succeeds with Inactive, as documented.
	InactiveInquiryRefused bool
	// CurrencyIgnored books in the account's currency whatever the message says. Otherwise another currency is rejected.
	CurrencyIgnored bool
	// Franchisee is the feature of that name, which makes every message fail ("OMS 15.1 help SO14_08", note).
	Franchisee bool
	// CardPresent wants CardSwiped to be True in every message that names a card.
	CardPresent bool
	// ExpiryMonths sets the expiry date of a card at its first activation; 0 is never. The rule is not public.
	ExpiryMonths int
	// DeclineWithAccount lets a rejected answer show the card, the account and its balance too.
	DeclineWithAccount bool
	// DeclineWithTransaction lets a rejected answer show its transaction id too.
	DeclineWithTransaction bool
	// ActionIgnored accepts a SOAPAction that contradicts the payload. Otherwise it is refused with a
	// fault.
	ActionIgnored bool
	// Enveloped sends answers inside a SOAP envelope. Otherwise they are bare, as documented.
	Enveloped bool
	// NoNamespace sends answers without the IXRetail namespace.
	NoNamespace bool
	// MagicOff makes magic amounts and card endings ordinary.
	MagicOff bool
}

// SwitchRow describes one switch for people and configuration.
type SwitchRow struct{ Name, Default, Help string }

type switchRow struct {
	name, help string
	of         func(*Switches) any // *bool or *int
}

var switchTable = []switchRow{
	{"empty-card-authorizes", "approve 0.00 when a preauthorization finds nothing available", func(s *Switches) any { return &s.EmptyCardAuthorizes }},
	{"partial-refused", "reject a preauthorization for which too little is available", func(s *Switches) any { return &s.PartialRefused }},
	{"rest-released", "free what a postauthorization leaves of its hold", func(s *Switches) any { return &s.RestReleased }},
	{"second-capture-refused", "reject a second postauthorization of one hold", func(s *Switches) any { return &s.SecondCaptureRefused }},
	{"void-amount-checked", "reject a void whose amount is not what is left of the hold", func(s *Switches) any { return &s.VoidAmountChecked }},
	{"void-captured-refused", "reject the void of a partly captured hold", func(s *Switches) any { return &s.VoidCapturedRefused }},
	{"void-others", "void activations, recharges, returns and postauthorizations too", func(s *Switches) any { return &s.VoidOthers }},
	{"repeated-activation-refused", "reject the activation of an active card", func(s *Switches) any { return &s.RepeatedActivationRefused }},
	{"zero-activates-initial", "give a new card its initial balance when it is activated with 0.00", func(s *Switches) any { return &s.ZeroActivatesInitial }},
	{"recharge-activates", "let a recharge activate a new card", func(s *Switches) any { return &s.RechargeActivates }},
	{"generated-inactive", "leave a generated card without activation", func(s *Switches) any { return &s.GeneratedInactive }},
	{"inactive-inquiry-refused", "reject an inquiry on an inactive card", func(s *Switches) any { return &s.InactiveInquiryRefused }},
	{"currency-ignored", "book in the account's currency whatever the message says", func(s *Switches) any { return &s.CurrencyIgnored }},
	{"franchisee", "fail every message, as the franchisee feature does", func(s *Switches) any { return &s.Franchisee }},
	{"card-present", "want CardSwiped to be True", func(s *Switches) any { return &s.CardPresent }},
	{"expiry-months", "months from first activation to expiry, 0 is never", func(s *Switches) any { return &s.ExpiryMonths }},
	{"decline-with-account", "show card and account in rejected answers", func(s *Switches) any { return &s.DeclineWithAccount }},
	{"decline-with-transaction", "show the transaction id in rejected answers", func(s *Switches) any { return &s.DeclineWithTransaction }},
	{"action-ignored", "accept a SOAPAction that contradicts the payload", func(s *Switches) any { return &s.ActionIgnored }},
	{"enveloped", "send answers inside a SOAP envelope", func(s *Switches) any { return &s.Enveloped }},
	{"no-namespace", "send answers without the IXRetail namespace", func(s *Switches) any { return &s.NoNamespace }},
	{"magic-off", "make magic amounts and card endings ordinary", func(s *Switches) any { return &s.MagicOff }},
}

// SwitchTable lists all switches with their defaults.
func SwitchTable() []SwitchRow {
	rows := make([]SwitchRow, len(switchTable))
	for i, row := range switchTable {
		rows[i] = SwitchRow{Name: row.name, Default: Switches{}.text(i), Help: row.help}
	}
	return rows
}

// Set turns a switch by name: true or false, or a number for expiry-months. Unknown names and values are errors.
func (s *Switches) Set(name, value string) error {
	i := slices.IndexFunc(switchTable, func(row switchRow) bool { return row.name == name })
	if i < 0 {
		return fmt.Errorf("simulator: there is no switch %q", name)
	}
	switch v := switchTable[i].of(s).(type) {
	case *bool:
		on, err := strconv.ParseBool(value)
		if err != nil {
			return fmt.Errorf("simulator: switch %s is true or false", name)
		}
		*v = on
	case *int:
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 || n > maxExpiryMonths {
			return fmt.Errorf("simulator: switch %s is 0 to %d", name, maxExpiryMonths)
		}
		*v = n
	}
	return nil
}

const maxExpiryMonths = 1200

// String lists the switches that are not at their default, "name=value" with commas between, or "default".
func (s Switches) String() string {
	var set []string
	for i, row := range switchTable {
		if text := s.text(i); text != (Switches{}).text(i) {
			set = append(set, row.name+"="+text)
		}
	}
	if set == nil {
		return "default"
	}
	return strings.Join(set, ",")
}

func (s Switches) text(i int) string {
	switch v := switchTable[i].of(&s).(type) {
	case *bool:
		return strconv.FormatBool(*v)
	case *int:
		return strconv.Itoa(*v)
	}
	return ""
}
