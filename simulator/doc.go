// Package simulator plays ORCE: cards, accounts, holds and a ledger behind the provider's HTTP door, so that a gateway
// can be tried, tested and shown without the provider.
//
// It answers the eight messages of "OMS 15.1 help SO14_08" and keeps an account as that document and "ORCE 22.1 guide
// ch. 9 (Stored Value)" describe it. Where both are silent, the choice made here is a named switch (switches.go). On
// request it misbehaves: faults.go lists how, magic.go lists the amounts and card endings that bring it about without
// any configuration. The ledger always tells what really happened, whatever the caller was told.
//
// The package shares the wire codec with the gateway and nothing else: it never imports the translation between
// domain and messages, or a wrong translation would agree with itself.
package simulator
