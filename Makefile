# `make` alone lists the targets. Nothing here needs more than git, make and Python 3.11 or newer.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:

UV_VERSION := 0.13.8
VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.ready
TEXTS := $(wildcard locale/*/LC_MESSAGES/*.po)
TRANSLATED := $(VENV)/.translated
PYTEST_ARGS ?=
PYTEST_JOBS ?= 2
BENCH_ARGS ?=
# Each test, server and command starts a process; without kept bytecode each compiles a thousand modules anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo reset test check bench lock format messages

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

demo: $(TRANSLATED)  ## start everything on this machine with a synthetic trial (PORT=8000)
	@exec $(PY) -m trialsite.demo.run

reset: $(READY)  ## remove the demo's data; the next `make demo` starts over
	@exec $(PY) -m trialsite.demo.run reset

test: $(TRANSLATED)  ## run all tests on servers of their own (PYTEST_ARGS="tests/domain -k dose", PYTEST_JOBS=2)
	@$(PY) -m tests.chromium
	@exec env -u DJANGO_SETTINGS_MODULE $(PY) -m pytest -n $(PYTEST_JOBS) --dist worksteal $(PYTEST_ARGS)

check: $(TRANSLATED)  ## format, lint, types, direction of imports, dependencies, migrations, translations
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(CHECK_SETTINGS) $(PY) -m mypy .
	$(VENV)/bin/lint-imports
	$(PY) -m trialsite.upkeep.dependencies
	$(PY) -m trialsite.demo.run with-servers $(PY) manage.py makemigrations --check --dry-run
	if [ -x bin/check-translations ]; then PATH="$(CURDIR)/$(VENV)/bin:$$PATH" bin/check-translations; fi

bench: $(TRANSLATED)  ## measure saving, lists, dashboards and estimates on a database of its own (BENCH_ARGS=)
	@exec $(PY) -m trialsite.demo.run with-servers $(PY) manage.py bench $(BENCH_ARGS)

format: $(READY)  ## rewrite the sources in the project's format
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

messages: $(READY)  ## collect the texts to translate into locale/ (needs gettext)
	@command -v xgettext >/dev/null || { echo "Install gettext: the texts are collected by its xgettext."; exit 1; }
	$(CHECK_SETTINGS) $(PY) manage.py makemessages --locale zh_Hans --no-wrap --no-location \
	  --ignore '.venv/*' --ignore '.run/*' --ignore 'static-collected/*'

lock: $(READY)  ## write requirements.lock from pyproject.toml (UPGRADE=1: newest versions)
	@env -u UV_INDEX -u UV_DEFAULT_INDEX -u UV_INDEX_URL -u UV_EXTRA_INDEX_URL -u UV_FIND_LINKS -u UV_NO_INDEX \
	  $(VENV)/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
	  --group dev --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
	  $(if $(UPGRADE),--upgrade) --output-file requirements.lock pyproject.toml
	@if grep -nE '://|^ *--?(f|i|index|extra|find)' requirements.lock; then \
	  echo "requirements.lock names a host: see the lines above."; exit 1; fi

# Reading the settings needs addresses; nothing connects to these.
CHECK_SETTINGS = SECRET_KEY=check IDENTITY_KEYS=only-for-reading-the-settings-here DATABASE_URL=postgresql://trial_app@127.0.0.1:1/none \
  REDIS_URL=redis://127.0.0.1:1/0

# Made again only when requirements.lock changes, so that a later start needs no network.
$(READY): requirements.lock
	@python="$(PYTHON)"; \
	for candidate in $${python:-python3 python3.14 python3.13 python3.12 python3.11}; do \
	  if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$candidate; break; fi; \
	done; \
	if [ -z "$${found:-}" ]; then \
	  echo "Python 3.11 or newer is needed, and none was found. Name one: make PYTHON=/path/to/python3"; exit 1; fi; \
	echo "Making the virtual environment with $$($$found --version) (only the first time, and when requirements.lock changes)."; \
	if ! "$$found" -m venv --clear $(VENV) || ! $(PY) -m pip --version >/dev/null; then \
	  echo "The virtual environment could not be made. On Debian and Ubuntu install python3-venv, then start again."; exit 1; fi
	@$(PY) -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) && \
	$(VENV)/bin/uv pip install --quiet --python $(PY) --require-hashes -r requirements.lock || { \
	  echo "The packages could not be installed. The first start needs a network; later ones do not."; exit 1; }
	@touch $@

$(TRANSLATED): $(READY) $(TEXTS)
	@if [ -n "$(TEXTS)" ]; then $(VENV)/bin/pybabel --quiet compile --directory locale --domain django; fi
	@for text in $(TEXTS); do if [ ! -s "$${text%.po}.mo" ]; then \
	  echo "$$text was not compiled. Is its head marked '#, fuzzy'? Remove that line."; exit 1; fi; done
	@touch $@
