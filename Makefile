# Needs make and Python 3.11 or newer. `make` alone lists the targets.
#
#   make test PYTHON=python3.13          an interpreter of your choice (.venv is made anew when it changes)
#   make test ARGS="-k money -x"         arguments for the program behind run and test
#   make lock ARGS=--upgrade             newer versions of everything; plain `make lock` moves only what has to

PYTHON ?=
PYTEST_FLAGS ?= -q
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CANDIDATES := $(if $(PYTHON),$(PYTHON),python3 python3.14 python3.13 python3.12 python3.11)

# Scripts in .venv know the folder they were made in: a copied or moved checkout would go on running the old one's code.
ELSEWHERE := $(shell test ! -f $(VENV)/.folder || test "$$(cat $(VENV)/.folder)" = "$$(pwd -P)" || echo yes)
ANOTHER_PYTHON := $(if $(PYTHON),$(shell test "$$(cat $(VENV)/.python 2>/dev/null)" = "$(PYTHON)" || echo yes))

.PHONY: help run test report check lint types contracts wheel lock clean simulate broken-rules perf pressure chaos
.DEFAULT_GOAL := help

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(READY) ## the hub, its worker and every partner, simulated, here and now
	@exec $(BIN)/unionhub run $(ARGS)

# Kept for the next run and for each `unionhub` that tests start, also where the environment says that nothing is to be kept:
# to compile all of it is half of what collecting the tests takes.
COMPILED := env -u PYTHONDONTWRITEBYTECODE

# Tests wait for browsers, databases and processes of their own, so three processes on two cores finish sooner than two.
WORKERS ?= 3
test: $(READY) ## every test; UNIONHUB_TEST_EVERY_EXAMPLE=1: in every way (WORKERS=n processes; 0: this one, for a debugger)
	@exec $(COMPILED) $(BIN)/python -m pytest $(PYTEST_FLAGS) -n $(WORKERS) --dist worksteal $(ARGS)

SEEDS ?= 200
simulate: $(READY) ## seeded storms on virtual time (SEEDS=n), or one seed with its messages (SEED=n)
	@cd tests && exec ../$(BIN)/python -m simulation $(if $(SEED),--seed $(SEED),--seeds $(SEEDS))

broken-rules: $(READY) ## the hub's rules broken on purpose, one by one: which storm notices (ARGS="--most 24 --only grant")
	@cd tests && exec ../$(BIN)/python -m simulation.broken $(ARGS)

report: $(READY) ## the features, run in every way, and what they did as one page: var/report/index.html
	@status=0; \
	UNIONHUB_TEST_EVERY_EXAMPLE=1 UNIONHUB_TEST_REPORT=var/report $(BIN)/python -m pytest $(PYTEST_FLAGS) features $(ARGS) || status=$$?; \
	PYTHONPATH=features $(BIN)/python -m report var/report || exit 1; \
	exit $$status

perf: $(READY) ## a load on hub and PostgreSQL, bounded, its books compared: var/perf/report.html (SCENARIO=ucsp, ARGS="--help")
	@exec $(BIN)/python perf/run.py $(if $(SCENARIO),--scenario $(SCENARIO)) $(ARGS)

pressure: $(READY) ## one bank hangs, then more than the hub can do: what others' payers notice (ARGS="--help")
	@exec $(BIN)/python perf/pressure.py $(ARGS)

KILLS ?= 36
chaos: $(READY) ## kill -9 of service, worker, core bank and PostgreSQL under load (KILLS=n); then the books must agree
	@cd tests && PYTHONPATH=../perf exec ../$(BIN)/python -m chaos --kills $(KILLS) $(ARGS)

check: lint types contracts wheel ## lint, format, types, import contracts, and a wheel that works (-k: all of them)

lint: $(READY)
	@echo '# lint and format'
	@$(BIN)/python -m ruff check --quiet .
	@$(BIN)/python -m ruff format --quiet --check --diff . || { echo 'format them: $(BIN)/ruff format .' >&2; exit 1; }

types: $(READY)
	@echo '# types'
	@$(BIN)/python -m mypy

contracts: $(READY)
	@echo '# import contracts'
	@$(BIN)/lint-imports --no-logo

wheel: $(READY)
	@echo '# wheel'
	@PYTHONPATH=tests $(BIN)/python -m support.wheel_check

lock: ## requirements.lock from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { echo 'make lock needs uv on the PATH: pip install uv' >&2; exit 1; }
	@uv pip compile --quiet --universal --python-version 3.11 --extra dev --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links $(ARGS) \
		--output-file requirements.lock pyproject.toml
	@grep -c '^[a-z0-9]' requirements.lock | sed 's/$$/ packages in requirements.lock/'

clean: ## forget .venv, caches and builds; the data in var/ stays
	@rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

ifneq ($(ELSEWHERE)$(ANOTHER_PYTHON),)
.PHONY: $(READY)
endif

$(READY): requirements.lock pyproject.toml
	@set -e; found=; usable=; \
	if [ -n '$(ELSEWHERE)$(ANOTHER_PYTHON)' ] || \
	   ! $(BIN)/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		for python in $(CANDIDATES); do \
			if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
				found=$$python; \
				if "$$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then usable=$$python; break; fi; \
			fi; \
		done; \
		if [ -z "$$found" ]; then \
			echo 'unionhub needs Python 3.11 or newer; looked for: $(CANDIDATES). Name yours with PYTHON=/path/to/python3' >&2; exit 1; \
		elif [ -z "$$usable" ]; then \
			echo "$$found cannot make virtual environments: install its venv module (Debian, Ubuntu: apt-get install python3-venv)" >&2; exit 1; \
		fi; \
		echo "setting up $(VENV) with $$("$$usable" --version), about a minute, once"; \
		"$$usable" -m venv --clear $(VENV); \
	else \
		echo 'bringing $(VENV) up to date'; \
	fi; \
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-input --require-hashes -r requirements.lock; \
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-input --no-deps --no-build-isolation -e .; \
	pwd -P >$(VENV)/.folder; \
	test -z "$$usable" || echo "$$usable" >$(VENV)/.python; \
	touch $@
