package main

import (
	"github.com/svcgate/svcgate/access"
	"github.com/svcgate/svcgate/internal/secret"
	"github.com/svcgate/svcgate/store"
)

// newDoor makes the door at which people sign in. keys seal what second factors keep; nil: no second factor. tried is
// told how tries end; nil: nobody counts.
func newDoor(db *store.Store, keys *secret.Keyring, tried func(access.Tried)) *access.Door {
	c := access.DoorConfig{Store: db, Now: db.Now, Tried: tried}
	if keys != nil {
		c.Sealer = factorSealer{keys}
	}
	return access.NewDoor(c)
}

// factorSealer seals the secrets of second factors with the keys that seal card numbers.
type factorSealer struct{ keys *secret.Keyring }

func (s factorSealer) Seal(row, text string) []byte { return s.keys.Seal(row, secret.New(text)) }

func (s factorSealer) Open(row string, sealed []byte) (string, error) {
	text, err := s.keys.Open(row, sealed)
	if err != nil {
		return "", err
	}
	return text.Reveal(), nil
}
