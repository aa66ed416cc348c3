# One command for everything. Needs python3 (3.11 to 3.13) and make; brings the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
COVERAGE := --cov=core --cov-report=term:skip-covered --cov-fail-under=95
COMPILE := $(BIN)/uv pip compile --universal --generate-hashes --python-version 3.11 \
	--no-strip-extras --no-emit-index-url --no-emit-find-links --quiet

.DEFAULT_GOAL := help
.PHONY: help up test check mutants bench lock

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: $(VENV)/.runtime ## database, API, worker and relay on http://127.0.0.1:8080; Ctrl-C stops
	@exec $(BIN)/fluxor up

test: $(VENV)/.dev ## all tests, with coverage
	$(BIN)/python -m pytest -n 2 --dist loadfile $(COVERAGE)

check: $(VENV)/.dev ## format, lint, types, import rules, rules and laws: about a minute
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --config importlinter.ini --no-logo
	$(BIN)/python -m pytest -n 2 --dist worksteal -q tests/rules tests/laws tests/architecture

mutants: $(VENV)/.dev ## plant defects in the ledger and the sagas; docs/mutation.md says what no test noticed: about two hours
	$(BIN)/python -m tests.mutation.report --forget
	nice -n 10 $(BIN)/mutmut run --max-children 2
	$(BIN)/python -m tests.mutation.report --write

bench: $(VENV)/.runtime ## orders per second through HTTP against an own server
	@exec $(BIN)/fluxor bench orders

lock: $(BIN)/python ## pin again after a change of the dependencies in pyproject.toml
	test -x $(BIN)/uv || $(PIP) uv
	$(COMPILE) pyproject.toml -o requirements/runtime.lock
	$(COMPILE) --group dev pyproject.toml -o requirements/dev.lock
	$(COMPILE) --group others -o requirements/others.lock

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# The stamps remember what is installed. The dev lock holds all of the runtime lock.
$(VENV)/.runtime: requirements/runtime.lock pyproject.toml | $(BIN)/python
	$(PIP) --require-hashes -r requirements/runtime.lock
	$(PIP) --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements/dev.lock pyproject.toml | $(BIN)/python
	$(PIP) --require-hashes -r requirements/dev.lock
	$(PIP) --no-deps -e .
	@touch $(VENV)/.runtime $@
