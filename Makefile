# README's two commands are `make run` and `make test`.
STATE_DIR ?= $(or $(XDG_STATE_HOME),$(HOME)/.local/state)/skiff
SKIFF := .build/static/release/skiff

.PHONY: run stop test bench format clean setup build

## Builds skiff, publishes sample-repo into a bare git repository and runs the cluster on it until Ctrl-C.
run: build
	@Scripts/run "$(SKIFF)" "$(STATE_DIR)"

## Stops the cluster that `make run` started, and its pods.
stop:
	@"$(SKIFF)" down --state-dir "$(STATE_DIR)"

## Unit, golden, scenario and end-to-end tests, and the format check.
test:
	@Scripts/test

## Prints the table of measurements that shared/BASELINES.md is about.
bench: build
	@Scripts/bench "$(SKIFF)"

format:
	swift format -i -r Sources Tests Package.swift

clean:
	rm -rf .build

setup:
	@Scripts/setup

build: setup
	@Scripts/build-static
