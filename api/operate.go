package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/svcgate/svcgate"
)

// operate is the handler of one operation: POST /v1/authorizations and its seven sisters.
func (a *API) operate(op svcgate.OperationInfo) func(*call) (*answer, error) {
	forms := newForms(op)
	return func(c *call) (*answer, error) {
		c.Operation = op.Name
		derived := op.NeedsKey && a.DeriveKeys != nil && a.DeriveKeys(c.caller.Name)
		key, err := idempotencyKey(c.r.Header, op.NeedsKey && !derived)
		if err != nil {
			return nil, err
		}
		draft, err := c.readDraft(op, forms)
		if err != nil {
			return nil, err
		}
		request, err := svcgate.NewRequest(draft)
		if err != nil {
			return nil, err
		}
		if err := keepsCardOut(request, key); err != nil {
			return nil, err
		}
		if derived && key == "" {
			if key, err = deriveKey(request); err != nil {
				return nil, err
			}
			c.header.Set(headerKey, key)
		}
		if !a.services[request.Service()] && key == "" { // what is known of a key, the gateway tells first
			return nil, &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "unknown_service", Field: "service",
				Detail: "No service bureau of this code is configured. GET /v1/services lists them."}
		}
		if a.services[request.Service()] {
			c.Service = request.Service()
		}
		if !request.Card().IsZero() {
			c.Card = request.Card().Masked()
			a.trust(c, request.Card())
		}
		select {
		case a.slots <- struct{}{}:
			defer func() { <-a.slots }()
		default:
			return nil, &svcgate.Error{Code: svcgate.CodeOverloaded, Reason: "overloaded",
				Detail: "Too many operations are under way; nothing was done. Try again shortly with the same Idempotency-Key."}
		}
		c.begun = detailBegun
		if op.MovesMoney {
			c.begun = detailMoney
		}
		res, err := a.Gateway.Do(svcgate.WithPhases(c.r.Context(), &c.Phases), c.caller.Name, key, request)
		return a.told(c, res, err)
	}
}

// keepsCardOut refuses a request that has the card number in a text that is kept, logged and shown.
func keepsCardOut(r *svcgate.Request, key string) error {
	if holdsCard(key, r.Card()) {
		return invalidKey("This Idempotency-Key holds the card number; make keys of other things.")
	}
	if holdsCard(r.Authorization(), r.Card()) {
		return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_authorization", Field: "authorization",
			Detail: "This holds the card number; give the provider's transaction id of the authorization."}
	}
	if holdsCard(r.Order(), r.Card()) {
		return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_order", Field: "order",
			Detail: "The order number holds the card number; give the order's own number."}
	}
	if holdsCard(r.Service(), r.Card()) {
		return &svcgate.Error{Code: svcgate.CodeInvalid, Reason: "invalid_service", Field: "service",
			Detail: "This holds the card number; give the code of the service bureau."}
	}
	return nil
}

// told makes the answer of what the gateway gave back. A transaction that is unavailable or unknown is a problem that
// carries it.
func (a *API) told(c *call, res *svcgate.Result, err error) (*answer, error) {
	if res == nil || res.Transaction == nil {
		if err == nil {
			err = errors.New("api: the gateway gave neither a transaction nor an error")
		}
		return nil, err
	}
	t := res.Transaction
	c.Transaction, c.Outcome, c.Replayed = t.ID, string(t.Outcome), res.Replayed
	c.Card, c.Class = svcgate.MaskLast4(t.Last4), string(t.Class)
	if t.Vendor != nil {
		c.Vendor = t.Vendor.Code
	}
	if res.Replayed {
		c.header.Set("Idempotent-Replayed", "true")
	}
	shown, bad := a.show(context.WithoutCancel(c.r.Context()), t, newNumber(res))
	if bad != nil {
		return nil, bad
	}
	ans, bad := write(http.StatusOK, shown)
	if bad == nil && err != nil {
		return a.outcomeProblem(c, err, t, ans), nil
	}
	return ans, bad
}
