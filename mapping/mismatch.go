package mapping

// Mismatch is the stable word for why an answer does not answer the question.
type Mismatch string

// The mismatches. Each means: something was answered, but what became of our message is not known.
const (
	OtherMessage       Mismatch = "other_message"         // the root element is another message's
	OtherReason        Mismatch = "other_reason"          // the reason code is another message's
	NoCode             Mismatch = "no_code"               // neither accepted nor refused
	OtherCard          Mismatch = "other_card"            // the answer names another card
	OtherAuthorization Mismatch = "other_authorization"   // the deposit took from another hold
	OtherSeries        Mismatch = "other_series"          // the card was generated in another series
	NoCardNumber       Mismatch = "no_card_number"        // generated, but no number
	BadCardNumber      Mismatch = "bad_card_number"       // generated, but not 10 to 16 digits
	NoTransactionID    Mismatch = "no_transaction_id"     // money moved without an id
	BadTransactionID   Mismatch = "bad_transaction_id"    // an id that no later message could name
	NoAmount           Mismatch = "no_amount"             // money moved, but how much?
	BadAmount          Mismatch = "bad_amount"            // negative, too large or with other decimals than the currency's
	MoreThanAsked      Mismatch = "more_than_asked"       // acted on more than asked
	LessThanAsked      Mismatch = "less_than_asked"       // added less than asked
	OtherCurrency      Mismatch = "other_currency"        // acted in another currency than asked
	BadCurrency        Mismatch = "bad_currency"          // no ISO 4217 code in capitals
	CardNumberInAnswer Mismatch = "card_number_in_answer" // the card number stands in an id, alone or with more
)

var mismatches = []struct {
	reason   Mismatch
	sentence string
}{
	{OtherMessage, "The answer is to another kind of message."},
	{OtherReason, "The answer's reason code belongs to another kind of message."},
	{NoCode, "The answer says neither that it was accepted nor that it was refused."},
	{OtherCard, "The answer names another card."},
	{OtherAuthorization, "The answer names another authorization than the deposit did."},
	{OtherSeries, "The answer names another card prefix or series than was asked for."},
	{NoCardNumber, "A card was generated but the answer has no number."},
	{BadCardNumber, "A card was generated but its number is not 10 to 16 digits."},
	{NoTransactionID, "The answer accepts the message but has no transaction id."},
	{BadTransactionID, "The answer's transaction id is not a number of 1 to 15 digits, so no later message could name it."},
	{NoAmount, "The answer accepts the message but does not say for how much."},
	{BadAmount, "The answer's amount is no amount of its currency."},
	{MoreThanAsked, "The answer's amount is more than was asked for."},
	{LessThanAsked, "The answer's amount is less than was to be added; only taking is done in part."},
	{OtherCurrency, "The answer's amount is in another currency than was asked for."},
	{BadCurrency, "The answer's currency is no ISO 4217 code in capitals."},
	{CardNumberInAnswer, "The answer has the card number in an id."},
}

// Mismatches lists them all.
func Mismatches() []Mismatch {
	all := make([]Mismatch, len(mismatches))
	for i := range mismatches {
		all[i] = mismatches[i].reason
	}
	return all
}

// Sentence returns what the word means, safe to show; "" for a value that is no mismatch.
func (m Mismatch) Sentence() string {
	for _, row := range mismatches {
		if row.reason == m {
			return row.sentence
		}
	}
	return ""
}

// MismatchError says that an answer was read but does not answer the question. It holds nothing of the answer.
type MismatchError struct{ Reason Mismatch }

// Error returns the word and its sentence.
func (e *MismatchError) Error() string {
	return "mapping: " + string(e.Reason) + ": " + e.Reason.Sentence()
}
