// Package svcgate is the language of the business: cards, money, operations, requests, replies, outcomes and errors,
// and Gateway, the only place that decides what happened.
//
// An order management system (OMS) asks for one of eight operations on a stored value card; a Provider carries the
// question to the card's issuer and brings the answer back. The package does no input or output of its own: stores,
// providers and faces import it and it imports none of them.
package svcgate
