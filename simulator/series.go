package simulator

import (
	"errors"
	"fmt"

	"github.com/svcgate/svcgate/internal/secret"
)

// SeriesSpec is a card series that was defined and generated, so that GenerateCard can give its cards away
// ("ORCE 22.1 guide ch. 6 (Cards)").
type SeriesSpec struct {
	Prefix   string // 5 digits: the presenter's ID
	Sequence string // 2 digits: the submitter's ID
	Cards    int    // how many were generated, 1 to 1,000,000
	Batch    int    // cards in a packaging batch; zero is 1,000
	Length   int    // digits of a card number, 10 to 16; zero is 16
	Lead     string // first digit of a card number; empty is 6
	Currency string // of the accounts; empty is USD
}

type seriesKey struct{ prefix, sequence string }

type series struct {
	SeriesSpec
	issued int
}

const (
	prefixDigits   = 5
	sequenceDigits = 2
	maxSeries      = 1_000_000
	defaultBatch   = 1000
	maxBatches     = 999
)

// Errors of card series.
var (
	ErrSeries      = errors.New("a series is a prefix of 5 digits, a sequence of 2, 1 to 1,000,000 cards in at most 999 batches, and numbers of 10 to 16 digits with a first one")
	ErrSeriesTwice = errors.New("the series exists already")
)

func (st *state) addSeries(spec SeriesSpec) error {
	if spec.Batch == 0 {
		spec.Batch = defaultBatch
	}
	if spec.Length == 0 {
		spec.Length = 16
	}
	if spec.Lead == "" {
		spec.Lead = "6"
	}
	if spec.Currency == "" {
		spec.Currency = defaultCurrency
	}
	if _, known := currencies[spec.Currency]; !known {
		return ErrCurrency
	}
	if len(spec.Prefix) != prefixDigits || !digitsOnly(spec.Prefix) || len(spec.Sequence) != sequenceDigits || !digitsOnly(spec.Sequence) ||
		spec.Cards < 1 || spec.Cards > maxSeries || spec.Batch < 1 || (spec.Cards-1)/spec.Batch >= maxBatches ||
		spec.Length < 10 || spec.Length > 16 || len(spec.Lead) != 1 || !digitsOnly(spec.Lead) {
		return ErrSeries
	}
	key := seriesKey{spec.Prefix, spec.Sequence}
	if _, twice := st.series[key]; twice {
		return ErrSeriesTwice
	}
	st.series[key] = &series{SeriesSpec: spec}
	return nil
}

// next gives the serial number and batch of the next unissued card. The caller has seen that there is one.
func (sr *series) next() (serial, batch string) {
	batch = fmt.Sprintf("%03d", sr.issued/sr.Batch+1)
	sr.issued++
	return fmt.Sprintf("%s%s%s%06d", sr.Prefix, sr.Sequence, batch, sr.issued), batch
}

// number draws a card number that is unrelated to the serial number, is in no one's hands and has no magic ending.
func (s *Simulator) number(st *state, sr *series) secret.String {
	text := make([]byte, sr.Length)
	for {
		text[0] = sr.Lead[0]
		for i := 1; i < len(text); i++ {
			text[i] = byte('0' + st.numbers.IntN(10))
		}
		if magicEnding(string(text[len(text)-4:])) {
			continue
		}
		number := secret.New(string(text))
		if _, taken := st.byNumber[s.index(number)]; !taken {
			return number
		}
	}
}
