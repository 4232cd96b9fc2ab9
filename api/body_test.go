package api_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/svcgate/svcgate/access"
)

// change replaces a part of the good request.
func change(t testing.TB, old, new string) string {
	t.Helper()
	body := strings.Replace(authorization, old, new, 1)
	if body == authorization {
		t.Fatalf("the good request has no %s", old)
	}
	return body
}

func TestBodyIsRefused(t *testing.T) {
	t.Parallel()
	const card, amount = `{"number":"` + cardNumber + `"}`, `"amount":"11.07"`
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for name, c := range map[string]struct {
		body, code, field string
		status            int
	}{
		"empty":                          {" ", "invalid_json", "", 400},
		"byte order mark":                {"\ufeff" + authorization, "invalid_json", "", 400},
		"array":                          {"[" + authorization + "]", "invalid_json", "", 400},
		"string":                         {`"` + cardNumber + `"`, "invalid_json", "", 400},
		"number":                         {cardNumber, "invalid_json", "", 400},
		"null":                           {"null", "invalid_json", "", 400},
		"cut":                            {authorization[:len(authorization)-1], "invalid_json", "", 400},
		"cut in a string":                {authorization[:40], "invalid_json", "", 400},
		"trailing text":                  {authorization + "x", "invalid_json", "", 400},
		"trailing document":              {authorization + authorization, "invalid_json", "", 400},
		"trailing comma":                 {change(t, `"USD"}`, `"USD",}`), "invalid_json", "", 400},
		"comment":                        {change(t, `{`, `{/* x */`), "invalid_json", "", 400},
		"single quotes":                  {strings.ReplaceAll(authorization, `"`, `'`), "invalid_json", "", 400},
		"XML":                            {"<a>" + cardNumber + "</a>", "invalid_json", "", 400},
		"form":                           {"service=RLT&card=" + cardNumber, "invalid_json", "", 400},
		"NaN":                            {change(t, `"11.07"`, `NaN`), "invalid_json", "", 400},
		"plus sign":                      {change(t, `"11.07"`, `+11.07`), "invalid_json", "", 400},
		"leading zero":                   {change(t, `"11.07"`, `011.07`), "invalid_json", "", 400},
		"hexadecimal":                    {change(t, `"11.07"`, `0x1p4`), "invalid_json", "", 400},
		"bad escape":                     {change(t, `"RLT"`, `"\x52LT"`), "invalid_json", "", 400},
		"duplicate":                      {change(t, amount, amount+`,`+amount), "duplicate_field", "amount", 400},
		"duplicate, escaped":             {change(t, amount, amount+`,"\u0061mount":"11.07"`), "duplicate_field", "amount", 400},
		"duplicate within":               {change(t, card, `{"number":"1","number":"2"}`), "duplicate_field", "card.number", 400},
		"duplicate card number as name":  {change(t, amount, `"`+cardNumber+`":1,"`+cardNumber+`":2`), "duplicate_field", "", 400},
		"unknown":                        {change(t, amount, `"tip":"1.00"`), "unknown_field", "tip", 400},
		"unknown within":                 {change(t, card, `{"pan":"`+cardNumber+`"}`), "unknown_field", "card.pan", 400},
		"card number as name":            {change(t, amount, `"`+cardNumber+`":1`), "unknown_field", "", 400},
		"card number as name within":     {change(t, card, `{"`+cardNumber+`":1}`), "unknown_field", "card", 400},
		"wrong case":                     {change(t, `"amount"`, `"Amount"`), "unknown_field", "Amount", 400},
		"wrong case within":              {change(t, `"number"`, `"NUMBER"`), "unknown_field", "card.NUMBER", 400},
		"member with a space":            {change(t, `"amount"`, `"amount "`), "unknown_field", "", 400},
		"empty name":                     {change(t, `"amount"`, `""`), "unknown_field", "", 400},
		"number of the card at the root": {change(t, `"card":`+card, `"number":"`+cardNumber+`"`), "unknown_field", "number", 400},
		"depth":                          {change(t, `"RLT"`, nested(17)), "limit_exceeded", "service", 400},
		"great depth":                    {change(t, `"RLT"`, nested(9000)), "limit_exceeded", "service", 400},
		"long text":                      {change(t, "3242", strings.Repeat("3", 513)), "limit_exceeded", "order", 400},
		"long name":                      {change(t, `"order"`, `"`+strings.Repeat("o", 513)+`"`), "limit_exceeded", "", 400},
		"long array":                     {change(t, `"RLT"`, "["+strings.Repeat("1,", 1000)+"1]"), "limit_exceeded", "service", 400},
		"invalid UTF-8":                  {change(t, "3242", "32\xff42"), "invalid_text", "", 400},
		"overlong UTF-8":                 {change(t, "3242", "32\xc0\xaf42"), "invalid_text", "", 400},
		"Latin-1":                        {change(t, "3242", "3242\xe9"), "invalid_text", "", 400},
		"UTF-16":                         {"\xff\xfe{\x00}\x00", "invalid_text", "", 400},
		"lone high surrogate":            {change(t, "3242", `32\ud80042`), "invalid_text", "order", 400},
		"lone low surrogate":             {change(t, "3242", `32\udc0042`), "invalid_text", "order", 400},
		"surrogates swapped":             {change(t, "3242", `\udc00\ud800`), "invalid_text", "order", 400},
		"lone surrogate in the card":     {change(t, `"`+cardNumber, `"\ud800`+cardNumber), "invalid_text", "card.number", 400},
		"escaped NUL":                    {change(t, "3242", `32\u000042`), "invalid_text", "order", 400},
		"NUL":                            {change(t, "3242", "32\x0042"), "invalid_text", "order", 400},
		"newline":                        {change(t, "3242", "32\n42"), "invalid_text", "order", 400},
		"escaped newline":                {change(t, "3242", `32\n42`), "invalid_text", "order", 400},
		"escape character":               {change(t, "3242", `32\u001b[31m`), "invalid_text", "order", 400},
		"delete":                         {change(t, "3242", "32\x7f42"), "invalid_text", "order", 400},
		"C1 control":                     {change(t, "3242", `32\u008542`), "invalid_text", "order", 400},
		"bidirectional override":         {change(t, "3242", "32\u202e42"), "invalid_text", "order", 400},
		"bidirectional isolate":          {change(t, "3242", "32\u206642"), "invalid_text", "order", 400},
		"zero width space":               {change(t, "3242", "32\u200b42"), "invalid_text", "order", 400},
		"zero width joiner":              {change(t, cardNumber, cardNumber[:8]+"\u200d"+cardNumber[8:]), "invalid_text", "card.number", 400},
		"byte order mark within":         {change(t, "3242", "32\ufeff42"), "invalid_text", "order", 400},
		"line separator":                 {change(t, "3242", "32\u202842"), "invalid_text", "order", 400},
		"control in a name":              {change(t, `"order"`, `"or\u0007der"`), "invalid_text", "", 400},

		"service missing":                   {change(t, `"service":"RLT",`, ""), "invalid_service", "service", 422},
		"service null":                      {change(t, `"RLT"`, `null`), "invalid_service", "service", 422},
		"service a number":                  {change(t, `"RLT"`, `1`), "invalid_service", "service", 422},
		"service with a slash":              {change(t, `RLT`, `../RLT`), "invalid_service", "service", 422},
		"service not configured":            {change(t, `RLT`, `XXX`), "unknown_service", "service", 422},
		"order missing":                     {change(t, `"order":"3242",`, ""), "invalid_order", "order", 422},
		"order empty":                       {change(t, `3242`, ""), "invalid_order", "order", 422},
		"order a number":                    {change(t, `"3242"`, `3242`), "invalid_order", "order", 422},
		"order too long":                    {change(t, `3242`, strings.Repeat("3", 33)), "invalid_order", "order", 422},
		"order with markup":                 {change(t, `3242`, "<b>3242"), "invalid_order", "order", 422},
		"order with an accent":              {change(t, `3242`, "3242é"), "invalid_order", "order", 422},
		"order with the card":               {change(t, `3242`, cardNumber), "invalid_order", "order", 422},
		"order with the card, with dashes":  {change(t, `3242`, "6006-4977-5123-0017"), "invalid_order", "order", 422},
		"sequence text":                     {change(t, `"sequence":1`, `"sequence":"1"`), "invalid_sequence", "sequence", 422},
		"sequence a fraction":               {change(t, `"sequence":1`, `"sequence":1.0`), "invalid_sequence", "sequence", 422},
		"sequence with exponent":            {change(t, `"sequence":1`, `"sequence":1e2`), "invalid_sequence", "sequence", 422},
		"sequence minus zero":               {change(t, `"sequence":1`, `"sequence":-0`), "invalid_sequence", "sequence", 422},
		"sequence negative":                 {change(t, `"sequence":1`, `"sequence":-1`), "invalid_sequence", "sequence", 422},
		"sequence too large":                {change(t, `"sequence":1`, `"sequence":1000000`), "invalid_sequence", "sequence", 422},
		"sequence beyond 64 bits":           {change(t, `"sequence":1`, `"sequence":18446744073709551617`), "invalid_sequence", "sequence", 422},
		"sequence null":                     {change(t, `"sequence":1`, `"sequence":null`), "invalid_sequence", "sequence", 422},
		"card missing":                      {change(t, `"card":`+card+`,`, ""), "invalid_card_number", "card.number", 422},
		"card null":                         {change(t, card, `null`), "invalid_card", "card", 422},
		"card text":                         {change(t, card, `"`+cardNumber+`"`), "invalid_card", "card", 422},
		"card array":                        {change(t, card, `["`+cardNumber+`"]`), "invalid_card", "card", 422},
		"card empty":                        {change(t, card, `{}`), "invalid_card_number", "card.number", 422},
		"card number a number":              {change(t, `"`+cardNumber+`"`, cardNumber), "invalid_card_number", "card.number", 422},
		"card number null":                  {change(t, `"`+cardNumber+`"`, `null`), "invalid_card_number", "card.number", 422},
		"card number masked":                {change(t, cardNumber, "************0017"), "invalid_card_number", "card.number", 422},
		"card number with spaces":           {change(t, cardNumber, "6006 4977 5123 0017"), "invalid_card_number", "card.number", 422},
		"card number with space at end":     {change(t, cardNumber, cardNumber+" "), "invalid_card_number", "card.number", 422},
		"card number with dashes":           {change(t, cardNumber, "6006-4977-5123-0017"), "invalid_card_number", "card.number", 422},
		"card number with a letter":         {change(t, cardNumber, "600649123456001O"), "invalid_card_number", "card.number", 422},
		"card number in Arabic digits":      {change(t, cardNumber, "٦٠٠٦٤٩١٢٣٤٥٦٠٠١٧"), "invalid_card_number", "card.number", 422},
		"card number in full width":         {change(t, cardNumber, "６００６４９１２３４５６００１７"), "invalid_card_number", "card.number", 422},
		"card number of 9":                  {change(t, cardNumber, cardNumber[:9]), "invalid_card_number", "card.number", 422},
		"card number of 17":                 {change(t, cardNumber, cardNumber+"1"), "invalid_card_number", "card.number", 422},
		"card number with sign":             {change(t, cardNumber, "-"+cardNumber[:15]), "invalid_card_number", "card.number", 422},
		"PIN too long":                      {change(t, card, `{"number":"`+cardNumber+`","pin":"`+strings.Repeat("1", 17)+`"}`), "invalid_pin", "card.pin", 422},
		"PIN a number":                      {change(t, card, `{"number":"`+cardNumber+`","pin":1234}`), "invalid_pin", "card.pin", 422},
		"PIN with markup":                   {change(t, card, `{"number":"`+cardNumber+`","pin":"1<4"}`), "invalid_pin", "card.pin", 422},
		"swiped text":                       {change(t, card, `{"number":"`+cardNumber+`","swiped":"true"}`), "invalid_swiped", "card.swiped", 422},
		"amount missing":                    {change(t, amount+`,`, ""), "invalid_amount", "amount", 422},
		"amount a number":                   {change(t, `"11.07"`, `11.07`), "invalid_amount", "amount", 422},
		"amount a whole number":             {change(t, `"11.07"`, `11`), "invalid_amount", "amount", 422},
		"amount with exponent":              {change(t, `"11.07"`, `1e3`), "invalid_amount", "amount", 422},
		"amount minus zero":                 {change(t, `"11.07"`, `-0`), "invalid_amount", "amount", 422},
		"amount null":                       {change(t, `"11.07"`, `null`), "invalid_amount", "amount", 422},
		"amount object":                     {change(t, `"11.07"`, `{"amount":"11.07"}`), "invalid_amount", "amount", 422},
		"amount text with exponent":         {change(t, `11.07`, `1e3`), "invalid_amount", "amount", 422},
		"amount text NaN":                   {change(t, `11.07`, `NaN`), "invalid_amount", "amount", 422},
		"amount text Inf":                   {change(t, `11.07`, `Inf`), "invalid_amount", "amount", 422},
		"amount text negative":              {change(t, `11.07`, `-11.07`), "invalid_amount", "amount", 422},
		"amount text with plus":             {change(t, `11.07`, `+11.07`), "invalid_amount", "amount", 422},
		"amount text hexadecimal":           {change(t, `11.07`, `0x1p4`), "invalid_amount", "amount", 422},
		"amount with three decimals":        {change(t, `11.07`, `11.070`), "invalid_amount", "amount", 422},
		"amount with one decimal":           {change(t, `11.07`, `11.0`), "invalid_amount", "amount", 422},
		"amount without whole part":         {change(t, `11.07`, `.07`), "invalid_amount", "amount", 422},
		"amount with a point at the end":    {change(t, `11.07`, `11.`), "invalid_amount", "amount", 422},
		"amount with a comma":               {change(t, `11.07`, `11,07`), "invalid_amount", "amount", 422},
		"amount with thousands":             {change(t, `11.07`, `1,111.07`), "invalid_amount", "amount", 422},
		"amount with leading zero":          {change(t, `11.07`, `011.07`), "invalid_amount", "amount", 422},
		"amount with a space":               {change(t, `11.07`, ` 11.07`), "invalid_amount", "amount", 422},
		"amount with the currency":          {change(t, `11.07`, `11.07 USD`), "invalid_amount", "amount", 422},
		"amount in Arabic digits":           {change(t, `11.07`, `١١.٠٧`), "invalid_amount", "amount", 422},
		"amount zero":                       {change(t, `11.07`, `0.00`), "invalid_amount", "amount", 422},
		"amount too large":                  {change(t, `11.07`, `1000000000000.00`), "invalid_amount", "amount", 422},
		"amount empty":                      {change(t, `11.07`, ``), "invalid_amount", "amount", 422},
		"currency missing":                  {change(t, `,"currency":"USD"`, ""), "invalid_currency", "currency", 422},
		"currency in small letters":         {change(t, `USD`, "usd"), "invalid_currency", "currency", 422},
		"currency not in the list":          {change(t, `USD`, "UDS"), "invalid_currency", "currency", 422},
		"currency by number":                {change(t, `"USD"`, "840"), "invalid_currency", "currency", 422},
		"currency too long":                 {change(t, `USD`, "USDT"), "invalid_currency", "currency", 422},
		"authorization where none belongs":  {change(t, amount, amount+`,"authorization":"9354"`), "not_applicable", "authorization", 422},
		"authorization a number":            {change(t, amount, amount+`,"authorization":9354`), "invalid_authorization", "authorization", 422},
		"kind where none belongs":           {change(t, amount, amount+`,"kind":"physical"`), "not_applicable", "kind", 422},
		"kind a truth":                      {change(t, amount, amount+`,"kind":true`), "invalid_kind", "kind", 422},
		"first of two mistakes is the text": {change(t, `"11.07"`, `11.07`) + "}", "invalid_json", "", 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			got := h.authorize(t, "k-1", c.body)
			got.want(t, c.status, c.code, c.field)
			if h.provider.sent.Load() != 0 || len(h.journal.rows) != 0 {
				t.Error("a request that is refused must not be recorded nor sent")
			}
			if allowed, isJSON := describes(t, c.body); isJSON && allowed && !beyondSchema[name] {
				t.Error("the document allows what the handler refuses")
			}
		})
	}
}

// beyondSchema lists what is refused for reasons that no schema can tell: it hangs on another member, on the
// configuration, on a list that is not repeated, or on how the text is written.
var beyondSchema = map[string]bool{
	"duplicate": true, "duplicate, escaped": true, // JSON readers take the last
	"order with the card, with dashes": true, "order with the card": true,
	"service not configured": true, "currency not in the list": true,
	"sequence a fraction": true, "sequence with exponent": true, "sequence minus zero": true,
	"amount zero": true, "amount with three decimals": true, "amount with one decimal": true,
}

func TestAmountAsNumberSaysToQuote(t *testing.T) {
	t.Parallel()
	p := newHouse(t).authorize(t, "k-1", change(t, `"11.07"`, `11.07`)).problem(t)
	if !strings.Contains(p.Detail, "double quotes") {
		t.Errorf("detail %q does not say to quote the amount", p.Detail)
	}
}

func TestBodyIsTaken(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, contentType string }{
		"as documented":            {authorization, "application/json"},
		"charset":                  {authorization, "application/json; charset=utf-8"},
		"charset in capitals":      {authorization, `Application/JSON; charset="UTF-8"`},
		"white space":              {" \t\r\n" + strings.ReplaceAll(authorization, ",", " ,\n ") + "\n", "application/json"},
		"escaped letters":          {change(t, `"order"`, `"\u006frder"`), "application/json"},
		"card of 10":               {change(t, cardNumber, "6006491234"), "application/json"},
		"card that fails Luhn":     {change(t, cardNumber, "6006491234560018"), "application/json"},
		"no sequence":              {change(t, `"sequence":1,`, ""), "application/json"},
		"whole amount":             {change(t, "11.07", "11"), "application/json"},
		"yen":                      {change(t, `"11.07","currency":"USD"`, `"11","currency":"JPY"`), "application/json"},
		"PIN and swiped":           {change(t, `"card":{`, `"card":{"pin":"12ab","swiped":true,`), "application/json"},
		"order with a separator":   {change(t, "3242", "A/3242-1 b"), "application/json"},
		"members in another order": {`{"currency":"USD","amount":"11.07","card":{"number":"` + cardNumber + `"},"order":"3242","service":"RLT"}`, "application/json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			got := h.send(t, request(access.RoleOMS, http.MethodPost, "/v1/authorizations", c.body, "Idempotency-Key", "k", "Content-Type", c.contentType))
			got.want(t, http.StatusOK, "", "")
			if allowed, _ := describes(t, c.body); !allowed {
				t.Error("the document does not allow what the handler takes")
			}
		})
	}
}

func TestMediaTypeIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, headers := range map[string][]string{
		"none":             {"Content-Type", ""},
		"text":             {"Content-Type", "text/plain"},
		"form":             {"Content-Type", "application/x-www-form-urlencoded"},
		"problem":          {"Content-Type", "application/problem+json"},
		"wildcard":         {"Content-Type", "application/*"},
		"two in one":       {"Content-Type", "application/json, text/plain"},
		"Latin-1":          {"Content-Type", "application/json; charset=iso-8859-1"},
		"UTF-16":           {"Content-Type", "application/json; charset=utf-16"},
		"broken parameter": {"Content-Type", "application/json; charset"},
		"charset twice":    {"Content-Type", "application/json; charset=utf-8; charset=utf-16"},
		"compressed":       {"Content-Encoding", "gzip"},
	} {
		r := request(access.RoleOMS, http.MethodPost, "/v1/authorizations", authorization, append([]string{"Idempotency-Key", "k"}, headers...)...)
		t.Run(name, func(t *testing.T) {
			h.send(t, r).want(t, http.StatusUnsupportedMediaType, "unsupported_media_type", "Content-Type")
		})
	}
	t.Run("twice", func(t *testing.T) {
		r := request(access.RoleOMS, http.MethodPost, "/v1/authorizations", authorization, "Idempotency-Key", "k")
		r.Header.Add("Content-Type", "application/json")
		h.send(t, r).want(t, http.StatusUnsupportedMediaType, "unsupported_media_type", "Content-Type")
	})
}

func TestBodyIsLimited(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	exact := authorization + strings.Repeat(" ", 64<<10-len(authorization))
	h.authorize(t, "k-1", exact).want(t, http.StatusOK, "", "")
	h.authorize(t, "k-2", exact+" ").want(t, http.StatusRequestEntityTooLarge, "body_too_large", "")
}

// brokenBody fails in the middle of a body.
type brokenBody struct {
	text string
	err  error
}

func (b *brokenBody) Read(p []byte) (int, error) {
	if b.text == "" {
		return 0, b.err
	}
	n := copy(p, b.text)
	b.text = b.text[n:]
	return n, nil
}

func TestBodyThatBreaksOff(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, c := range map[string]struct {
		err    error
		status int
		code   string
	}{
		"slow":    {os.ErrDeadlineExceeded, http.StatusRequestTimeout, "body_too_slow"},
		"cut":     {io.ErrUnexpectedEOF, http.StatusBadRequest, "body_incomplete"},
		"unknown": {errors.New("reading " + cardNumber), http.StatusBadRequest, "body_incomplete"},
	} {
		t.Run(name, func(t *testing.T) {
			r := request(access.RoleOMS, http.MethodPost, "/v1/authorizations", "{}", "Idempotency-Key", "k")
			r.Body = io.NopCloser(&brokenBody{authorization, c.err})
			h.send(t, r).want(t, c.status, c.code, "")
		})
	}
	if h.provider.sent.Load() != 0 {
		t.Error("a body that was not read to its end was acted on")
	}
}

// FuzzBody wants one of the two: a problem as documented that the caller can mend, or an answer.
func FuzzBody(f *testing.F) {
	f.Add([]byte(authorization))
	f.Add([]byte(`{"service":"RLT","card":{"number":"6006491234560017","pin":"1"},"messages":[null,true,1e9,"\ud800"]}`))
	f.Add([]byte("\ufeff{}"))
	h := newHouse(f)
	h.sampled = map[string]bool{}
	f.Fuzz(func(t *testing.T, body []byte) {
		got := h.send(t, request(access.RoleOMS, http.MethodPost, "/v1/inquiries", string(body)))
		if got.StatusCode >= 500 {
			t.Errorf("status %d for %q", got.StatusCode, body)
		}
	})
}
