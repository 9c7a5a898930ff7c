# make serve   a running service with demo data and GraphiQL      make test    every test
# make check   format, lint, types, layers, schema and tests      make bench   speed, as ratios
.DEFAULT_GOAL := help
.PHONY: help install serve test check format lint types layers schema bench clean

PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet # errors alone

help: ## Shows the commands
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

.venv/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/.local: .venv/.python requirements/local.txt pyproject.toml
	@echo "Installing locked dependencies into .venv"
	@$(PIP) install --require-hashes -r requirements/local.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: .venv/.local requirements/dev.txt
	@echo "Installing locked development tools into .venv"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

.venv/.bench: .venv/.local requirements/bench.txt
	@$(PIP) install --require-hashes -r requirements/bench.txt
	@touch $@

graph/graphiql/vendor/.done: scripts/graphiql $(addprefix graph/graphiql/, package-lock.json build.mjs page.jsx style.css)
	@scripts/graphiql

install: .venv/.local graph/graphiql/vendor/.done ## Makes .venv with locked dependencies and fetches GraphiQL

serve: install ## Starts the service with its own MongoDB, demo data and GraphiQL (PORT=, DSEL_MONGODB_URI=)
	@exec $(BIN)/dsel serve --port $(PORT) --demo

test: install .venv/.dev ## Runs every test
	@$(BIN)/python -m pytest -n 4 --dist loadfile --max-worker-restart 0

check: format lint types layers test ## Format, lint, types, layers, then every test (the schema's drift is one of them)

format: .venv/.dev
	@$(BIN)/ruff format --check .

lint: .venv/.dev
	@$(BIN)/ruff check .

types: .venv/.dev
	@$(BIN)/mypy

layers: .venv/.dev
	@$(BIN)/lint-imports

schema: .venv/.local ## Prints schema.graphql from the code
	@$(BIN)/dsel schema > schema.graphql

bench: .venv/.bench ## Compares reading with Node servers (npm is needed), and writing with the driver alone
	@$(BIN)/python -m bench.reads
	@$(BIN)/python -m bench.reads --apps 8
	@$(BIN)/python -m bench.workers
	@$(BIN)/python -m bench.changes
	@$(BIN)/python -m bench.lists
	@$(BIN)/python -m bench.history
	@$(BIN)/python -m bench.walk
	@$(BIN)/python -m bench.replay
	@$(BIN)/python -m bench.subscriber
	@$(BIN)/python -m bench.writes

clean: ## Removes what make made (the data folder .data stays)
	@rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis graph/graphiql/vendor
