# earshot: `make run` listens, `make test` tests; each sets up what it needs first.
VERSION    := $(shell sed -n 's/^\#\# \[\([0-9][^]]*\)\].*/\1/p' CHANGELOG.md | head -n 1)
COMMIT     := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
# Every file in a build or a package carries the last commit's time: the same commit, the same bytes.
export SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
# The build folder is laid out like an installation: bin/earshot finds ../lib/earshot.
export EARSHOT_ONNXRUNTIME ?= $(CURDIR)/build/lib/earshot/libonnxruntime.so

BINARY      := build/bin/earshot
LDFLAGS     := -s -w -buildid= -X earshot/daemon/cli.version=$(VERSION) -X earshot/daemon/cli.commit=$(COMMIT)
STATICCHECK := build/tools/staticcheck-v0.7.0
GOVULNCHECK := build/tools/govulncheck-v1.9.0
CYCLONEDX   := build/tools/cyclonedx-gomod-v1.10.0
FUZZTIME    ?= 2m
# What the race detector leaves alone in `test`: arithmetic of libraries, and SQLite, which is C translated to Go. Instrumented they take several times
# as long (daemon/history/store 63 s, and 11 s so). What is ours is watched, but for what these read and write of it.
UNWATCHED   := math gonum.org/v1/gonum/dsp/... github.com/tphakala/simd/... github.com/mewkiz/flac/... modernc.org/...
TESTFLAGS   ?= -race -timeout=15m $(foreach p,$(UNWATCHED),-gcflags='$(p)=-race=false -d=checkptr=0')
PREFIX      ?= /usr/local

.PHONY: run build test lint bench micbench teachdemo replay homeassistant browser engines fleet yamnet hostile model-card fuzz install uninstall deb sbom release version setup setup-test clean help

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*\#\# \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 14

run: build ## listen to the microphone (or, without one, to the bundled recording); ARGS="…" are passed on
	$(BINARY) run $(ARGS)

build: setup ## build/bin/earshot
	go build -trimpath -ldflags '$(LDFLAGS)' -o $(BINARY) .

setup: ## what building and running need: Debian packages, ONNX Runtime, Go modules
	@sh scripts/setup.sh run

setup-test:
	@sh scripts/setup.sh test

test: setup-test lint ## every check: formatting, vet, staticcheck, tests with the race detector
	@rm -f build/skipped
	EARSHOT_SKIPPED='$(CURDIR)/build/skipped' go test $(TESTFLAGS) ./...
	@test ! -s build/skipped || { echo "not tested on this machine:"; cat build/skipped; }

lint: setup $(STATICCHECK) ## gofmt, go vet, staticcheck, known weaknesses of what is linked in
	@unformatted=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); \
		test -z "$$unformatted" || { echo "not formatted (gofmt -w):"; echo "$$unformatted"; exit 1; }
	go vet ./...
	$(STATICCHECK) ./...
	@sh scripts/vulncheck.sh $(GOVULNCHECK) ./...

# Built once: `go run` of a pinned version asks the module proxy every time.
$(STATICCHECK):
	GOBIN='$(CURDIR)/build/tools' go install honnef.co/go/tools/cmd/staticcheck@v0.7.0
	@mv build/tools/staticcheck $@

bench: build ## the figures of this machine: front end, inference, pipeline, latency
	$(BINARY) bench $(ARGS)

micbench: setup-test build ## what the program hears through a virtual microphone: ESC=folder of ESC-50, ARGS="-model a.onnx"
	@test -n '$(ESC)' || { echo 'micbench wants ESC-50: make micbench ESC=FOLDER'; exit 2; }
	go run ./internal/test/micbench -data '$(ESC)' -earshot $(BINARY) $(ARGS)

teachdemo: setup-test build ## teach sounds from ten noisy recordings each, and what came of it; settings in scripts/teach-demo.sh
	@sh scripts/teach-demo.sh

replay: build ## an hour with hundreds of sounds, live and played again: the same events, and what Tune promises (a table); ESC=folder of clips
	@test -n '$(ESC)' || { echo 'replay wants labelled clips: make replay ESC=FOLDER'; exit 2; }
	go run ./internal/test/replay -esc '$(ESC)' -earshot $(BINARY) $(ARGS)

HOMEASSISTANT ?= 2026.11.0
homeassistant: setup-test build ## Home Assistant itself, as root: what it makes of the program (a table); HOMEASSISTANT=its version
	@sh scripts/homeassistant.sh build/homeassistant '$(HOMEASSISTANT)'
	go run ./internal/test/homeassistant -earshot $(BINARY) -root build/homeassistant $(ARGS)

browser: setup-test build ## the page in Chromium: a sound is seen, judged, a new one taught, measured, taken back; axe-core and pictures of every tab
	@sh scripts/browser.sh build/browser
	go run ./internal/test/browser -earshot $(BINARY) $(ARGS)

engines: build ## Triton and MLServer score for 32 microphones, are killed, wrong, locked (tables); ESC=folder of clips for 16-bit windows
	@sh scripts/engines.sh build/engines
	go run ./internal/test/engines -earshot $(BINARY) -root build/engines $(if $(ESC),-esc '$(ESC)') $(ARGS)

fleet: setup-test build ## forty nodes on two brokers: listed, pushed to, brokers killed, and what a thousand more cost (tables)
	go run ./internal/test/fleet -earshot $(BINARY) $(ARGS)

YAMNET ?= $(EARSHOT_YAMNET)
yamnet: build ## YAMNet in LiteRT beside this program: same sound, same machine, false events and cost (tables); YAMNET=folder of its weights, ESC=ESC-50
	@sh scripts/yamnet.sh build/yamnet '$(YAMNET)'
	go run ./internal/test/yamnet -earshot $(BINARY) -root build/yamnet $(if $(ESC),-esc '$(ESC)') $(ARGS)

hostile: build ## floods on the whole program in 512 MB, as root: what it took and whether it goes on (a table)
	go run ./internal/test/faults -earshot $(BINARY) -only '^hostile'

model-card: build ## cards and credits of the models in the binary, in infer/builtin; after every new model
	$(BINARY) model built-in-full > infer/builtin/CARD.md
	$(BINARY) model built-in-full --credits > infer/builtin/CREDITS.md
	$(BINARY) model built-in-light > infer/builtin/CARD-light.md
	$(BINARY) model built-in-light --credits > infer/builtin/CREDITS-light.md

fuzz: setup ## every fuzz target for FUZZTIME each; findings stay in testdata/fuzz
	@sh scripts/fuzz.sh $(FUZZTIME)

install: build ## binary, library, configuration and unit below PREFIX (/usr/local)
	@sh scripts/install.sh install '$(PREFIX)'

uninstall: ## what `make install` put there; the configuration stays
	@sh scripts/install.sh uninstall '$(PREFIX)'

deb: setup ## dist/earshot_VERSION_ARCH.deb for ARCHS (default: this machine's; "amd64 arm64" for both)
	@sh packaging/deb.sh '$(VERSION)' '$(LDFLAGS)' $(ARCHS)

$(CYCLONEDX):
	GOBIN='$(CURDIR)/build/tools' go install github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0
	@mv build/tools/cyclonedx-gomod $@

sbom: setup $(CYCLONEDX) ## dist/earshot_VERSION_ARCH.cdx.json: what is linked into the program (CycloneDX), for ARCHS
	@sh packaging/sbom.sh $(CYCLONEDX) '$(VERSION)' $(ARCHS)

release: ## both Debian packages, what is in each, and the checksums of all: dist/
	rm -rf dist
	$(MAKE) deb sbom ARCHS='amd64 arm64'
	cd dist && sha256sum * > SHA256SUMS

version: ## the version that is being built
	@echo '$(VERSION)'

clean: ## what was built here
	rm -rf build dist
