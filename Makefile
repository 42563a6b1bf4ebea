# Everything a developer or a machine does here. `make help` lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash

export CARGO_TERM_COLOR ?= auto

.PHONY: help
help: ## list these targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

.PHONY: demo
demo: ## a dry run for gateway and agent on the stand-in charts; no cluster
	scripts/demo

.PHONY: playground
playground: ## a shell beside a Kubernetes of its own, to try every command in; PLAYGROUND=tour: ten of them, by themselves
	scripts/playground

.PHONY: test
test: ## everything but the cluster
	scripts/test

.PHONY: mutants
mutants: ## takes away one promise of docs/promises.md at a time: a test has to notice
	scripts/mutants

.PHONY: test-helms
test-helms: ## what goes through helm, on the versions of Helm that `make test` leaves out; HELMS=ends: on the newest 3 and the oldest 4
	scripts/test-helms $(HELMS)

.PHONY: properties
properties: ## the property tests of the YAML editor, with more documents than `make test` takes
	PROPTEST_CASES=$${PROPTEST_CASES:-4000} scripts/test --test it yaml_properties

.PHONY: e2e
e2e: ## the same against a real Kubernetes API: one of its own, or KUBECONFIG
	scripts/e2e

.PHONY: dist
dist: ## release archives, checksums and the plugin's tarball, in dist/
	scripts/dist

.PHONY: windows
windows: ## the program for Windows, built here and run under Wine
	scripts/windows-smoke

.PHONY: requirements
requirements: ## what this machine lacks for each of these
	scripts/requirements

.PHONY: image
image: ## container images of the Linux archives in dist/, as OCI archives
	scripts/image

# Scripts are found by their first line, so that a new one is not forgotten.
scripts = $$(git ls-files -z | xargs -0 grep -lE '^\#!.*[ /](ba)?sh$$|^\# shellcheck shell=')

.PHONY: lint
lint: ## formatting, clippy (for Windows too), shellcheck; advisories where cargo-deny is there (licences: make test)
	scripts/requirements lint
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	scripts/windows-check
	"$$(scripts/tools shellcheck)" -x $(scripts)
	@if cargo deny --version >/dev/null 2>&1; then cargo deny --log-level error check; \
	else echo 'cargo-deny is not installed: advisories were not checked (cargo install cargo-deny)' >&2; fi

.PHONY: lint-workflows
lint-workflows: ## the workflows, by actionlint; needs Go
	go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.7 -shellcheck "$$(scripts/tools shellcheck)"
