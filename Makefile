# What there is to do in the project. Needs make and Python 3.11 or newer; fetches the rest from the
# package registries that pip and uv are set up for. `make` alone lists the commands.

PORT ?= 8000
SHELL := /bin/sh
BIN := .venv/bin
READY := .make/ready

# What the environment and the built pages are made from: a change here prepares them anew.
INPUTS := pyproject.toml uv.lock tools/prepare-environment $(wildcard hatch_build.py) \
	$(shell find frontend -name node_modules -prune -o -type f -print 2>/dev/null)

# How large the benchmarks are, where their figures go, and the file of an earlier run.
BENCH_OPTIONS = $(if $(SCALE),--scale "$(SCALE)") $(if $(JSON),--json "$(JSON)") \
	$(if $(COMPARE),--compare "$(COMPARE)")

# How long a fault run is, how hard, and whether it is on a stream.
FAULT_OPTIONS = $(if $(MINUTES),--minutes "$(MINUTES)") $(if $(MESSAGES),--messages "$(MESSAGES)") \
	$(if $(SEED),--seed "$(SEED)") $(if $(STREAM),--stream)

.DEFAULT_GOAL := help
.PHONY: help run test test-thorough test-faults fuzz check bench bench-growth bench-scale format docs \
	screenshots clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' Makefile

run: $(READY) ## start the portal with demonstration data at http://127.0.0.1:8000 (PORT=…)
	@exec $(BIN)/firmtrack serve --demonstration --port $(PORT)

test: $(READY) ## fetch what the tests need, then run those of every change
	@tools/prepare-chromium
	@tools/prepare-postgresql
	@tools/prepare-libreoffice
	@tools/run-tests

test-thorough: $(READY) ## the same with all tests and all examples; before a release
	@tools/prepare-chromium
	@tools/prepare-postgresql
	@tools/prepare-libreoffice
	@tools/run-tests --thorough

test-faults: $(READY) ## kills, restarts, a full disk and a bad network (MINUTES=… MESSAGES=… STREAM=1)
	@tools/prepare-postgresql
	@exec $(BIN)/python -m tests.faults $(FAULT_OPTIONS)

fuzz: $(READY) ## fuzz what is read, guided by coverage (TARGET=duis|gbcs|archives|all RUNS=…)
	@tools/prepare-environment fuzz
	@exec $(BIN)/python -m tests.fuzz $(or $(TARGET),all) $(if $(RUNS),--runs "$(RUNS)")

check: $(READY) ## format, lint, types, import contracts, docs, the API's description
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/interrogate --quiet src
	$(BIN)/python -m tools.stage_diagram --check
	$(BIN)/python -m tools.links
	$(BIN)/python -m tools.openapi_linter

bench: $(READY) ## measure the speeds that README.md reports (JOBS=… SCALE=… JSON=FILE COMPARE=FILE)
	@exec $(BIN)/python -m bench $(JOBS) $(BENCH_OPTIONS)

bench-growth: $(READY) ## measure every read among ten million events, and among a tenth; half an hour
	@exec $(BIN)/python -m bench growth $(BENCH_OPTIONS)

bench-scale: $(READY) ## measure among a hundred million events, and among a million (SCALE=… DIR=… JSON=FILE COMPARE=FILE)
	@exec $(BIN)/python -m bench.scale $(if $(DIR),--directory "$(DIR)") $(BENCH_OPTIONS)

format: $(READY) ## put code into its one form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(READY) ## write the generated parts of the docs anew
	$(BIN)/python -m tools.stage_diagram

screenshots: $(READY) ## take the pictures in docs/images of the real thing
	@tools/prepare-chromium
	$(BIN)/python -m tools.screenshots

clean: ## remove what was built; the data in ./var stays
	rm -rf .venv .make build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache src/firmtrack/web/static
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): $(INPUTS)
	@tools/prepare-environment
	@touch $@
