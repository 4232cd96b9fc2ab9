package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// starters start what the arms need, by name.
func (b *bench) starters() map[string]func(context.Context, *arm) error {
	return map[string]func(context.Context, *arm) error{
		armProxy: b.startProxy, armNginx: b.startNginx, armSQLite: b.startSQLite, armPostgres: b.startPostgres, armNaive: b.startNaive, armRows: b.startRows,
		armNone: b.startAssembled("none", false), armGroup: b.startAssembled("group", false), armAlone: b.startAssembled("each", false),
		armPgGroup: b.startAssembled("group", true), armPgAlone: b.startAssembled("each", true), armPgOne: b.startAssembled("statement", true),
		armGowsdl: b.useGowsdl(false), armKept: b.useGowsdl(true),
	}
}

// startArms starts the arms. What this machine does not have is left out, and said.
func (b *bench) startArms(ctx context.Context) error {
	starters := b.starters()
	for _, a := range b.arms {
		if err := starters[a.name](ctx, a); err != nil {
			if missing, ok := errors.AsType[absentError](err); ok {
				b.absent = append(b.absent, a.title+": "+string(missing))
				fmt.Printf("e2e: not measured: %s: %s\n", a.title, missing)
				continue
			}
			return fmt.Errorf("%s: %w", a.title, err)
		}
	}
	b.arms = slices.DeleteFunc(b.arms, func(a *arm) bool { return a.caller == nil })
	return nil
}

// absentError says why an arm cannot be on this machine.
type absentError string

func (e absentError) Error() string { return string(e) }

// plainCaller makes the connections of the load's own client.
func plainCaller(address, approved string, request func(way) (*template, error)) func(way) (func() (caller, error), error) {
	return func(w way) (func() (caller, error), error) {
		t, err := request(w)
		return func() (caller, error) { return openClient(address, t, approved) }, err
	}
}

const approvedXML = "<Code>24</Code>"

func (b *bench) startProxy(ctx context.Context, a *arm) error {
	ports, err := freePorts(1)
	if err != nil {
		return err
	}
	if a.process, err = b.start(a.name, b.own, "proxy", "-listen", ports[0], "-to", "http://"+b.plain); err != nil {
		return err
	}
	a.caller = plainCaller(ports[0], approvedXML, func(w way) (*template, error) { return messageRequest(ports[0], w) })
	_, err = a.process.await(ctx, listening(ports[0]))
	return err
}

const nginxSettings = `daemon off;
worker_processes 2;
pid %[1]s/nginx.pid;
error_log %[1]s/nginx.log;
events { worker_connections 2048; }
http {
  access_log off;
  client_body_temp_path %[1]s/nginx-body;
  proxy_temp_path %[1]s/nginx-proxy;
  fastcgi_temp_path %[1]s/nginx-fastcgi;
  uwsgi_temp_path %[1]s/nginx-uwsgi;
  scgi_temp_path %[1]s/nginx-scgi;
  keepalive_requests 100000000;
  upstream provider { server %[2]s; keepalive 512; keepalive_requests 100000000; }
  server { listen %[3]s; location / { proxy_pass http://provider; proxy_http_version 1.1; proxy_set_header Connection ""; } }
}
`

func (b *bench) startNginx(ctx context.Context, a *arm) error {
	program, err := exec.LookPath("nginx")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/nginx"); err != nil {
			return absentError("nginx is not installed")
		}
	}
	ports, err := freePorts(1)
	if err != nil {
		return err
	}
	settings := filepath.Join(b.dir, "nginx.conf")
	if err := os.WriteFile(settings, fmt.Appendf(nil, nginxSettings, b.dir, b.plain, ports[0]), 0o600); err != nil {
		return err
	}
	if a.process, err = b.start(a.name, program, "-c", settings, "-e", filepath.Join(b.dir, "nginx.log")); err != nil {
		return err
	}
	a.caller = plainCaller(ports[0], approvedXML, func(w way) (*template, error) { return messageRequest(ports[0], w) })
	_, err = a.process.await(ctx, listening(ports[0]))
	return err
}

func (b *bench) startNaive(ctx context.Context, a *arm) error {
	ports, err := freePorts(1)
	if err != nil {
		return err
	}
	if a.process, err = b.start(a.name, b.own, "naive", "-listen", ports[0], "-to", "http://"+b.plain, "-certificate", b.certificate,
		"-database", filepath.Join(b.dir, "naive.db")); err != nil {
		return err
	}
	a.figures = "http://" + ports[0] + "/allocated"
	a.caller = plainCaller(ports[0], `"outcome":"approved"`, func(w way) (*template, error) { return naiveRequest(ports[0], w), nil })
	_, err = a.process.await(ctx, listening(ports[0]))
	return err
}

func (b *bench) useGowsdl(kept bool) func(context.Context, *arm) error {
	return func(_ context.Context, a *arm) error {
		a.caller = func(w way) (func() (caller, error), error) {
			service, err := newGowsdl(b.providerURL(w), b.certificate, kept)
			return func() (caller, error) { return gowsdlCaller{service}, nil }, err
		}
		return nil
	}
}

// startAssembled starts the gateway as this program puts it together, with a journal of a kind.
func (b *bench) startAssembled(journal string, server bool) func(context.Context, *arm) error {
	return func(ctx context.Context, a *arm) error {
		ports, err := freePorts(2)
		if err != nil {
			return err
		}
		token := "svc_" + strings.Repeat("bench", 10)
		args := []string{"assembled", "-listen", ports[0], "-admin", ports[1], "-journal", journal, "-token", token,
			"-provider", b.providerURL(way0), "-service", ways[way0].service}
		database := "-database"
		place := filepath.Join(b.dir, a.name+".db")
		if server {
			dsn, err := b.newDatabase(ctx, a.name)
			if err != nil {
				return err
			}
			if journal == "statement" {
				args = append(args, "-statements", dsn)
			} else {
				database, place = "-postgres", dsn
			}
		}
		if a.process, err = b.start(a.name, b.own, append(args, database, place)...); err != nil {
			return err
		}
		a.figures, a.profile = "http://"+ports[1]+"/metrics", "http://"+ports[1]+"/debug/pprof/profile"
		a.caller = gatewayCaller(ports[0], token)
		_, err = a.process.await(ctx, answering("http://"+ports[1]+"/readyz"))
		return err
	}
}

func gatewayCaller(address, token string) func(way) (func() (caller, error), error) {
	return plainCaller(address, `"outcome":"approved"`, func(w way) (*template, error) { return gatewayRequest(address, token, w), nil })
}
