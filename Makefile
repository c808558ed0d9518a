# Two commands do everything on a machine with Python 3.11 or later and make: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= auto

.PHONY: demo test check lint types bench clean

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[test]"
	$(BIN)/python -m compileall -q src # so that the first command starts as quickly as later ones
	touch $@

demo: $(VENV)/installed
	$(BIN)/abs-model deals/lendingclub-2010-12/deal.toml

test: $(VENV)/installed
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/installed
	$(BIN)/mypy

check: test lint types

bench: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[test,bench]"
	$(BIN)/python benches/run.py

clean:
	rm -rf $(VENV) build dist src/*.egg-info
