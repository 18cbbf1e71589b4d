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
PLAYERS ?= 12
OPENINGS ?= 10
MINUTES ?= 2
SEEDS ?= 20
WORKERS ?= 8
# The family: local (one SQLite file), emulators (Google's), gcp (what AUTOTENNIS_* name in the cloud). Which of them a
# target takes is checked before anything else is done.
BACKEND ?= local
GCP := $(if $(filter gcp,$(BACKEND)),--gcp)
MEMBERS := $(patsubst %/pyproject.toml,%,$(wildcard libs/*/pyproject.toml services/*/pyproject.toml deploy/*/pyproject.toml))
SERVICES := autotennis-api autotennis-timer autotennis-booker autotennis-waitlist autotennis-notifier
export UV_PYTHON_DOWNLOADS := never
# Where it is set, as in many containers, each program that a test starts compiles all that it imports anew: that takes
# as much processor time as half of the tests.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup run serve demo rehearse test check deploy-check fmt lock bench browser screenshots schemas messages mutations threats clean dead-letters replay rotate-key backup restore doctor install dist

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
	@$(BIN)/python -m autotennis_local practise --backend $(BACKEND) --data-dir $(DATA) --port $(PORT) --practice-port $(PRACTICE_PORT) --opens-in $(OPENS_IN)

serve: backend-to-serve setup ## serve everything for the real club of the settings, without a practice club (PORT=8080 DATA=var/club)
	@$(BIN)/python -m autotennis_local up --data-dir $(DATA) --port $(PORT)

demo: backend-to-practise setup ## try one SCENARIO=opening|waitlist|series|group|cancel on fresh data; the last line is JSON (BACKEND=emulators)
	@$(BIN)/python -m autotennis_local demo --backend $(BACKEND) --scenario $(SCENARIO) --opens-in $(OPENS_IN)

rehearse: backend-to-practise setup ## rehearse an evening of OPENINGS=10 within MINUTES=2 by PLAYERS=12 on fresh data (BACKEND=emulators)
	@$(BIN)/autotennis rehearse --here --backend $(BACKEND) --members $(PLAYERS) --openings $(OPENINGS) --minutes $(MINUTES)

test: setup browser ## run every test, in about fourteen minutes
	@failed=0; \
	$(MAKE) --no-print-directory test-races || failed=1; \
	$(MAKE) --no-print-directory --keep-going --jobs 3 test-rest test-pages pretix || failed=1; \
	$(MAKE) --no-print-directory test-whole || failed=1; \
	exit $$failed

# Four parts, each of which says at its end how it went; a part that fails keeps none from running. Races mostly wait, and
# want the processor at an instant, so that nothing else runs beside them; and whole systems have enough of each other.
# Within a part, what takes long begins first, and the rest as it stands: by itself pytest-xdist begins with the modules
# of most tests, and so with all the races at once. It has a test wait behind another in each process: what is marked as
# long in `tests/e2e` is in eight groups, one for each process, so that none waits behind another that is.
RACES := tests/component/booker tests/component/waitlist
AT_PRETIX := tests/component/clubs/test_pretix_conformance.py
# Each line says which part it is of. Where tests are few and long, each is named once it has ended (`-v`).
SAID = 2>&1 | awk '{ print "$(1) | " $$0; fflush() }'
.PHONY: test-races test-rest test-whole test-pages
test-races:
	@$(BIN)/pytest $(RACES) -n 6 --dist loadgroup --no-loadscope-reorder $(call SAID,races)

test-rest:
	@HYPOTHESIS_PROFILE=thorough $(BIN)/pytest tests/unit tests/contract tests/component \
	  $(patsubst %,--ignore=%,$(RACES) $(AT_PRETIX)) -n 4 --dist loadgroup --one-pair-of-emulators $(call SAID,rest)

test-whole:
	@$(BIN)/pytest tests/e2e $(AT_PRETIX) -v -n 8 --dist loadgroup --no-loadscope-reorder --one-pair-of-emulators \
	  $(call SAID,whole)

# Apart from the others: the browser's driver runs an event loop of its own in the process of its tests.
# A module at a time: its programs and what its stage shows would be made once in each process otherwise.
test-pages:
	@$(BIN)/pytest tests/browser -v -n 3 --dist loadscope --no-loadscope-reorder $(call SAID,pages)

.PHONY: chaos
chaos: backend-to-practise setup ## kill processes anywhere while members race, and judge: SEEDS=200, or SEED=17 again (BACKEND=emulators WORKERS=8)
	@PYTHONPATH=tests $(BIN)/python -m chaos --backend $(BACKEND) --workers $(WORKERS) $(if $(SEED),--seed $(SEED),--seeds $(SEEDS)) \
	  $(if $(FIRST),--first $(FIRST)) $(if $(COUNT),--count)

check: setup ## lint, types, import contracts, the events' schemas and unit tests, in under 30 s
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "Not formatted: run 'make fmt'."; exit 1; }
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports
	@$(BIN)/pyright
	@$(BIN)/python -m autotennis.schemas check docs
	@$(BIN)/python -m autotennis_local.settings_page check docs
	@$(BIN)/pytest tests/unit -q

deploy-check: setup deploy-tools ## check all that deploys the system (images, Terraform, releases, one machine), in under 5 minutes
	@$(BIN)/pytest tests/deploy -n 2 --dist loadscope

# Each test says loudly what it lacks. `make` installs what Debian has, as root; terraform and gcloud it finds or not.
DEPLOY_TOOLS := buildah podman runc netavark aardvark-dns iptables mmdebstrap uidmap nginx-light caddy
.PHONY: deploy-tools
deploy-tools:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && ! dpkg -s $(DEPLOY_TOOLS) >/dev/null 2>&1; then \
	  echo "Installing what builds and runs containers..."; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $(DEPLOY_TOOLS); } >/dev/null 2>&1 || true; \
	fi; \
	for one in buildah podman mmdebstrap terraform gcloud; do \
	  command -v $$one >/dev/null || echo "!!! NO $$one: what it checks will be SKIPPED. Install it to check everything."; done

# Google Cloud. Without GO=1 each shows what it would do and changes nothing; SETTINGS= names another installation's file,
# WATCH_S= how many seconds a new version is watched.
CLOUD = $(BIN)/python -m autotennis_cloud $(1) $(if $(GO),--go) $(if $(SETTINGS),--settings '$(SETTINGS)') \
  $(if $(WATCH_S),--watch-s $(WATCH_S))
.PHONY: deploy release rollback releases cloud-secret
deploy: setup ## put this commit into a project of Google Cloud, or change its settings (GO=1: do it, else show it)
	@$(call CLOUD,deploy) $(if $(DIRTY),--dirty)

release: setup ## release this commit there: build, look at it, give it the traffic, watch it (GO=1)
	@$(call CLOUD,release) $(if $(DIRTY),--dirty)

rollback: setup ## go back to the release before, or TO=commit (GO=1)
	@$(call CLOUD,rollback) $(if $(TO),--to '$(TO)')

releases: setup ## list what runs there, and what was released when
	@$(call CLOUD,releases)

cloud-secret: setup ## give a secret there a value, typed: make cloud-secret NAME=smtp-url GO=1
	@[ -n '$(NAME)' ] || { echo "Say which one: make cloud-secret NAME=smtp-url GO=1 (or deadman-url)." >&2; exit 1; }
	@$(call CLOUD,secret) '$(NAME)'

# It asks lists of weaknesses on the Internet, so it is no part of `make test`: a release is a good time for it.
.PHONY: audit
audit: ## look the locks up in public lists of known weaknesses, by osv-scanner or pip-audit (where one is installed)
	@if command -v osv-scanner >/dev/null; then \
	  osv-scanner scan source $(patsubst %,--lockfile requirements.txt:%,$(wildcard requirements/*.txt)); \
	elif command -v pip-audit >/dev/null; then \
	  for lock in requirements/*.txt; do echo "$$lock"; pip-audit --disable-pip --require-hashes -r "$$lock" || bad=1; done; \
	  [ -z "$${bad:-}" ] || { echo "!!! NOT CLEAN, or the lists could not be reached: see above." >&2; exit 1; }; \
	else \
	  echo "!!! NOTHING WAS AUDITED: there is no osv-scanner and no pip-audit. Try: pipx install pip-audit" >&2; exit 1; \
	fi

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
	@$(BIN)/uv export --quiet --frozen --package practice-club --no-dev --no-emit-workspace --no-header -o requirements/practice-club.txt
	@$(BIN)/uv export --quiet --frozen --package autotennis-local --no-dev --no-emit-workspace --no-header -o requirements/autotennis-local.txt
	@awk '/^[a-z]/ {keep = /^uv==/} keep' requirements/dev.txt > requirements/bootstrap.txt

bench: setup ## measure the race, many members at once, pages, cold starts, load, in about 2 hours (QUICK=1: in 9 minutes)
	@$(BIN)/python -m bench.race $(if $(QUICK),--quick)
	@$(BIN)/python -m bench.accounts $(if $(QUICK),--quick)
	@$(BIN)/python -m bench.pages $(if $(QUICK),--quick)
	@$(BIN)/python -m bench.cold_start $(if $(QUICK),--quick)
	@PYTHONPATH=tests $(BIN)/python -m bench.load $(if $(QUICK),--quick)

.PHONY: bench-load
# With the tests' support: the weeks of the soak pass in their town.
bench-load: setup ## measure much work and much that is kept, in about an hour and a half (QUICK=1: in 6 minutes)
	@PYTHONPATH=tests $(BIN)/python -m bench.load $(if $(QUICK),--quick)

# The tests of notifications take the whole of it; all others are quicker with its shell, which has no windows.
CHROMIUM := chromium chromium-browser google-chrome google-chrome-stable
browser: ## find Chromium for the browser tests, or install it where that is possible
	@command -v $(CHROMIUM) >/dev/null && command -v chromium-headless-shell >/dev/null && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing Chromium for the browser tests..."; \
	  { apt-get update -qq && for one in "chromium fonts-dejavu-core" chromium-headless-shell; do \
	    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$one; done; } >/dev/null 2>&1 || true; \
	fi; \
	command -v $(CHROMIUM) chromium-headless-shell >/dev/null && exit 0; \
	echo "!!! NO CHROMIUM: the browser tests will be SKIPPED. Install it (Debian: apt-get install chromium) to run them."

.PHONY: pretix
pretix: setup ## find the pretix that some tests want, or install it into the cache where that is possible
	@PYTHONPATH=tests $(BIN)/python -m support.pretix_site

screenshots: setup browser ## take pictures of every page into docs/screenshots (phone and desk, light and dark)
	@PYTHONPATH=tests $(BIN)/python -m support.screenshots docs/screenshots

mutations: setup ## take each defence of docs/threat-model.md out once and see its tests fail (ONLY="W1 W2", JOBS=2)
	@PYTHONPATH=tests $(BIN)/python -m mutations run $(ONLY) --jobs $(or $(JOBS),2)

threats: setup ## renew the tables of docs/threat-model.md after tests/mutations has changed
	@PYTHONPATH=tests $(BIN)/python -m mutations write

schemas: setup ## renew the JSON Schemas of the events, the tables of docs/events.md, and what Terraform reads, after a model has changed
	@$(BIN)/python -m autotennis.schemas write docs
	@$(BIN)/python -m autotennis_cloud.described deploy/terraform/generated

.PHONY: settings
settings: setup ## renew the table of docs/settings.md after a setting has changed
	@$(BIN)/python -m autotennis_local.settings_page write docs

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

doctor: backend-to-look-after setup ## look through the installation and say what to mend (DATA=, BACKEND=gcp)
	@$(BIN)/autotennis doctor $(GCP) --data-dir $(DATA)

rotate-key: backend-to-look-after setup ## give the vault a new key and seal all secrets with it (BACKEND=gcp)
	@$(BIN)/python -m autotennis_local rotate-key $(GCP) --data-dir $(DATA)

install: ## install this on the machine as a service, or upgrade it to this: sudo make install
	@deploy/machine/install

# What one machine is installed from, each with its lock: our wheels, and what they need.
ON_ONE_MACHINE := libs/common libs/cli libs/practice_club services/api services/booker services/notifier services/timer services/waitlist deploy/local deploy/machine
dist: setup ## build wheels for one machine, and the lock beside them, into dist/
	@rm -rf dist
	@for one in $(ON_ONE_MACHINE); do $(BIN)/uv build --quiet --wheel --no-create-gitignore --out-dir dist $$one; done
	@cp requirements/autotennis-local.txt dist/requirements.txt
	@ls dist

backup: setup ## back up the installation, running or not: make backup FILE=...
	@[ -n '$(FILE)' ] || { echo "Say where to: make backup FILE=..." >&2; exit 1; }
	@$(BIN)/python -m autotennis_local backup --data-dir $(DATA) "$(FILE)"

restore: setup ## put a backup in place of what is there, while nothing runs: make restore FILE=...
	@[ -n '$(FILE)' ] || { echo "Say which one: make restore FILE=..." >&2; exit 1; }
	@$(BIN)/python -m autotennis_local restore --data-dir $(DATA) "$(FILE)"

clean: ## remove what was installed and built; your data in var/ stays
	@rm -rf .venv .pytest_cache .ruff_cache .hypothesis .import_linter_cache dist build uv.lock
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
