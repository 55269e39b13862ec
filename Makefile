# Everything that one types here. `make help` lists it.

PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run dev test bench-otc bench-race bench-growth lint format lock reset clean

help: ## List these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: ## Install what running needs (run does it by itself)
	@$(PYTHON) tools/setup.py run

setup-dev: ## Install what testing needs (test and lint do it by themselves)
	@$(PYTHON) tools/setup.py dev

run: setup ## Start the whole system: http://localhost:8000, or PORT=9000 make run
	@exec $(BIN)/python -m erp.embedded run

dev: setup-dev ## The same with automatic reload, DEBUG and the debug toolbar
	@exec $(BIN)/python -m erp.embedded dev

reset: setup ## Throw the demo data away; the next run makes a fresh company
	@exec $(BIN)/python -m erp.embedded reset

test: setup-dev ## Run every test; ARGS='tests/orders -k approve' chooses
	@exec $(BIN)/python -m pytest -n auto $(ARGS)

bench-otc: setup-dev ## Measure the order-to-cash cycle: ARGS='--clerks 4 --orders 50'
	@exec $(BIN)/python -m bench otc $(ARGS)

bench-race: setup-dev ## Fight for the last pieces for a minute with 50 clients, twice: the second time workers are killed
	@ERP_TRUST_SECONDS=60 exec $(BIN)/python -m pytest tests/trust/test_last_pieces.py $(ARGS)

bench-growth: setup ## What pages cost in the database at hand; ARGS='--against FILE' compares with a smaller company
	@exec $(BIN)/python -m bench growth $(ARGS)

lint: setup-dev ## Check style, types, floors, templates, migrations, translations, deployment
	@exec $(BIN)/python tools/lint.py

format: setup-dev ## Format Python and templates
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .
	@-for pass in 1 2; do $(BIN)/djlint --reformat --quiet templates >/dev/null; done # its second pass settles the quotes

lock: setup-dev ## Write the lock files anew; UPGRADE=1 takes newer releases too
	@for name in base dev node; do \
	  $(BIN)/uv pip compile --quiet $(if $(UPGRADE),--upgrade) --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    requirements/$$name.in -o requirements/$$name.txt || exit 1; done
	@npm install --package-lock-only --ignore-scripts

clean: ## Remove everything that was installed or generated, data included
	rm -rf .venv node_modules static/vendor locale/zh_Hans locale/zh_Hant var
