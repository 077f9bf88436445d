# Each target makes .venv first when it is missing or its locks have changed. Without a target: this list.
.DEFAULT_GOAL := help
.PHONY: help demo test check fmt lint lock clean bench peers mutants venv verifier
BIN := .venv/bin
HOUSE := bot handlers storage sandbox
LOCK := uv pip compile --quiet --no-strip-extras --generate-hashes --universal --no-header --python-version 3.11 $(LOCKFLAGS)
WORKERS := 2

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

venv: # Made from the hash-locked requirements; instant when nothing changed
	@scripts/bootstrap

demo: venv ## Start a pretended Slack and Azure with the real bot between them; no accounts needed
	@$(BIN)/countersign demo

test: venv ## Run the tests (ARGS="-k approve" passes words to pytest, COVERAGE=1 measures)
	@COVERAGE=$(COVERAGE) scripts/test $(ARGS)

check: lint ## Everything CI runs: format, lint, types, layers, dependencies, dead code, tests, coverage
	@$(MAKE) --no-print-directory test COVERAGE=1

lint: venv ## The part of check that runs no test
	@echo "format";       $(BIN)/ruff format --check --quiet . || { $(BIN)/ruff format --check .; echo "fix: make fmt"; exit 1; }
	@echo "lint";         $(BIN)/ruff check --quiet .
	@echo "types";        $(BIN)/mypy $(HOUSE)
	@echo "layers";       $(BIN)/lint-imports --no-logo
	@echo "dependencies"; $(BIN)/deptry --no-ansi $(HOUSE)
	@echo "dead code";    $(BIN)/vulture

fmt: venv ## Format the code and mend what lint can mend by itself
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

verifier: venv ## Write bot/verify_pack.py, the check of proof packs as one file, from the modules it is made of
	@$(BIN)/python scripts/verifier.py

lock: ## Write the hash locks anew from pyproject.toml (needs uv; LOCKFLAGS=--upgrade for newer versions)
	@$(LOCK) pyproject.toml -o requirements.lock
	@$(LOCK) pyproject.toml --group dev -o requirements-dev.lock
	@$(LOCK) --group build -c requirements-dev.lock -o requirements-build.lock
	@$(LOCK) --group mutants -c requirements-dev.lock -o requirements-mutants.lock

bench: venv ## Measure, as ratios against a floor in the same run
	@$(BIN)/python -m bench $(ARGS)

peers: venv ## Slower journeys against programs nobody here wrote (fetched by npm and PyPI; skipped, visibly, without)
	@$(BIN)/pytest tests/peers -ra $(ARGS)

mutants: ## Break policy, change and plan in every small way: at least 90 % must be seen by a test (nightly)
	@scripts/bootstrap --mutants
	@rm -rf mutants && .venv-mutants/bin/mutmut run --max-children $(WORKERS)
	@.venv-mutants/bin/mutmut results; .venv-mutants/bin/mutmut export-cicd-stats && .venv-mutants/bin/python -m bench.mutants

clean: ## Remove .venv, caches and what the demo left
	@rm -rf .venv .venv-mutants mutants .demo .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis .coverage dist
	@find bot handlers storage sandbox tests bench scripts -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
