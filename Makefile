# What a contributor types. `make check` before a push runs what CI runs, in the
# environment at hand: PYTHON=… chooses another one.

PYTHON ?= python
export PYTHON

.PHONY: check format lint types imports sizes tests conformance coverage raises repeat fix install

check:
	.ci/check

format lint types imports sizes tests conformance:
	.ci/check $@

# Which lines no test runs.
coverage:
	$(PYTHON) -m coverage run -m pytest
	$(PYTHON) -m coverage combine --quiet
	$(PYTHON) -m coverage report --show-missing

# Which `raise` no test executes: there should be none.
raises:
	$(PYTHON) .ci/untested_raises.py

# Tests with real processes, twenty times over: one that fails once is a bug.
repeat:
	for round in $$(seq 20); do $(PYTHON) -m pytest -q -x -m multiprocess || exit 1; done

# Rewrites what ruff can put right by itself.
fix:
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

install:
	$(PYTHON) -m pip install -e ".[dev]"
	pre-commit install
