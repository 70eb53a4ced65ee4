# What a contributor types. `make check` before a push runs what CI runs, in the
# environment at hand: PYTHON=… chooses another one.

PYTHON ?= python
export PYTHON

.PHONY: check format lint types imports sizes tests conformance fix install

check:
	.ci/check

format lint types imports sizes tests conformance:
	.ci/check $@

# Rewrites what ruff can put right by itself.
fix:
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

install:
	$(PYTHON) -m pip install -e ".[dev]"
	pre-commit install
