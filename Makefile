# The commands of the project. `make` alone lists them.
# Each step looks at hashes of what it is made from: a second run starts in seconds.

PYTHON ?= python3
BIN := .venv/bin
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help run test test-slow lint format types bench bench-peers corpus docs screenshots lock clean env env-dev assets chromium

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

run: env assets  ## everything, from nothing to a running site with fictitious data
	@$(BIN)/patti demo
	@exec $(BIN)/patti serve

test: export PYTEST_PLUGINS = tools.line_coverage
test: lint assets  ## every check, and every test that is not slow
	$(BIN)/pytest -n auto --dist worksteal -m "not slow" $(PYTEST_ARGS)

test-slow: env-dev assets chromium  ## all other tests: browsers, killed processes, many instances
	$(BIN)/pytest -n auto --dist worksteal -m "slow" $(PYTEST_ARGS)

lint: env-dev  ## style, types, direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: env-dev  ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: env-dev  ## types only
	$(BIN)/mypy

bench: env-dev  ## measure the hot paths
	$(BIN)/python -m benchmarks

bench-peers: env-dev  ## measure the common piece of work beside other engines (half an hour)
	$(BIN)/python -m benchmarks.common_table --long

corpus: env-dev  ## run the public diagrams of ../shared/corpus, and report the outcome of each
	$(BIN)/python -m tests.corpus

docs: env-dev  ## write docs/reference anew from the code
	$(BIN)/python docs/generate.py

screenshots: env-dev assets chromium  ## take the pictures of docs/images anew
	$(BIN)/pytest -m browser -k "walk" --screenshots

lock: env-dev  ## write the lock files anew (make lock ARGS=--upgrade for newer versions)
	$(BIN)/python tools/lock.py $(ARGS)

clean:  ## remove what was built, not the environment nor the data in var/
	rm -rf web/assets/static web/assets/.static-new build dist .pytest_cache .mypy_cache .ruff_cache \
	  .import_linter_cache .hypothesis .coverage .coverage.* htmlcov
	find . -name __pycache__ -not -path './.venv/*' -not -path '*/node_modules/*' -prune -exec rm -rf {} +

env:
	@$(PYTHON) tools/environment.py run

env-dev:
	@$(PYTHON) tools/environment.py dev

assets: env
	@$(BIN)/python web/assets/build.py

chromium: env-dev
	@$(BIN)/python tests/browser/find_chromium.py --install
