package main

import (
	"context"
	"fmt"
	"net"
	"strconv"

	toxiproxy "github.com/Shopify/toxiproxy/v2/client"
)

// attributes are a toxic's, by toxiproxy's names; durations are milliseconds but for the slicer's delay, which is
// microseconds.
type attributes = toxiproxy.Attributes

// network is the toxiproxy process.
type network struct {
	*process
	client *toxiproxy.Client
}

// startNetwork starts toxiproxy on a free port. Its command line cannot be given port 0, so another program may take
// the port in between; then the next one is tried.
func startNetwork(ctx context.Context, binary string) (*network, error) {
	var err error
	for range 3 {
		var port int
		if port, err = freePort(ctx); err != nil {
			return nil, err
		}
		var p *process
		if p, err = start("toxiproxy", nil, binary, "-host", "127.0.0.1", "-port", strconv.Itoa(port)); err != nil {
			return nil, err
		}
		n := &network{p, toxiproxy.NewClient(net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))}
		err = eventually(ctx, readyLimit, func() error {
			_, err := n.client.Version()
			return err
		})
		if err == nil {
			return n, nil
		}
		_ = p.stop() // the first error tells more
	}
	return nil, fmt.Errorf("starting toxiproxy: %w", err)
}

func freePort(ctx context.Context) (int, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("finding a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// proxyDoor is one proxy of toxiproxy before the simulator.
type proxyDoor struct {
	proxy *toxiproxy.Proxy
	on    string // the toxic that is on
}

// open makes a proxy on a free port of a host. The port is free again while the proxy is down, so the host is an address
// on which nobody else listens.
func (n *network) open(name, host, upstream string) (*proxyDoor, error) {
	p, err := n.client.CreateProxy(name, net.JoinHostPort(host, "0"), upstream)
	if err != nil {
		return nil, fmt.Errorf("making the proxy %s: %w", name, err)
	}
	return &proxyDoor{proxy: p}, nil
}

func (d *proxyDoor) bureau() bureau { return bureau{url: "http://" + d.proxy.Listen + relatePath} }

func (d *proxyDoor) make(_ context.Context, f fault) error {
	if f.down {
		return d.proxy.Disable()
	}
	if f.toxic == nil {
		return nil
	}
	stream := "upstream"
	if f.toxic.downstream {
		stream = "downstream"
	}
	t, err := d.proxy.AddToxic("", f.toxic.kind, stream, 1, f.toxic.attributes)
	if err != nil {
		return fmt.Errorf("adding the toxic %s: %w", f.toxic.kind, err)
	}
	d.on = t.Name
	return nil
}

func (d *proxyDoor) heal(context.Context) error {
	if d.on != "" {
		if err := d.proxy.RemoveToxic(d.on); err != nil {
			return fmt.Errorf("removing a toxic: %w", err)
		}
		d.on = ""
	}
	if !d.proxy.Enabled {
		return d.proxy.Enable()
	}
	return nil
}

func (d *proxyDoor) arrived(...string) (int, bool) { return 0, false }

func (d *proxyDoor) close() error { return d.proxy.Delete() }
