# `make help` lists what there is. Everything lives in .venv, made from the hashed lock files.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.locked
# Tests wait as much as they compute: three lanes fill two cores.
LANES ?= 3
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: help demo up test check soak bench lint types contracts format browser messages lock clean

help: ## Show this help
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

demo: $(VENV)/.installed ## Start the demo world and print its URL and log-ins
	@$(BIN)/python -m trivet.site demo $(if $(PORT),--port $(PORT))

up: $(VENV)/.installed ## Start an empty Trivet
	@$(BIN)/python -m trivet.site up $(if $(PORT),--port $(PORT))

test: check browser ## Everything: checks, unit, database, race, story and browser tests
	$(BIN)/python -m pytest -n $(LANES) --dist loadfile --durations=10

check: $(STAMP) lint types contracts ## The fast part: lint, format, types, contracts, pure rules (under a minute)
	$(BIN)/python -m pytest -m "not soak" tests/house trivet/lib/tests/test_small.py trivet/lib/tests/test_group_commit.py $(wildcard trivet/*/tests/test_*rules*.py) trivet/orders/tests/test_freeze.py

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

contracts: $(STAMP)
	$(BIN)/lint-imports

soak: $(STAMP) browser ## Long property, race and kill runs
	$(BIN)/python -m pytest -m soak --hypothesis-profile=soak

bench: $(STAMP) ## All benchmarks (`trivet bench NAME` for one)
	for name in intake bulk hot read allocate; do $(BIN)/python -m trivet.site bench $$name; done

format: $(STAMP) ## Put the code into its format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

browser: $(STAMP)
	$(BIN)/python -m tests.browser.chromium

messages: $(STAMP) ## Compile translations
	$(BIN)/pybabel compile -d trivet/locale -D django --statistics

lock: ## Renew the lock files (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url -q pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url -q --group dev pyproject.toml -c requirements.lock -o requirements-dev.lock

clean: ## Remove the environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Trivet needs Python 3.11 or newer (PYTHON=/path/to/python3.11 make ...)"; exit 1; }
	@$(PYTHON) tools/make_venv.py $(VENV) || { rm -rf $(VENV); exit 1; }

# The checkout itself is what runs: `trivet` is a launcher, nothing is copied.
$(BIN)/trivet: $(VENV)/bin/python
	@printf '#!/bin/sh\nPYTHONPATH="%s" exec "%s/$(BIN)/python" -m trivet.site "$$@"\n' "$(CURDIR)" "$(CURDIR)" > $@
	@chmod +x $@

# The demo needs the product alone; tests need the tools too.
$(VENV)/.installed: requirements.lock $(VENV)/bin/python $(BIN)/trivet
	@test -e $(STAMP) || echo "Installing what Trivet needs into $(VENV) (once)"
	@test -e $(STAMP) || $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(STAMP): requirements-dev.lock requirements.lock $(VENV)/bin/python $(BIN)/trivet
	@echo "Installing what Trivet and its tests need into $(VENV) (once)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@ $(VENV)/.installed
