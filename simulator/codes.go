package simulator

// Error codes of rejected messages. CodeAllCardsGenerated is the provider's ("OMS 15.1 help SO14_08", error mapping);
// no other code of the stored value messages is public. All others are ours, which the SIM_ in front says, so that
// nobody takes them for the provider's.
const (
	CodeAllCardsGenerated = "ALL_CARDS_GENERATED"

	CodeCardNotFound        = "SIM_CARD_NOT_FOUND"
	CodeCardInactive        = "SIM_CARD_INACTIVE"
	CodeCardExpired         = "SIM_CARD_EXPIRED"
	CodeCardNotPresent      = "SIM_CARD_NOT_PRESENT"
	CodeSerialMismatch      = "SIM_SERIAL_MISMATCH"
	CodePINRequired         = "SIM_PIN_REQUIRED"
	CodePINWrong            = "SIM_PIN_WRONG"
	CodeAccountInactive     = "SIM_ACCOUNT_INACTIVE"
	CodeActiveAlready       = "SIM_CARD_ACTIVE_ALREADY"
	CodeAmountInvalid       = "SIM_AMOUNT_INVALID"
	CodeAmountTooLarge      = "SIM_AMOUNT_TOO_LARGE"
	CodeCurrencyMismatch    = "SIM_CURRENCY_MISMATCH"
	CodeInsufficientFunds   = "SIM_INSUFFICIENT_FUNDS"
	CodeTransactionMissing  = "SIM_TRANSACTION_ID_MISSING"
	CodeTransactionNotFound = "SIM_TRANSACTION_NOT_FOUND"
	CodeTransactionOther    = "SIM_TRANSACTION_OF_OTHER_CARD"
	CodeNotAHold            = "SIM_TRANSACTION_NOT_A_PREAUTHORIZATION"
	CodeNotVoidable         = "SIM_TRANSACTION_NOT_VOIDABLE"
	CodeVoidedAlready       = "SIM_TRANSACTION_VOIDED"
	CodeAmountAboveHold     = "SIM_AMOUNT_ABOVE_HOLD"
	CodeHoldCaptured        = "SIM_HOLD_CAPTURED"
	CodeHoldVoided          = "SIM_HOLD_VOIDED"
	CodeVoidAmount          = "SIM_VOID_AMOUNT_DIFFERS"
	CodeSeriesNotFound      = "SIM_SERIES_NOT_FOUND"
	CodeFranchisee          = "SIM_FRANCHISEE_ENABLED"
	CodeDeclined            = "SIM_DECLINED"
)

// descriptions is what ResponseDescription says for each code.
var descriptions = map[string]string{
	CodeAllCardsGenerated:   "Every card of the series has been given away.",
	CodeCardNotFound:        "No card has this number.",
	CodeCardInactive:        "The card is not active.",
	CodeCardExpired:         "The card has expired.",
	CodeCardNotPresent:      "The program wants the card to be swiped.",
	CodeSerialMismatch:      "Card number and serial number do not belong together.",
	CodePINRequired:         "The card asks for its PIN.",
	CodePINWrong:            "The PIN is wrong.",
	CodeAccountInactive:     "The account is not active.",
	CodeActiveAlready:       "The card was activated before.",
	CodeAmountInvalid:       "The amount is missing, zero, negative or has too many decimals.",
	CodeAmountTooLarge:      "The amount would exceed what an account can hold.",
	CodeCurrencyMismatch:    "The account is kept in another currency.",
	CodeInsufficientFunds:   "There is not enough money on the card.",
	CodeTransactionMissing:  "The message names no earlier transaction.",
	CodeTransactionNotFound: "No transaction has this id.",
	CodeTransactionOther:    "The transaction belongs to another card.",
	CodeNotAHold:            "The transaction is not a preauthorization.",
	CodeNotVoidable:         "A transaction of this kind is not voided.",
	CodeVoidedAlready:       "The transaction was voided before.",
	CodeAmountAboveHold:     "The amount is more than this one preauthorization has left.",
	CodeHoldCaptured:        "Nothing is left of the preauthorization.",
	CodeHoldVoided:          "The preauthorization was voided.",
	CodeVoidAmount:          "The amount is not what is left of the preauthorization.",
	CodeSeriesNotFound:      "No such card series was generated.",
	CodeFranchisee:          "The franchisee feature is enabled.",
	CodeDeclined:            "Declined.",
}

// refusal is a rejected message: an answer, not an error.
type refusal struct{ code, description string }

func refuse(code string) *refusal { return &refusal{code, descriptions[code]} }

// Codes lists the error codes that accounts give and what they say.
func Codes() map[string]string {
	all := make(map[string]string, len(descriptions))
	for code, text := range descriptions {
		all[code] = text
	}
	return all
}
