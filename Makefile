# The commands that people, the README and CI call. Each sets up what it needs, once, in .venv.
#
#   make demo    one photograph, end to end          make check   style, types, layers, docs in step
#   make test    the fast tests                      make bench   side by side with other codecs
#   make docs    the generated pages                 make clean   remove what these made
#   make conformance   the files of conformance/v1 that are missing or of weights that are gone
#
# Works with GNU make and a POSIX shell; on Windows from Git Bash.

VENV := .venv
ifeq ($(OS),Windows_NT)
PYTHON ?= python
PY := $(VENV)/Scripts/python.exe
else
PYTHON ?= python3
PY := $(VENV)/bin/python
endif
# The package's metadata follow these; the sources are used in place.
INPUTS := pyproject.toml src/pellucid/__init__.py

.PHONY: demo test slow check format bench docs conformance clean
.DELETE_ON_ERROR:

demo: $(VENV)/.base
	$(PY) -m pellucid demo --force

test: $(VENV)/.dev
	$(PY) -m pytest -n auto --maxprocesses 8 --dist worksteal
	$(PY) -m pytest --doctest-modules -q src/pellucid

slow: $(VENV)/.dev
	$(PY) -m pytest -m slow

check: $(VENV)/.dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
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

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

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
