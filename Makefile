# Needs Python 3.11 or newer and make; everything else is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MADE := $(VENV)/.made
INSTALLED := $(VENV)/.installed
READY := $(VENV)/.ready-to-develop
# As pip does for a package that is not editable: some environments have Python write no bytecode by itself.
COMPILE := $(BIN)/python -m compileall -q orps_agent

.PHONY: demo test check docs install clean

demo: $(INSTALLED)
	$(BIN)/orps demo --seed $(or $(SEED),0)

# Three workers: a worker more costs as much in imports as it saves on two cores.
test: $(READY)
	$(BIN)/python -m pytest --numprocesses=3 --dist=loadfile --no-loadscope-reorder

# Format, lint, types and the direction of imports.
check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy -p orps_agent -p perf -m examples.planner -m examples.supervisor -p examples.plugin.orps_greedy
	$(BIN)/lint-imports --no-logo

# The pages that are made from the code.
docs: $(READY)
	$(BIN)/python -m docs.generate

install: $(READY)

$(MADE):
	$(PYTHON) -c 'import sys; sys.exit("orps needs Python 3.11 or newer") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	touch $@

$(INSTALLED): $(MADE) pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[local]'
	$(COMPILE)
	touch $@

# Not on top of $(INSTALLED): this resolves everything once.
$(READY): $(MADE) pyproject.toml
	$(BIN)/python -m pip install --quiet --editable '.[local,numeric,bench,hub,mcp,otel,serve,treequest]' --group dev
	$(COMPILE)
	touch $(INSTALLED) $@

clean:
	rm -rf $(VENV) build dist *.egg-info
