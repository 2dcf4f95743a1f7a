# The ways in. `make run` and `make test` are all that a fresh machine needs.
.DEFAULT_GOAL := help
.PHONY: help setup run test shots fuzz soak bench

help:
	@echo 'make run    set up, build and start the server with its defaults'
	@echo 'make test   set up and run every check'
	@echo 'make shots  pictures of every page of the console, at three widths and in both themes, in target/shots/'
	@echo 'make fuzz   fuzz each parser (MINUTES=10 each, JOBS=1 at a time; needs a nightly toolchain)'
	@echo 'make soak   publish and play for long (MINUTES=30)'
	@echo 'make bench  measure beside nginx-rtmp'
	@echo 'make setup  install everything that development uses'

setup:
	@scripts/setup.sh all

run:
	@scripts/setup.sh run
	@scripts/run.sh

test:
	@scripts/setup.sh test
	@scripts/check.sh

shots:
	@scripts/setup.sh test
	@scripts/shots.sh

fuzz:
	@scripts/fuzz.sh

soak:
	@scripts/setup.sh test
	@scripts/soak.sh

bench:
	@scripts/setup.sh bench
	@scripts/bench.sh
