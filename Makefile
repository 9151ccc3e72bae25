# Two commands do all the set-up: `make demo` and `make test`.

CAPTURE ?= captures/walkthrough.pcapng
# Without libpcap's headers there is no live capture; everything that reads files works all the same.
FEATURES := $(shell echo '\#include <pcap.h>' | cc -E -x c - >/dev/null 2>&1 || echo --no-default-features)

.PHONY: help demo build setup test lint fuzz bench record clean

help:
	@echo "make demo     build, and tell the story of a recorded login (CAPTURE=FILE for another)"
	@echo "make test     install what the tests need, and run them all; a skipped test is a failure"
	@echo "make lint     formatting, clippy and documentation, as CI checks them"
	@echo "make fuzz     run each fuzz target for a minute"
	@echo "make bench    measure against cat, tcpdump, tshark and whichever peers are installed"
	@echo "make record   record the shipped captures anew"

demo:
	@cargo build --release --quiet $(FEATURES)
	@target/release/cookietrail analyze --explain $(CAPTURE)

build:
	cargo build --release $(FEATURES)

setup:
	@bash tests/setup/install.sh

test: setup
	@bash tests/setup/run.sh

lint:
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings
	cargo clippy --no-default-features --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items

fuzz:
	@bash tests/fuzz/run.sh $(or $(SECONDS_EACH),60) $(TARGETS)

bench: build
	@python3 tests/bench/bench.py

record: setup
	@for scenario in walkthrough redirects secure-over-http two-profiles cross-site cross-site-trusted; do \
	    .venv/bin/python captures/record/record.py $$scenario || exit 1; done

clean:
	cargo clean
	rm -rf .venv .venv-old bench-data
