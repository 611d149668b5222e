# `make run` and `make test` set up everything they need, once. Nothing but Python 3.11 or newer and make is expected.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3; do \
	command -v $$name >/dev/null 2>&1 && { echo $$name; break; }; done)
# Tests run in a process for each core, and each needs a model's memory: no more than four.
SIDE_BY_SIDE := --numprocesses auto --maxprocesses 4 --dist worksteal
PIP_INSTALL := $(BIN)/python -m pip install --quiet --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help run preview test unit check format pictures wheel clean

help: ## Show what can be made.
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|' 2>/dev/null \
		|| sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1  \2/p' $(MAKEFILE_LIST)

run: $(VENV)/.installed ## Run the bot; without a DISCORD_TOKEN, chat in the terminal.
	@$(BIN)/storydesk start

preview: $(VENV)/.installed-preview ## Try the bot in a browser, without Discord and without a token.
	@$(BIN)/storydesk preview

test: $(VENV)/.installed-dev ## Run all tests.
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE)

unit: $(VENV)/.installed-dev ## Run the tests that need neither the model nor other processes.
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) -m "not slow"

check: $(VENV)/.installed-dev ## Lint, check types and the direction of imports.
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/.installed-dev ## Format the code.
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

pictures: $(VENV)/.installed-dev ## Draw what people see in Discord (needs Chromium).
	@$(PIP_INSTALL) --editable ".[pictures]"
	@$(BIN)/python docs/pictures/draw.py

wheel: $(VENV)/.installed-dev ## Build a wheel into dist/.
	@$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean: ## Remove the virtual environment and everything built.
	@rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "Storydesk needs Python 3.11 or newer: make run PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.created pyproject.toml constraints.txt
	@echo "Installing Storydesk into $(VENV) (once, some minutes)..." >&2
	@$(PIP_INSTALL) --editable .
	@touch $@

$(VENV)/.installed-preview: $(VENV)/.installed
	@echo "Installing what simulates Discord..." >&2
	@$(PIP_INSTALL) --editable ".[preview]"
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "Installing what tests and checks need..." >&2
	@$(PIP_INSTALL) --editable ".[dev]"
	@touch $@
