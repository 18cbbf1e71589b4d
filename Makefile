# The one door: `make` prints what it can do.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
BIN := .venv/bin
# Where `make serve` and the commands beside it keep everything; the practice installation keeps its own.
ifeq ($(origin DATA),undefined)
DATA := var/club
run: DATA := var/practice
endif
PORT ?= 8080
PRACTICE_PORT ?= 8090
OPENS_IN ?= 30
SCENARIO ?= opening
# The family: local (one SQLite file), emulators (Google's), gcp (what AUTOTENNIS_* name in the cloud). Which of them a
# target takes is checked before anything else is done.
BACKEND ?= local
GCP := $(if $(filter gcp,$(BACKEND)),--gcp)
MEMBERS := $(patsubst %/pyproject.toml,%,$(wildcard libs/*/pyproject.toml services/*/pyproject.toml deploy/local/pyproject.toml))
SERVICES := autotennis-api autotennis-timer autotennis-booker autotennis-waitlist autotennis-notifier
export UV_PYTHON_DOWNLOADS := never

.PHONY: help setup run serve demo test check fmt lock bench browser screenshots schemas messages clean dead-letters replay rotate-key

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Each says in one sentence what to give instead.
.PHONY: backend-to-practise backend-to-serve backend-to-look-after an-id
backend-to-practise:
	@case '$(BACKEND)' in \
	  local | emulators) ;; \
	  gcp) echo "BACKEND=gcp is the cloud's own: use BACKEND=emulators to try it here." >&2; exit 1 ;; \
	  *) echo "BACKEND is '$(BACKEND)': give local or emulators." >&2; exit 1 ;; esac

backend-to-serve:
	@[ '$(BACKEND)' = local ] || { echo "make serve is for one machine and takes no BACKEND but local, not '$(BACKEND)'." >&2; exit 1; }
	@[ "$${AUTOTENNIS_BACKEND:-local}" = local ] || \
	  { echo "make serve is for one machine, but AUTOTENNIS_BACKEND is '$$AUTOTENNIS_BACKEND': unset it." >&2; exit 1; }

backend-to-look-after:
	@case '$(BACKEND)' in \
	  local | gcp) ;; \
	  emulators) echo "The emulators keep nothing to look after: give BACKEND=local or BACKEND=gcp." >&2; exit 1 ;; \
	  *) echo "BACKEND is '$(BACKEND)': give local or gcp." >&2; exit 1 ;; esac

an-id:
	@[ -n '$(ID)' ] || { echo "Say which one: make replay ID=..., as make dead-letters lists it." >&2; exit 1; }

setup: .venv/installed ## install everything into .venv (done by the other targets as needed)

.venv/installed: requirements/dev.txt requirements/bootstrap.txt pyproject.toml $(MEMBERS:%=%/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Autotennis needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.12"; exit 1; }
	@echo "Setting up .venv (about 20 seconds)..."
	@$(PYTHON) -m venv .venv || { echo "On Debian and Ubuntu, venv comes with: apt-get install python3-venv"; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps $(MEMBERS:%=-e %)
	@touch $@

run: backend-to-practise setup ## serve everything with a practice club, book a practice session, stay up (PORT=8080 DATA=var/practice BACKEND=emulators)
	@$(BIN)/python -m autotennis_local run --backend $(BACKEND) --data-dir $(DATA) --port $(PORT) --practice-port $(PRACTICE_PORT) --opens-in $(OPENS_IN)

serve: backend-to-serve setup ## serve everything for the real club of the settings, without a practice club (PORT=8080 DATA=var/club)
	@$(BIN)/python -m autotennis_local serve --data-dir $(DATA) --port $(PORT)

demo: backend-to-practise setup ## try one SCENARIO=opening|waitlist|series|group|cancel on fresh data; the last line is JSON (BACKEND=emulators)
	@$(BIN)/python -m autotennis_local demo --backend $(BACKEND) --scenario $(SCENARIO) --opens-in $(OPENS_IN)

test: setup browser ## run every test, in about seventeen minutes
	@HYPOTHESIS_PROFILE=thorough $(BIN)/pytest tests/unit tests/contract tests/component -n 6 --dist loadgroup --one-pair-of-emulators
	@$(BIN)/pytest tests/e2e -n 4 --dist loadgroup --no-loadscope-reorder --one-pair-of-emulators
	@# Apart from the others: the browser's driver runs an event loop of its own in the process of its tests.
	@$(BIN)/pytest tests/browser -n 2

check: setup ## lint, types, import contracts, the events' schemas and unit tests, in under 30 s
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "Not formatted: run 'make fmt'."; exit 1; }
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports
	@$(BIN)/pyright
	@$(BIN)/python -m autotennis.schemas check docs
	@$(BIN)/pytest tests/unit -q

fmt: setup ## format the code and mend what ruff can
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

lock: .venv/installed ## renew the lock under requirements/ (hashes, no addresses)
	@$(BIN)/uv lock --quiet --upgrade --python $(BIN)/python
	@$(MAKE) --no-print-directory export

.PHONY: export
export: # write the lock's exports without upgrading anything
	@$(BIN)/uv lock --quiet --python $(BIN)/python
	@$(BIN)/uv export --quiet --frozen --all-packages --no-emit-workspace --no-header -o requirements/dev.txt
	@# Services alone are for the cloud; all of them together are for one machine, without Google's packages.
	@for name in $(SERVICES); do \
	  $(BIN)/uv export --quiet --frozen --package $$name --extra gcp --no-dev --no-emit-workspace --no-header -o requirements/$$name.txt; done
	@$(BIN)/uv export --quiet --frozen --package autotennis-local --no-dev --no-emit-workspace --no-header -o requirements/autotennis-local.txt
	@awk '/^[a-z]/ {keep = /^uv==/} keep' requirements/dev.txt > requirements/bootstrap.txt

bench: setup ## measure the race, many members at once, pages under load, cold starts, in about 20 minutes (QUICK=1: in 3)
	@$(BIN)/python -m bench.race $(if $(QUICK),--quick)
	@$(BIN)/python -m bench.accounts $(if $(QUICK),--quick)
	@$(BIN)/python -m bench.pages $(if $(QUICK),--quick)
	@$(BIN)/python -m bench.cold_start $(if $(QUICK),--quick)

browser: ## find Chromium for the browser tests, or install it where that is possible
	@command -v chromium chromium-browser google-chrome >/dev/null && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing Chromium for the browser tests..."; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium fonts-dejavu-core; } >/dev/null 2>&1 && exit 0; \
	fi; \
	echo "!!! NO CHROMIUM: the browser tests will be SKIPPED. Install it (Debian: apt-get install chromium) to run them."

screenshots: setup browser ## take pictures of every page into docs/screenshots (phone and desk, light and dark)
	@PYTHONPATH=tests $(BIN)/python -m support.screenshots docs/screenshots

schemas: setup ## renew the JSON Schemas of the events, and the tables of docs/events.md, after a model has changed
	@$(BIN)/python -m autotennis.schemas write docs

.PHONY: release-schemas
release-schemas: schemas # with a release: what the events are now is promised from now on
	@$(BIN)/python -m autotennis.schemas release docs

# The texts that pages and messages share have a catalogue of their own.
CATALOGUES := services/api=autotennis_api services/notifier=autotennis_notifier libs/common=autotennis

messages: setup ## renew and compile the translations after a text has changed
	@for one in $(CATALOGUES); do cd "$(CURDIR)/$${one%=*}" && \
	  $(CURDIR)/$(BIN)/pybabel -q extract -F babel.cfg -k lazy_gettext -k _said -k say --no-location -o messages.pot src && \
	  $(CURDIR)/$(BIN)/pybabel -q update -i messages.pot -d "src/$${one#*=}/translations" \
	    --no-fuzzy-matching --ignore-pot-creation-date --ignore-obsolete --width 120 && \
	  $(CURDIR)/$(BIN)/pybabel -q compile -d "src/$${one#*=}/translations" && rm messages.pot; done

dead-letters: backend-to-look-after setup ## list the deliveries that were given up, with their reasons (BACKEND=gcp)
	@$(BIN)/python -m autotennis_local dead-letters $(GCP) --data-dir $(DATA)

replay: an-id backend-to-look-after setup ## deliver a given-up delivery again: make replay ID=... (BACKEND=gcp)
	@$(BIN)/python -m autotennis_local replay $(GCP) --data-dir $(DATA) "$(ID)"

rotate-key: backend-to-look-after setup ## give the vault a new key and seal all secrets with it (BACKEND=gcp)
	@$(BIN)/python -m autotennis_local rotate-key $(GCP) --data-dir $(DATA)

clean: ## remove what was installed and built; your data in var/ stays
	@rm -rf .venv .pytest_cache .ruff_cache .hypothesis .import_linter_cache dist build uv.lock
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
