# `make` lists the targets. Everything is installed into .venv and cloud/web/node_modules;
# everything the programs write at run time is in var/.

PYTHON ?= python3
BIN := .venv/bin
WEB := cloud/web
WEB_SOURCES := $(shell find $(WEB)/src $(WEB)/public $(WEB)/index.html $(WEB)/*.ts $(WEB)/*.json -type f 2>/dev/null)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test bench format lock screenshots clean

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1 \2/p' $(MAKEFILE_LIST) | \
		awk '{ target = $$1 " " $$2; $$1 = $$2 = ""; printf "  %-18s%s\n", target, $$0 }'

setup: .venv/installed $(WEB)/dist/index.html ## Install everything, start nothing

demo: setup ## Run the whole shop on this machine: http://127.0.0.1:8000
	@$(BIN)/shopbell demo

test: setup .venv/installed-dev ## Check everything: format, lint, types, all tests
	@$(BIN)/python -m tools.test_machine
	@$(BIN)/python -m tools.checks

bench: setup .venv/installed-dev ## Run the benchmarks; each prints one JSON object
	@$(BIN)/python -m benchmarks

format: .venv/installed-dev ## Format the Python and the TypeScript
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	@$(BIN)/python -m tools.npm run format

screenshots: setup .venv/installed-dev ## Take the pictures that stand in README and docs
	@$(BIN)/python -m tools.screenshots

lock: .venv/installed-dev ## Lock the Python dependencies anew
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate \
		--no-header --upgrade requirements.in -o requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate \
		--no-header --upgrade -c requirements.txt requirements-dev.in -o requirements-dev.txt

clean: ## Remove what was installed and built, keep var/
	rm -rf .venv $(WEB)/node_modules $(WEB)/dist *.egg-info

.venv/bin/python:
	@$(PYTHON) -c 'import sys; found = sys.version.split()[0]; sys.exit(0 if sys.version_info >= (3, 11) \
		else f"Shopbell needs Python 3.11 or newer, found {found}. Name another: make PYTHON=python3.12")'
	@echo "Making .venv"
	@$(PYTHON) -m venv .venv

.venv/installed: requirements.txt pyproject.toml | .venv/bin/python
	@echo "Installing the Python packages (about a minute)"
	@$(BIN)/python -m tools.install requirements.txt
	@$(BIN)/python -m pip install --disable-pip-version-check -q --no-build-isolation --no-deps -e .
	@echo "Fetching the firmware's MQTT module"
	@$(BIN)/python -m edge.tools.packages
	@touch $@

.venv/installed-dev: requirements-dev.txt .venv/installed
	@echo "Installing what the tests need"
	@$(BIN)/python -m tools.install requirements-dev.txt
	@touch $@

$(WEB)/node_modules/.package-lock.json: $(WEB)/package.json $(WEB)/package-lock.json | .venv/installed
	@echo "Installing the web client's packages"
	@$(BIN)/python -m tools.npm ci --no-audit --no-fund
	@touch $@

$(WEB)/dist/index.html: $(WEB)/node_modules/.package-lock.json $(WEB_SOURCES)
	@echo "Building the web client"
	@$(BIN)/python -m tools.npm run build
	@touch $@
