package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// stack is somebody else's SOAP. What it is not played as is nil.
type stack struct {
	name  string
	check []string // succeeds when the stack is installed; nil: it is part of this program

	// As the provider. What serve runs listens on the port, build runs before it, both in a folder of their own.
	build func(b *bench, folder string) [][]string
	serve func(b *bench, folder string, port int) []string
	path  string // of the door; "" is the documented one

	// As a client of the provider at the address. What generate runs makes what client needs of the WSDL.
	generate func(b *bench, folder, wsdl string) [][]string
	client   func(b *bench, folder, url string) []string
	talk     func(ctx context.Context, url string, tasks []task) map[string]told // instead of client: in this program
}

const python = "/usr/bin/python3" // Debian's modules belong to it, whatever else is on the path

var java = []string{"-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8"}

// The jars of Debian's packages.
var (
	jaxwsJars = jars("jaxws-rt", "jaxws-api", "jaxb-api", "jaxb-runtime", "jaxb-core", "jaxb-impl", "saaj", "saaj-impl", "jws-api",
		"javax.activation", "stax-ex", "stax2-api", "streambuffer", "metro-policy", "mimepull", "gmbal", "FastInfoset",
		"istack-commons-runtime", "geronimo-annotation-1.3-spec", "woodstox-core", "xsom")
	jaxwsTools = "/usr/share/jaxws/lib/jaxws-tools.jar"
	axisJars   = jars("axis", "axis-jaxrpc", "axis-saaj", "wsdl4j", "commons-discovery", "commons-logging", "javax.activation")
)

func jars(names ...string) string {
	for i, name := range names {
		names[i] = "/usr/share/java/" + name + ".jar"
	}
	return strings.Join(names, ":")
}

var stacks = []stack{
	{
		name:  "PHP soap",
		check: []string{"php", "-r", `exit(class_exists("SoapServer") ? 0 : 1);`},
		serve: func(b *bench, _ string, port int) []string {
			return []string{"php", "-S", "127.0.0.1:" + strconv.Itoa(port), b.program("php-soap", "server.php")}
		},
		client: func(b *bench, _, url string) []string {
			return []string{"php", b.program("php-soap", "client.php"), url}
		},
	},
	{
		name:  "Perl SOAP::Lite",
		check: []string{"perl", "-MSOAP::Lite", "-MHTTP::Daemon", "-e1"},
		serve: func(b *bench, _ string, port int) []string {
			return []string{"perl", b.program("soap-lite", "server.pl"), strconv.Itoa(port)}
		},
		client: func(b *bench, _, url string) []string {
			return []string{"perl", b.program("soap-lite", "client.pl"), url}
		},
	},
	{
		name:  "Python spyne",
		check: []string{python, "-I", "-c", "import spyne, lxml"},
		serve: func(b *bench, _ string, port int) []string {
			return []string{python, "-IB", b.program("spyne", "server.py"), strconv.Itoa(port)}
		},
	},
	{
		name:   "Python zeep",
		check:  []string{python, "-I", "-c", "import zeep"},
		client: pythonClient("zeep"),
	},
	{
		name:   "Python suds",
		check:  []string{python, "-I", "-c", "import suds"},
		client: pythonClient("suds"),
	},
	{
		name:  "JAX-WS RI",
		check: there(jaxwsJars),
		build: func(b *bench, folder string) [][]string {
			return [][]string{b.compile(folder, jaxwsJars, b.program("Answers.java"), b.program("jaxws", "Server.java"))}
		},
		serve: javaServer(jaxwsJars),
		generate: func(b *bench, folder, wsdl string) [][]string {
			return [][]string{
				javaCommand(jaxwsJars+":"+jaxwsTools, "com.sun.tools.ws.WsImport", "-quiet", "-extension", "-XadditionalHeaders",
					"-d", folder, "-p", "stranger", wsdl),
				b.compile(folder, jaxwsJars, b.program("Questions.java"), b.program("jaxws", "Client.java")),
			}
		},
		client: javaClient(jaxwsJars),
	},
	{
		name:  "Apache Axis 1.4",
		check: there(axisJars),
		build: func(b *bench, folder string) [][]string {
			return [][]string{b.compile(folder, axisJars, b.program("Answers.java"), b.program("axis", "Server.java"))}
		},
		serve: javaServer(axisJars),
		path:  "/axis/services/xmlapi",
		generate: func(b *bench, folder, wsdl string) [][]string {
			return [][]string{
				javaCommand(axisJars, "org.apache.axis.wsdl.WSDL2Java", "-W", "-o", folder, "-p", "stranger", wsdl),
				b.compile(folder, axisJars, b.program("Questions.java"), b.program("axis", "Client.java")),
			}
		},
		client: javaClient(axisJars),
	},
	{
		name:  "npm soap",
		check: []string{"node", "-e", `require("soap")`},
		serve: nodeServer("npm-soap"), client: nodeClient("npm-soap"),
	},
	{
		name:  "npm strong-soap",
		check: []string{"node", "-e", `require("strong-soap")`},
		serve: nodeServer("strong-soap"), client: nodeClient("strong-soap"),
	},
	{name: "Go gowsdl", talk: askByPeer},
}

// there succeeds when java and the jars are.
func there(classes string) []string {
	return append([]string{"ls", "-d", "/usr/bin/java"}, strings.Split(classes, ":")...)
}

func javaCommand(classes string, args ...string) []string {
	return append(append([]string{"java"}, append(java, "-cp", classes)...), args...)
}

// compile compiles Java files, and what they need of the folder, into the folder.
func (b *bench) compile(folder, classes string, files ...string) []string {
	return append([]string{"javac", "-nowarn", "-Xlint:none", "-d", folder, "-cp", folder + ":" + classes, "-sourcepath", folder}, files...)
}

func javaServer(classes string) func(*bench, string, int) []string {
	return func(_ *bench, folder string, port int) []string {
		return javaCommand(folder+":"+classes, "Server", strconv.Itoa(port))
	}
}

func javaClient(classes string) func(*bench, string, string) []string {
	return func(_ *bench, folder, url string) []string { return javaCommand(folder+":"+classes, "Client", url) }
}

func nodeServer(name string) func(*bench, string, int) []string {
	return func(b *bench, _ string, port int) []string {
		return []string{"node", b.program(name, "server.js"), strconv.Itoa(port)}
	}
}

func nodeClient(name string) func(*bench, string, string) []string {
	return func(b *bench, _, url string) []string { return []string{"node", b.program(name, "client.js"), url} }
}

func pythonClient(name string) func(*bench, string, string) []string {
	return func(b *bench, _, url string) []string {
		return []string{python, "-IB", b.program(name, "client.py"), url}
	}
}

// missing names the stacks that are not installed.
func (b *bench) missing(ctx context.Context, all []stack) error {
	problems := make([]error, len(all))
	b.each(len(all), func(i int) {
		if all[i].check == nil {
			return
		}
		if _, err := b.do(ctx, "", all[i].check); err != nil {
			problems[i] = fmt.Errorf("%s is not there: %w", all[i].name, err)
		}
	})
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("%w\ninstall what is missing with %s", err, filepath.Join(filepath.Dir(b.stacks), "install.sh"))
	}
	return nil
}

// prepare makes a folder and runs what has to run in front.
func (b *bench) prepare(ctx context.Context, commands func(folder string) [][]string) (folder string, err error) {
	if folder, err = os.MkdirTemp(b.work, "stack-"); err != nil {
		return "", fmt.Errorf("making a folder: %w", err)
	}
	for _, args := range commands(folder) {
		if _, err := b.do(ctx, "", args); err != nil {
			return "", err
		}
	}
	return folder, nil
}

// atOnce is how many stacks work at one time.
const atOnce = 3

// each calls f for 0 to n-1, a few at one time.
func (b *bench) each(n int, f func(i int)) {
	var work sync.WaitGroup
	room := make(chan struct{}, atOnce)
	for i := range n {
		work.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			f(i)
		})
	}
	work.Wait()
}
