# Every target stands alone on a fresh Debian machine with Go, Node and make: it installs what it needs where it
# may (Debian, as root) and says exactly what is missing where it may not.
SHELL := /bin/bash
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
# gin without MessagePack, which nobody asks of it: the library for that is a tenth of the compiler's work.
export GOFLAGS := -tags=nomsgpack

.PHONY: build run demo panel vet check-panel test test-go test-panel test-spare test-raced test-race test-long e2e bench lint go-present node-present test-tools e2e-tools FORCE

build: panel
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/callgate ./cmd/callgate

run: build
	bin/callgate serve

# Not through make's shell alone: exec hands Ctrl-C to callgate, which stops in order.
demo: build
	@exec bin/callgate demo

# The admin panel, into what the binary carries. Go alone does without: then there is no panel in it.
panel: web/dist/panel/index.html

# With the flags of what is built beside it: nothing is compiled twice.
PANELGO = CGO_ENABLED=0 go run -trimpath

web/dist/panel/index.html: web/src/api/schema.d.ts $(shell find web/src web/public web/index.html web/vite.config.ts -type f)
	cd web && npm run --silent build -- --logLevel warn
	@touch $@

web/src/api/schema.d.ts: bin/openapi.json web/node_modules/.package-lock.json
	cd web && npm run --silent types

bin/openapi.json: FORCE | go-present
	@mkdir -p bin
	$(PANELGO) ./cmd/callgate openapi > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

web/node_modules/.package-lock.json: web/package-lock.json | node-present
	cd web && npm ci --ignore-scripts --no-audit --no-fund --prefer-offline
	@touch $@

# Where tests and compiler write to: memory, where there is enough, for a quarter of what tests of databases take is the disk's.
ROOM = [ -w /dev/shm ] && [ "$$(df -k --output=avail /dev/shm | tail -1)" -gt 6000000 ] && \
	[ "$$(awk '/^MemAvailable/ {print $$2}' /proc/meminfo)" -gt 12000000 ] && echo /dev/shm || echo "$${TMPDIR:-/tmp}"

# Compiler and tests collect their garbage a quarter as often, and no test stays for a second at its end, as what the race detector
# looks at does. Browsers, the rest, which mostly waits, and what is arithmetic are tried side by side.
test: export GOGC = 400
test: export GORACE = atexit_sleep_ms=0
test: export TMPDIR := $(shell $(ROOM))
test: go-present test-tools
	@$(MAKE) --no-print-directory -j2 panel PANELGO="CGO_ENABLED=0 go run"
	@unformatted=$$(gofmt -l $$(git ls-files '*.go' 2>/dev/null || find . -name '*.go')); \
	if [ -n "$$unformatted" ]; then echo "gofmt would change: $$unformatted"; exit 1; fi
	CGO_ENABLED=0 go build -o bin/test/callgate ./cmd/callgate
	@$(MAKE) --no-print-directory -j3 test-go test-panel test-spare

vet:
	CGO_ENABLED=0 go vet -tags e2e,nomsgpack ./...

check-panel:
	cd web && npm run --silent check

# What takes longest first, for it mostly waits.
test-go:
	CGO_ENABLED=0 go test -vet=off -short -parallel 5 -timeout 12m ./internal/app
	CGO_ENABLED=0 go test -vet=off -short -p 2 -parallel 5 -timeout 12m $(filter-out callgate/internal/app $(RACED),$(shell go list ./...))

# Arithmetic more than anything: it has the processor when nobody else wants it.
test-spare:
	@for part in check-panel vet test-raced; do nice -n 10 $(MAKE) --no-print-directory $$part || exit 1; done

test-raced:
	CGO_ENABLED=1 go test -vet=off -short -race -p 3 -parallel 5 -timeout 15m $(RACED)

# What is concurrent, with neither database nor web server below it, is always looked at by the race detector; all of the service, which it makes
# four times as slow, in the long tests.
RACED = $(addprefix callgate/,api/stream cdr esl esl/esltest internal/backlog internal/call internal/callcenter internal/exporter internal/history \
	internal/outside/smpp internal/sms)

# All pages are opened and the main paths gone; the others, and all pages in all their looks, are in the long tests.
test-panel:
	cd web && CALLGATE=../bin/test/callgate CHROMIUM=$$(command -v chromium) npm run --silent test -- --grep @main

# All under the race detector, once. SQLite is translated C on memory of its own, which the race detector does not see, and argon2id
# is arithmetic on memory that one goroutine has: to instrument them shows nothing, and makes them two to four times slower. Not so
# what uses generic types of others: the linker would take their instances from there for all, and sync.Map were no longer seen.
RACE := -race $(foreach package,modernc.org/sqlite/lib modernc.org/libc golang.org/x/crypto/argon2,-gcflags=$(package)=-race=false)
TIMES ?= 1
test-race: export GOGC = 400
test-race: export GORACE = atexit_sleep_ms=0
test-race: export TMPDIR := $(shell $(ROOM))
test-race: go-present test-tools
	CGO_ENABLED=1 go test -short $(RACE) -p 3 -parallel 5 -count $(TIMES) -timeout 5h ./...

# Minutes of fuzzing, whole what is short in every change, and many rounds.
FUZZTIME ?= 60s
test-long: go-present test-tools build
	@set -euo pipefail; for target in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs grep -Ho '^func Fuzz[A-Za-z0-9_]*' | sed 's/:func /:/'); do \
	  dir=$$(dirname "$${target%%:*}"); name="$${target##*:}"; \
	  echo "== $$dir $$name"; go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x "$$dir"; done
	set -o pipefail; go test -count 1 -v -timeout 90m ./... | grep -v '^=== '
	$(MAKE) --no-print-directory test-race TIMES=20
	cd web && PANEL_WHOLE=1 CHROMIUM=$$(command -v chromium) npm run --silent test

# Against a running FreeSWITCH, whose binary is named and which runs on a configuration of our own, on loopback only.
e2e: go-present e2e-tools
	@test -x "$(FREESWITCH)" || { echo "name a binary: make e2e FREESWITCH=/path/to/bin/freeswitch"; exit 1; }
	FREESWITCH="$(abspath $(FREESWITCH))" go test -tags e2e,nomsgpack -count 1 -timeout 10m -run '^TestFreeSWITCH' -v ./internal/app

# LEGS is how many legs the searches are measured over; ten million take half an hour and 20 GB.
LEGS ?= 1000000
bench: go-present test-tools panel
	LEGS=$(LEGS) go test -timeout 3h -run "^$$" -bench . -benchmem ./... | awk -f bench.awk

lint: go-present
	go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.5.0 run

go-present:
	@command -v go >/dev/null || { echo "Go 1.26 or newer is missing: https://go.dev/dl/"; exit 1; }

node-present:
	@command -v npm >/dev/null && node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || a == 20 && b >= 19 ? 0 : 1)' || \
	  { echo "Node 20.19 or newer with npm is missing: https://nodejs.org/"; exit 1; }

# Callers and agents of the end-to-end suite are SIPp.
e2e-tools:
	@command -v sipp >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "installing: sip-tester"; apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends sip-tester; \
	  else echo "missing, please install: sip-tester (Debian: apt-get install sip-tester)"; exit 1; fi; }

# The race detector needs a C compiler, the store's tests a PostgreSQL server, the README's lines curl, the SMSC of the tests
# Node and a package of npm, which is fetched once, the panel's a browser with letters to show, the metrics' promtool.
test-tools:
	@missing=""; \
	command -v gcc >/dev/null || missing="$$missing gcc libc6-dev"; \
	command -v curl >/dev/null || missing="$$missing curl"; \
	command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$$missing postgresql"; \
	command -v node >/dev/null || missing="$$missing nodejs"; \
	command -v npm >/dev/null || missing="$$missing npm"; \
	command -v chromium >/dev/null || missing="$$missing chromium fonts-dejavu-core"; \
	command -v promtool >/dev/null || missing="$$missing prometheus"; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "installing:$$missing"; apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; \
	  else echo "missing, please install:$$missing (Debian: apt-get install$$missing)"; exit 1; fi; fi
