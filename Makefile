# One way to run things. Everything installs into .venv/ and runs in .airflow/, both in this checkout.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PYTHONPATH := $(CURDIR)/include:$(CURDIR)
SETUP := $(VENV)/.setup-done

.PHONY: help setup demo test check lint types imports up down migrate-up migrate-down bench bench-http openapi lock clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: $(SETUP) ## install everything into .venv/ (nothing else)

$(SETUP): requirements-dev.txt requirements.txt
	@command -v $(PYTHON) >/dev/null || { echo "setup: $(PYTHON) not found; install Python 3.11 or newer, or set PYTHON="; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "setup: Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11"; exit 1; }
	@echo "setup: making $(VENV) and installing the pinned requirements"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python requirements-dev.txt
	@echo "setup: compiling bytecode (a task process is several times dearer without)"
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m compileall -q -j 0 $(VENV)/lib include dags plugins config sandbox >/dev/null 2>&1 || true
	@touch $@

up: setup ## start the sandbox and Airflow and keep them running (addresses in .airflow/stack.json)
	@$(BIN)/python -m sandbox up
down: ## stop whatever `make up` started
	@test ! -x $(BIN)/python || $(BIN)/python -m sandbox down

ACCOUNTS ?= qa-100,qa-5000
demo: setup ## migrate two synthetic accounts through a real Airflow and check the result (ACCOUNTS=a,b)
	@$(BIN)/python -m sandbox demo --accounts $(ACCOUNTS)

test: setup ## pass all tests in two processes (integration, end-to-end and browser tests included)
	@$(BIN)/pytest -n 2

migrate-up: setup ## make the index of contact_notes (AIRFLOW_CONN_CDP_MONGO, else the running sandbox)
	@$(BIN)/python -m sandbox.migrate up
migrate-down: setup ## drop that index; documents stay
	@$(BIN)/python -m sandbox.migrate down

lock: ## compile requirements.in and requirements-dev.in again
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-header --no-annotate requirements.in -o requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --no-header --no-annotate requirements-dev.in -o requirements-dev.txt

lint: setup
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
types: setup
	$(BIN)/mypy include
imports: setup
	PYTHONPATH=include:. $(BIN)/lint-imports
check: lint types imports ## lint, types, import rules

bench: setup ## measure; prints rates and their targets
	$(BIN)/python benchmarks/bench_content.py

bench-http: setup ## measure both endpoints of the running sandbox with 20 clients (make up first)
	@$(BIN)/python benchmarks/bench_front_door.py
openapi: setup ## write contracts/openapi.yaml from the application
	@PYTHONPATH=include:plugins $(BIN)/python -m notes_migration_airflow.front_door.openapi_document contracts/openapi.yaml

clean: ## remove what runs left behind (.venv stays)
	rm -rf .airflow .sandbox
