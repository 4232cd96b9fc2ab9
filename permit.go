package svcgate

import "context"

type permitKey struct{}

// permitted takes the permit that an attempt is sent with. It is taken before the attempt is begun: should this node lose
// the attempt to another one afterwards, the permit is no good, and stays so whatever becomes of the node. One that ctx
// has stays: the parts of a split deposit go with the permit of the whole.
func (g *Gateway) permitted(ctx context.Context) context.Context {
	if _, taken := ctx.Value(permitKey{}).(func() error); taken {
		return ctx
	}
	return context.WithValue(ctx, permitKey{}, g.Permit())
}

// MaySend says whether the attempt that ctx belongs to may still be sent. It is asked before Message.Send, and to be
// asked again, with the context that Send was given, right before the first byte leaves: reaching the provider takes
// time, and a machine may have stood still.
func MaySend(ctx context.Context) error {
	if permit, ok := ctx.Value(permitKey{}).(func() error); ok {
		return permit()
	}
	return nil
}
