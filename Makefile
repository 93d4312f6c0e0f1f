# Every target stands alone on a fresh Debian machine with Go, Node and make: it installs what it needs where it
# may (Debian, as root) and says exactly what is missing where it may not.
SHELL := /bin/bash
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
# gin without MessagePack, which nobody asks of it: the library for that is a tenth of the compiler's work.
export GOFLAGS := -tags=nomsgpack

.PHONY: build run demo test test-long e2e bench lint go-present test-tools e2e-tools

build: go-present
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/callgate ./cmd/callgate

run: build
	bin/callgate serve

# Not through make's shell alone: exec hands Ctrl-C to callgate, which stops in order.
demo: build
	@exec bin/callgate demo

# Most of the time goes to compiling: the compiler collects its garbage a quarter as often. What is tested does as usual.
test: export GOGC = 400
test: go-present test-tools
	@unformatted=$$(gofmt -l $$(git ls-files '*.go' 2>/dev/null || find . -name '*.go')); \
	if [ -n "$$unformatted" ]; then echo "gofmt would change: $$unformatted"; exit 1; fi
	CGO_ENABLED=0 go vet ./...
	CGO_ENABLED=0 go vet -tags e2e,nomsgpack ./internal/app
	CGO_ENABLED=1 go test -exec "env -u GOGC" -vet=off -short $(RACE) -p 3 -parallel 5 -timeout 12m ./internal/app ./internal/store ./...
	CGO_ENABLED=0 go test -exec "env -u GOGC" -vet=off -run '^($(FULL))$$' ./internal/app ./internal/callcenter ./internal/call ./cdr

# What the race detector makes too slow is short where it looks, and whole without it.
FULL := TestThousandCalls|TestLargeReport|TestStatesOfRandomHistories|TestRandomHistories|TestKeys|TestReadIsLinear

# SQLite is translated C on memory of its own, which the race detector does not see, and argon2id is arithmetic on
# memory that one goroutine has: to instrument them shows nothing, and makes them two to four times slower.
RACE := -race $(foreach package,modernc.org/sqlite/lib modernc.org/libc golang.org/x/crypto/argon2,-gcflags=$(package)=-race=false)

# Minutes of fuzzing and many rounds: what is too long for every change.
FUZZTIME ?= 60s
test-long: go-present test-tools
	@set -euo pipefail; for target in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs grep -Ho '^func Fuzz[A-Za-z0-9_]*' | sed 's/:func /:/'); do \
	  dir=$$(dirname "$${target%%:*}"); name="$${target##*:}"; \
	  echo "== $$dir $$name"; go test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x "$$dir"; done
	go test -count 1 -v -timeout 60m -run '^TestIntake|^TestSpool|^TestPruneKilled|^TestMessagesKilled' ./internal/app ./internal/store | grep -v '^=== '
	CGO_ENABLED=1 go test $(RACE) -count 20 -timeout 60m ./...

# Against a running FreeSWITCH, whose binary is named and which runs on a configuration of our own, on loopback only.
e2e: go-present e2e-tools
	@test -x "$(FREESWITCH)" || { echo "name a binary: make e2e FREESWITCH=/path/to/bin/freeswitch"; exit 1; }
	FREESWITCH="$(abspath $(FREESWITCH))" go test -tags e2e,nomsgpack -count 1 -timeout 10m -run '^TestFreeSWITCH' -v ./internal/app

# LEGS is how many legs the searches are measured over; ten million take half an hour and 20 GB.
LEGS ?= 1000000
bench: go-present
	LEGS=$(LEGS) go test -timeout 3h -run "^$$" -bench . -benchmem ./... | awk -f bench.awk

lint: go-present
	go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.5.0 run

go-present:
	@command -v go >/dev/null || { echo "Go 1.26 or newer is missing: https://go.dev/dl/"; exit 1; }

# Callers and agents of the end-to-end suite are SIPp.
e2e-tools:
	@command -v sipp >/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "installing: sip-tester"; apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends sip-tester; \
	  else echo "missing, please install: sip-tester (Debian: apt-get install sip-tester)"; exit 1; fi; }

# The race detector needs a C compiler, the store's tests a PostgreSQL server, the README's lines curl, the SMSC of the tests
# Node and a package of npm, which is fetched once.
test-tools:
	@missing=""; \
	command -v gcc >/dev/null || missing="$$missing gcc libc6-dev"; \
	command -v curl >/dev/null || missing="$$missing curl"; \
	command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$$missing postgresql"; \
	command -v node >/dev/null || missing="$$missing nodejs"; \
	command -v npm >/dev/null || missing="$$missing npm"; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "installing:$$missing"; apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; \
	  else echo "missing, please install:$$missing (Debian: apt-get install$$missing)"; exit 1; fi; fi
