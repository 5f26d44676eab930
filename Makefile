# One word per task: `make help` lists them.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
export PYTHONDONTWRITEBYTECODE := 1
export OMP_WAIT_POLICY := passive

.PHONY: help setup browser run test chaos check bench clean

help: ## list the tasks
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(STAMP) ## install everything into .venv (packages only)

$(STAMP): pyproject.toml
	@echo "==> Installing packages (a few minutes the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check -e '.[weights,dev]'
	@touch $(STAMP)

run: setup ## prepare the model and the index, open the page
	@$(BIN)/python -m rag model prepare
	@$(BIN)/python -m rag index
	@$(BIN)/streamlit run app.py

browser:
	@./tests/install_browser.sh

test: setup browser ## install, then run all tests, the embedded model and a browser included
	@$(BIN)/python -m rag model prepare
	@$(BIN)/python -m pytest -m "not chaos"

chaos: setup browser ## faults, attacks and load: what takes too long for every test run
	@$(BIN)/python -m rag model prepare
	@$(BIN)/python -m pytest -m chaos

check: setup ## lint and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

bench: setup ## measure quality, faithfulness and speed on the test drafts, beside a plain prompt
	@$(BIN)/python -m rag model prepare
	@$(BIN)/python -m evals bench

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache build *.egg-info
