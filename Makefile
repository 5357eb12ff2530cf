# make run    set up what is needed and serve        make test   run every test
# make check  style and types                        make bench  measure, and print ratios
# make lock   resolve the lock files anew            make clean  forget what make made

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --no-input
WORKERS ?= auto

.DEFAULT_GOAL := run
.PHONY: setup setup-dev run test test-zookeeper check types-js bench lock clean

setup: $(VENV)/.stamp-run
setup-dev: $(VENV)/.stamp-dev

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Quorumscope needs Python 3.11 or newer, and '$(PYTHON)' is not: name one with 'make PYTHON=/path/to/python3'." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  echo "Python could not make the virtual environment $(VENV); on Debian and Ubuntu 'apt install python3-venv' helps." >&2; \
	  rm -rf $(VENV); exit 1; }

# Exactly the locked packages, each checked against its hash; then this checkout, with the locked build tools.
$(VENV)/.stamp-run: requirements.lock requirements-build.lock pyproject.toml | $(BIN)/python
	@echo "Setting up in $(VENV) …"
	@$(PIP) install --quiet --require-hashes -r requirements.lock -r requirements-build.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.stamp-dev: requirements-dev.lock $(VENV)/.stamp-run
	@echo "Adding what the tests need …"
	@$(PIP) install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

run: setup
	@exec $(BIN)/quorumscope serve

test: setup-dev
	@CHROMIUM="$$($(BIN)/python tests/find_chromium.py)" && export CHROMIUM && \
	  $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

# Beside Apache's own server: apt install zookeeper default-jre-headless
test-zookeeper: setup-dev
	@$(BIN)/python -m tests.zookeeper.differential

check: setup-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(MAKE) --no-print-directory types-js

# The front end is plain JavaScript; TypeScript only reads its comments.
types-js: setup-dev
	@scripts/check-js

bench: setup-dev
	@$(BIN)/python -m benchmarks

# Needs uv (https://docs.astral.sh/uv/); everything else works without it.
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
        --no-emit-index-url --no-emit-find-links
lock:
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) --group build -c requirements.lock -o requirements-build.lock
	$(LOCK) pyproject.toml --group dev --group build -c requirements.lock -o requirements-dev.lock

clean:
	rm -rf $(VENV) node_modules build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
