# The verbs of this project. `make run` and `make test` do all the set-up they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
AIOGRAM := $(VENV)/aiogram

.PHONY: run test check install bench chaos screenshots clean
run: install            ## set up, then serve the bot and its page on http://127.0.0.1:8080/
	$(BIN)/python main.py serve

test: install           ## set up, then run all tests
	$(BIN)/python -m pytest -n 2 --dist loadgroup

check: install          ## ruff, mypy, the content and the catalogues
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python main.py content check

install: $(READY)       ## create .venv and install the exact versions of requirements.lock

$(READY): requirements.lock
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed (this is %s). Try: make run PYTHON=python3.12" % sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	touch $(READY)

bench: install $(AIOGRAM)/.installed  ## speed and memory, beside known matchers and bots
	AIOGRAM_PYTHON=$(AIOGRAM)/bin/python $(BIN)/python -m tests.bench

$(AIOGRAM)/.installed: tests/bench/aiogram.lock
	$(PYTHON) -m venv $(AIOGRAM)
	$(AIOGRAM)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	touch $@

chaos: install          ## the long crash and failure runs
	$(BIN)/python -m tests.chaos

screenshots: install    ## the staff page's pictures, made anew
	$(BIN)/python -m tests.screenshots

clean:                  ## remove what set-up made (never the data)
	rm -rf $(VENV)
