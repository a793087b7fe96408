# Needs Python 3.11 or newer and make; everything else is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
MADE := $(VENV)/.made
INSTALLED := $(VENV)/.installed
READY := $(VENV)/.ready-to-develop
# As pip does for a package that is not editable: some environments have Python write no bytecode by itself.
COMPILE := $(BIN)/python -m compileall -q orps_agent graphs prompts tools

.PHONY: demo test check docs install clean

demo: $(INSTALLED)
	$(BIN)/orps demo --seed $(or $(SEED),0)

test: check
	$(BIN)/python -m pytest

# Format, lint, types and the direction of imports.
check: $(READY) typing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	cd build/typing && $(CURDIR)/$(BIN)/mypy --config-file $(CURDIR)/pyproject.toml \
		-p orps_agent -p benchmarks -m examples.planner -m examples.supervisor
	cd build/typing && PYTHONPATH=. $(CURDIR)/$(BIN)/lint-imports --no-logo $(CURDIR)/pyproject.toml

# The pages that are made from the code.
docs: $(READY)
	$(BIN)/python -m docs.generate

# The package as it looks once installed, for tools that do not follow setuptools' package-dir.
.PHONY: typing
typing:
	rm -rf build/typing && mkdir -p build/typing/orps_agent
	ln -s $(CURDIR)/orps_agent/* $(CURDIR)/graphs $(CURDIR)/tools $(CURDIR)/prompts build/typing/orps_agent/
	ln -s $(CURDIR)/benchmarks $(CURDIR)/examples $(CURDIR)/tests build/typing/

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
