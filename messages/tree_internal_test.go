package messages

import "testing"

// TestPlacesMatchTheTree holds the names of the places and the lists of elements together.
func TestPlacesMatchTheTree(t *testing.T) {
	t.Parallel()
	type row struct {
		place        place
		name, inside string
	}
	for name, c := range map[string]struct {
		tree *tree
		last place
		rows []row
	}{
		"answers": {answerTree, atResponseCode, []row{
			{atStatus, "Status", "InstrumentState"}, {atAccountType, "AccountType", "AccountState"},
			{atBalance, "Amount", "Balance"}, {atBalanceCurrency, "Currency", "Balance"}, {inBalance, "Balance", "AccountState"},
			{atTransactionID, "SVATransactionID", "SVATransaction"}, {atAuthNumber, "AuthNumber", "SVATransaction"},
			{atPreAuthCurrency, "PreAuthCurrencyID", "PreAuthSVAAmount"}, {atPreAuthAmount, "PreAuthAmount", "PreAuthSVAAmount"},
			{atReasonCode, "Code", "Reason"}, {atAmount, "Amount", "SVAAmount"}, {atSequence, "CardSeriesSequence", "CardSeries"},
			{atSerial, "InstrumentID", "Instrument"}, {atCard, "CardNumber", "Instrument"}, {atBatch, "BatchNumber", "Instrument"},
			{atDateTime, "DateTime", ""}, {atErrorCode, "ErrorCode", ""}, {atFaultDetail, "FaultDetail", ""}, {atResponseCode, "ResponseCode", ""},
		}},
		"requests": {requestTree, askSeriesAction, []row{
			{askAction, "ARTSAction", ""}, {askUserID, "UserID", ""}, {askComments, "Comments", ""},
			{askSerial, "InstrumentID", "Instrument"}, {askPIN, "AuthenticationData", "Instrument"}, {askCard, "CardNumber", "Instrument"},
			{askSwiped, "CardSwiped", "Instrument"}, {askOrder, "RTPTransactionID", "RTPTransaction"}, {askDate, "BusinessDate", "RTPTransaction"},
			{askMoney, "RTPAmount", "RTPTransaction"}, {askAmount, "Amount", "RTPAmount"}, {askReferredID, "SVATransactionID", "SVATransaction"},
			{askUserName, "UserName", "CardSeries"}, {askSequence, "CardSeriesSequence", "CardSeries"}, {askSeriesAction, "Action", ""},
		}},
	} {
		for _, r := range c.rows {
			e := c.tree.elements[r.place]
			if e.name != r.name || c.tree.elements[e.inside].name != r.inside {
				t.Errorf("%s: place %d is %s inside %q, want %s inside %q", name, r.place, e.name, c.tree.elements[e.inside].name, r.name, r.inside)
			}
		}
		if c.tree.elements[c.last].name == "" || c.last+1 < maxPlaces && c.tree.elements[c.last+1].name != "" {
			t.Errorf("%s: the list has another length than the places", name)
		}
		for p := payload + 1; p <= c.last; p++ {
			for q := c.tree.first[p]; q != 0 && q <= c.tree.last[p]; q++ {
				if c.tree.elements[q].inside != p {
					t.Errorf("%s: the children of %s do not stand together", name, c.tree.elements[p].name)
				}
			}
		}
	}
	if maxPlaces > 64 {
		t.Error("the places do not fit the bits of reader.seen")
	}
}
