package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Addresses of the code table.
const (
	inboxPath   = "/console/codes/inbox"
	rulesPath   = "/console/codes/RLT/rules"
	draftPath   = "/console/codes/RLT/draft"
	historyPath = "/console/codes/RLT/history"
)

// In force is at once for this process, and after five seconds for every other one.
const inForceLimit = 5 * time.Second

// mapFromInbox says what a code means that nobody has mapped.
func (w *walk) mapFromInbox(context.Context) error {
	p := w.as("erin")
	began := time.Now()
	if err := all(p.opens("/console/overview"), p.follows("Codes without a rule"), p.isAt(inboxPath), p.reads("SIM_CARD_INACTIVE", "SIM_CARD_EXPIRED", "The card is not active"), p.readsNot(cardLead),
		p.follows("Say what it means: SIM_CARD_INACTIVE"), p.reads("What came", "2 in 30 days"),
		p.fills("Vendor response code", "110"), p.fills("Description", "Card not active"), p.ticks("declined"), p.follows("Put into the draft"),
		p.isAt(draftPath), p.reads("It is in the draft, and not in force yet", "SIM_CARD_INACTIVE", "1 added"), p.readsNot("Your password is asked for")); err != nil {
		return err
	}
	fmt.Printf("    a code was mapped in %s of a person's acts\n", time.Since(began).Round(10*time.Millisecond))
	// The same way again, looking around.
	if err := all(w.looksAt(p.tab, "draft"), p.opens(inboxPath), p.reads("in the draft"), w.looksAt(p.tab, "inbox"),
		func() error { return p.follow("2 times", "SIM_CARD_INACTIVE") }, p.reads("0033"), w.looksAt(p.tab, ""),
		p.opens(inboxPath), p.follows("Say what it means: SIM_CARD_EXPIRED"), w.looksAt(p.tab, "rule-new"),
		p.fills("Vendor response code", "1-1"), p.ticks("approved"), p.meets(422), p.follows("Put into the draft"), p.reads("Please set this right"), p.meets(0), w.looksAt(p.tab, ""),
		p.opens(rulesPath), p.reads("There is a draft", "rules in force"), w.looksAt(p.tab, "codes")); err != nil {
		return err
	}
	w.visited("/console/codes", p.tab)
	return nil
}

// tryDraft sees what the draft would have done before it does anything.
func (w *walk) tryDraft(context.Context) error {
	p := w.as("erin")
	return all(p.opens(draftPath), p.follows("Dry run"), p.reads("If the draft had been in force", "SIM_CARD_INACTIVE", "declined"), w.looksAt(p.tab, "dry-run"),
		p.follows("To the draft"), p.reads("Publishing it is for Paul Approver (paul)"))
}

// authorizes sends what the provider refuses with SIM_CARD_INACTIVE, until the OMS is told these words, which must be
// within the time in which a change is in force.
func (w *walk) authorizes(ctx context.Context, outcome, words string, version int) error {
	began := time.Now()
	for n := 1; ; n++ {
		t, err := w.send(ctx, "authorizations", "0033", "10.00", nil)
		if err != nil {
			return err
		}
		if t.Outcome == outcome && (words == "" || t.words() == words) && t.Version == version {
			w.known["latest"] = t
			fmt.Printf("    told %q by version %d after %d authorizations in %s\n", t.words(), t.Version, n, time.Since(began).Round(time.Millisecond))
			return nil
		}
		if time.Since(began) > inForceLimit {
			return fmt.Errorf("the OMS is told %s %q by version %d, not %s %q by version %d", t.Outcome, t.words(), t.Version, outcome, words, version)
		}
	}
}

func (w *walk) publish(ctx context.Context) error {
	p := w.as("paul")
	if err := all(p.opens(rulesPath), p.follows("Look at it"), p.reads("one person is enough", "Card not active"), p.fills("Why", "Agreed with the shops"),
		p.follows("Publish"), w.proves(p), p.reads("Version 2 is in force for RLT", "What was told stays as it was told", "2 answers"), w.looksAt(p.tab, "reevaluation")); err != nil {
		return err
	}
	if err := w.authorizes(ctx, "declined", "110 Card not active", 2); err != nil {
		return err
	}
	return all(p.opens("/console/transactions/"+w.known["latest"].ID), p.reads("Version 2", "Card not active", "same today"), w.looksAt(p.tab, "transaction-explained"),
		p.opens("/console/transactions/"+w.known["unmapped"].ID), p.reads("different today"), p.opens(inboxPath), p.readsNot("SIM_CARD_INACTIVE"))
}

// rollBack takes version 1 into force again, and then version 2.
func (w *walk) rollBack(ctx context.Context) error {
	p := w.as("paul")
	if err := all(p.follows("History"), p.isAt(historyPath), p.follows("Version 1"), p.reads("Roll back"), w.looksAt(p.tab, "version"), p.fills("Why", "The shops disagree"),
		p.follows("Roll back to version 1"), w.proves(p), p.reads("Version 3 is in force: it says again what version 1 said", "rolled back to 1")); err != nil {
		return err
	}
	if err := w.authorizes(ctx, "undefined", "", 3); err != nil {
		return err
	}
	if err := all(p.follows("Version 2"), p.fills("Why", "The shops agree again"), p.follows("Roll back to version 2"), w.proves(p), p.reads("Version 4 is in force"), w.looksAt(p.tab, "history")); err != nil {
		return err
	}
	if err := w.authorizes(ctx, "declined", "110 Card not active", 4); err != nil {
		return err
	}
	for _, path := range []string{rulesPath + ".csv", historyPath + "/1/rules.csv"} {
		if _, err := w.save(p.tab, path); err != nil {
			return err
		}
	}
	return all(p.opens(rulesPath), p.follows("SIM_CARD_INACTIVE"), p.reads("What the rule says", "Card not active"), w.looksAt(p.tab, "rule"))
}

// widen takes an approval away, which one person may do, and gives it back, which takes two.
func (w *walk) widen(ctx context.Context) error {
	ada, erin := w.as("ada"), w.people["erin"]
	if err := all(ada.opens("/console/people/erin"), func() error { return ada.tick("approver", "Change the roles") }, ada.follows("Change the roles"), w.proves(ada), ada.reads("The roles of erin are changed")); err != nil {
		return err
	}
	w.as("erin")
	const returns = "/console/codes/RLT/rule?id=RLT%3Areturn%3Areason_code%3A18"
	if err := all(erin.follows("Response codes"), erin.isAt("/console/sign-in"), func() error { return w.signIn(erin) },
		erin.opens(returns), erin.follows("Delete the rule"), erin.reads("What it changes"), erin.opens(draftPath), erin.reads("1 removed", "one person is enough"), w.looksAt(erin.tab, ""),
		erin.fills("Why", "Returns are looked at by hand"), erin.follows("Publish"), w.proves(erin), erin.reads("Version 5 is in force")); err != nil {
		return err
	}
	t, err := w.send(ctx, "returns", "0017", "1.00", nil)
	if err != nil {
		return err
	}
	if t.Outcome == "approved" || t.Version != 5 {
		return fmt.Errorf("without its rule a return is %s by version %d", t.Outcome, t.Version)
	}
	if err := all(erin.opens(inboxPath), erin.reads("the provider says that it acted"), erin.follows("Say what it means: 18"), erin.fills("Vendor response code", "100"),
		erin.fills("Description", "Approved"), erin.ticks("approved"), erin.follows("Put into the draft"), erin.reads("It takes a second person", "You edited it", "Paul Approver"), w.looksAt(erin.tab, "second-person")); err != nil {
		return err
	}
	if err := w.publishesAnyway(erin); err != nil {
		return err
	}
	paul := w.as("paul")
	if err := all(paul.opens(draftPath), paul.reads("You did not edit it, so you can publish it"), paul.fills("Why", "Returns work again"), paul.follows("Publish"), w.proves(paul), paul.reads("Version 6 is in force")); err != nil {
		return err
	}
	if t, err = w.send(ctx, "returns", "0017", "2.00", nil); err == nil && (t.Outcome != "approved" || t.Version != 6) {
		err = fmt.Errorf("with its rule back a return is %s by version %d", t.Outcome, t.Version)
	}
	return err
}

// publishesAnyway sends the form that the page does not show to an editor.
func (w *walk) publishesAnyway(p *person) error {
	p.expect(422)
	defer p.expect(0)
	answer, err := evaluate[string](p.tab, `(async () => {
		const etag = document.querySelector("#discard [name=etag]").value;
		const answer = await fetch("/console/codes/RLT/publish", { method: "POST", body: new URLSearchParams({ etag, reason: "I may" }) });
		return answer.status + " " + await answer.text();
	})()`)
	if err == nil && (!strings.HasPrefix(answer, "422 ") || !strings.Contains(answer, "second person")) {
		err = fmt.Errorf("an editor who publishes her own approval is answered %.80q", answer)
	}
	return err
}

// Rules that come in by a file: one that balance inquiries need, and one whose words are no words.
const imported = "RLT,,error_code,SIM_CARD_NOT_FOUND,120,Card not found,declined,,,,,false,Ask for the card and type its number again,,,\r\n" +
	"RLT,,error_code,SIM_NAUGHTY,121,<script>alert(1)</script>,declined,,,,,false,'=1+1,,,\r\n"

// files takes the rules out, changes one, adds two and brings them in.
func (w *walk) files(context.Context) error {
	p := w.as("erin")
	text, err := w.save(p.tab, rulesPath+".csv")
	if err != nil {
		return err
	}
	changed := strings.Replace(text, "Card not active", "Card is not active yet", 1) + imported
	if err := all(p.opens("/console/codes/RLT/import"), w.looksAt(p.tab, "import"), func() error { return p.press("Paste text instead", "") },
		p.fills("The text", text[:len(text)/2]+"\nRLT,nothing\n"), p.meets(422), p.follows("Show what it would change"), p.reads("nothing was changed", "row "), w.looksAt(p.tab, ""), p.meets(0),
		p.fills("The text", changed), p.follows("Show what it would change"), p.reads("What it would change", "2 added, 1 changed", "Card is not active yet", "<script>alert(1)</script>"), w.looksAt(p.tab, "import-preview"),
		p.follows("Put it into the draft"), p.reads("The file is in the draft")); err != nil {
		return err
	}
	paul := w.as("paul")
	if err := all(paul.opens(draftPath), paul.fills("Why", "From the list of the shops"), paul.follows("Publish"), w.proves(paul), paul.reads("Version 7 is in force")); err != nil {
		return err
	}
	again, err := paul.download(rulesPath + ".csv")
	if err == nil && (!strings.Contains(again, "<script>alert(1)</script>") || !strings.Contains(again, ",'=1+1,")) {
		err = errors.New("what came in does not go out")
	}
	return errors.Join(err, p.opens(rulesPath)(), p.reads("<script>alert(1)</script>")())
}
