.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/installed
USERS ?= 20000
FUZZ ?= 3000
FIRST ?= 2026-04
LAST ?= 2026-10

export PYTHONWARNINGS := ignore

help:       ## list the targets
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/:[^#]*## */\t/' | expand -t 12

install: $(STAMP) ## make the environment in .venv from requirements.lock

$(STAMP): requirements.lock pyproject.toml
	@echo "Installing into .venv (once; a few minutes)"
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) else "limitwise needs Python 3.11, 3.12 or 3.13; this is %d.%d. Try make PYTHON=python3.11" % v)'
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

run: install ## refresh the limits of a demo portfolio by real Airflow runs
	@$(BIN)/limitwise demo --users $(USERS) --months 18 --until $(FIRST) --seed 1
	@$(BIN)/limitwise init --buckets 4
	@$(BIN)/limitwise run $(FIRST) --to $(LAST) --demo
	@$(BIN)/limitwise status

test: install ## everything the tests need, then every test
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

fuzz: install ## made-up logs of every kind, thousands of them: does every line stay accounted for?
	@LIMITWISE_FUZZ=$(FUZZ) $(BIN)/python -m pytest tests/intake/test_fuzz.py

bench: install ## every step beside engines that give the same values; minutes
	@$(BIN)/python -m benchmarks --size small --save small

bench-full: install ## the same with 20 million events and a million users; an hour
	@$(BIN)/python -m benchmarks --size full --save full

backtest: install ## scores and policies on the public sets, one half against the other
	@$(BIN)/python -m tests.acceptance.public_outcomes

up: install ## open the Airflow UI with the DAGs; Ctrl-C stops it
	@exec $(BIN)/limitwise up

format: install ## rewrite files in the agreed style
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lock:       ## resolve requirements.lock anew from pyproject.toml
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --group dev pyproject.toml -o requirements.lock

clean:      ## remove the demo: logs, lake, Airflow metadata
	@rm -rf landing truth lake .airflow

.PHONY: help install run test fuzz bench bench-full backtest up format lock clean
