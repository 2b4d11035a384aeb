PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
BROWSER := $(VENV)/.browser
POSTGRES := $(VENV)/.postgres

.DEFAULT_GOAL := help
.PHONY: help setup browser postgres check test test-in-process test-postgres test-replicas test-wheel demo bench soak kills matrix fuzz clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) ## make .venv with everything in it (needs Python 3.11 or newer)

# Exact versions come from constraints.txt, so that a clone made later still installs what was tested.
$(STAMP): pyproject.toml constraints.txt
	@echo "setting up $(VENV); the first time that takes about a minute"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

browser: $(STAMP) ## find a browser for the inspector's tests, or install one (as root on Debian: chromium; else Playwright's)
	$(BIN)/python -m contract_tests.inspector.browser_setup
	@touch $(BROWSER)

# Tried once: where none can be installed, the tests that need one are left out, and the summary says so.
$(BROWSER): $(STAMP)
	@$(BIN)/python -m contract_tests.inspector.browser_setup
	@touch $@

postgres: $(STAMP) ## find the server programs of PostgreSQL for the tests of replicas, or install them (as root on Debian)
	$(BIN)/python -m contract_tests.postgres.server_setup
	@touch $(POSTGRES)

# As above.
$(POSTGRES): $(STAMP)
	@$(BIN)/python -m contract_tests.postgres.server_setup
	@touch $@

check: $(STAMP) ## lint, format, types, import directions, generated files, docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m emulator.store.generate --check
	$(BIN)/python docs/diagrams.py --check
	$(BIN)/python docs/schema.py --check
	$(BIN)/python docs/statuses.py --check
	$(BIN)/python docs/state_coverage.py --check
	$(BIN)/python docs/parity.py --check
	$(BIN)/python docs/coverage.py --check
	$(BIN)/python docs/timelines.py --check

test: $(STAMP) $(BROWSER) $(POSTGRES) ## run the tests
	@echo "running the tests: about a quarter of an hour on two cores"
	$(BIN)/python -m pytest -n 2

test-in-process: $(STAMP) ## run the contract tests against a server in process, without a socket
	CONTRACT_IN_PROCESS=1 $(BIN)/python -m pytest -n 2 contract_tests

test-postgres: $(STAMP) $(POSTGRES) ## run the contract tests against a server on PostgreSQL; ONLY=FILES: some of them
	CONTRACT_DB=postgres $(BIN)/python -m pytest -n 2 -m 'not matrix and not browser' $(or $(ONLY),contract_tests)

test-replicas: $(STAMP) $(POSTGRES) ## run them against three replicas behind a proxy, each request to the next one; ONLY=FILES
	CONTRACT_REPLICAS=3 $(BIN)/python -m pytest -n 2 -m 'not matrix and not browser' $(or $(ONLY),contract_tests)

# The checkout is not importable there: what is tested is what people install. Left out is what cannot miss a file that
# nothing else misses: what tries the same code with much, random or hostile input; replicas, which run from a wheel of
# their own (replicas/test_composed.py); Responses and parity, which are code
# alone; and of the inspector all but that each page finds its template and its files (test_assets.py).
test-wheel: $(STAMP) ## run the contract tests and the examples against the built wheel
	rm -rf build/wheel
	$(BIN)/python -m build --wheel --no-isolation --outdir build/wheel . >/dev/null
	$(PYTHON) -m venv build/wheel/venv
	build/wheel/venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
		"$$(ls build/wheel/*.whl)[dev]"
	mkdir build/wheel/suite
	cp -r contract_tests examples docs pyproject.toml README.md build/wheel/suite
	cd build/wheel/suite && ../venv/bin/pytest -n 2 -m 'not matrix and not browser' contract_tests examples \
		--ignore contract_tests/test_wheel.py $(foreach part,fuzz parity postgres properties replicas responses soak,--ignore contract_tests/$(part)) \
		--ignore-glob 'contract_tests/inspector/test_[!a]*' --ignore-glob 'contract_tests/inspector/test_a[!s]*'

demo: $(STAMP) ## watch the real client hold a conversation
	@$(BIN)/python -m emulator demo

# Beside an older version: git worktree add ../before COMMIT && make -C ../before setup && make bench BESIDE=../before
bench: $(STAMP) ## measure, in ratios; BESIDE=DIR measures an older version beside this one
	$(BIN)/python -m contract_tests.benchmarks $(if $(BESIDE),--beside '$(BESIDE)')

soak: $(STAMP) ## some minutes under everything at once: kill -9, streams, much data; SOAK='--short' for one minute
	$(BIN)/python -m contract_tests.soak $(SOAK)

kills: $(STAMP) $(POSTGRES) ## kill -9 of replicas and restarts of PostgreSQL under load; KILLS='--kills 3 --restarts 1' for a minute
	$(BIN)/python -m contract_tests.replicas.kills $(KILLS)

matrix: $(STAMP) ## the same flows with old and new client libraries, and loops of other libraries within faults
	$(BIN)/python -m contract_tests.matrix
	$(BIN)/python -m contract_tests.matrix.loops

fuzz: $(STAMP) ## send invalid and hostile requests
	$(BIN)/python -m contract_tests.fuzz --examples 100

clean: ## remove all that make and the tests made
	rm -rf $(VENV) .matrix .schemathesis build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
