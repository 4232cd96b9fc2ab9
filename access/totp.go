package access

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
)

// Codes of the second factor (RFC 6238): six digits, a new one every 30 seconds, SHA-1, as every app knows them.
const (
	codeStep   = 30 // seconds
	codeWindow = 1  // steps that a clock may be off
)

// Errors of the second factor.
var (
	ErrHasTOTP   = errors.New("a second factor is set up already; a reset takes it away")
	ErrWrongCode = errors.New("this code is not right; wait for the next one and check the clock of your device")
	ErrNoSealer  = errors.New("the second factor needs the key file, to keep its secret sealed")
)

// Sealer keeps the secrets of second factors from whoever reads the file. A sealed text opens for its row only.
type Sealer interface {
	Seal(row, text string) []byte
	Open(row string, sealed []byte) (text string, err error)
}

// Enrolment is a second factor that is being set up. It is shown to its person and nobody else.
type Enrolment struct {
	Secret string // to be typed into an app
	URI    string // the same as otpauth://, for an app that reads it
}

// EnrolTOTP begins to set up a person's second factor, or returns what was begun. ErrHasTOTP when there is one.
func (d *Door) EnrolTOTP(ctx context.Context, name string) (Enrolment, error) {
	if d.sealer == nil {
		return Enrolment{}, ErrNoSealer
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: d.issuer, AccountName: name, SecretSize: 20})
	if err != nil {
		return Enrolment{}, fmt.Errorf("making a second factor: %w", err)
	}
	secret, sealed := key.Secret(), d.sealer.Seal(SealedRow(name), key.Secret())
	err = d.store.ChangePerson(ctx, name, func(a *Account) (Entry, error) {
		switch {
		case a.HasTOTP:
			return Entry{}, ErrHasTOTP
		case a.Pending == nil:
			a.Pending = sealed
			return Entry{}, nil
		}
		secret, err = d.sealer.Open(SealedRow(name), a.Pending)
		return Entry{}, err
	})
	if err != nil {
		return Enrolment{}, err
	}
	uri := strings.Replace(key.URL(), "secret="+key.Secret(), "secret="+secret, 1)
	return Enrolment{Secret: secret, URI: uri}, nil
}

// ConfirmTOTP makes what EnrolTOTP began the person's second factor, by its first code. ErrWrongCode when it is wrong
// or nothing was begun. The person's sessions end.
func (d *Door) ConfirmTOTP(ctx context.Context, name, code string) error {
	if d.sealer == nil {
		return ErrNoSealer
	}
	return d.store.ChangePerson(ctx, name, func(a *Account) (Entry, error) {
		if a.HasTOTP {
			return Entry{}, ErrHasTOTP
		}
		number, ok, err := d.codeNumber(a.Name, a.Pending, code)
		if err != nil || !ok {
			return Entry{}, errors.Join(err, ErrWrongCode)
		}
		a.Secret, a.Pending, a.Used, a.HasTOTP = a.Pending, nil, number, true
		return Entry{Actor: name, Action: "person.totp", Subject: name}, nil
	})
}

// codeNumber finds which code of a sealed secret was given; ok is false for none of now, one step before or after.
func (d *Door) codeNumber(name string, sealed []byte, code string) (number int64, ok bool, err error) {
	if sealed == nil {
		return 0, false, nil
	}
	if d.sealer == nil {
		return 0, false, ErrNoSealer
	}
	secret, err := d.sealer.Open(SealedRow(name), sealed)
	if err != nil {
		return 0, false, fmt.Errorf("opening a second factor: %w", err)
	}
	code = strings.ReplaceAll(code, " ", "") // apps show it in two groups
	now := d.now().Unix() / codeStep
	for step := now - codeWindow; step <= now+codeWindow; step++ {
		want, err := hotp.GenerateCode(secret, uint64(step))
		if err != nil {
			return 0, false, errors.New("making a code: the secret as kept is not one")
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			number, ok = step, true
		}
	}
	return number, ok, nil
}

// CodeAt returns the code that an app shows at an instant for an enrolment's secret; "" when that is none.
func CodeAt(secret string, at time.Time) string {
	code, _ := hotp.GenerateCode(secret, uint64(at.Unix()/codeStep))
	return code
}

// SealedRow names the row that a person's secret is sealed for.
func SealedRow(name string) string { return "totp:" + name }
