# What to do with maild from a checkout. `make` alone prints this list; `make demo` is the place to begin.
#
#   make demo                  a desk with an embedded mail server plays sample conversations; Ctrl-C ends it
#   make demo ARGS=--once      the same, once, without staying up
#   make test                  everything: ruff, mypy, all tests, and the wheel tried in a clean environment
#   make check                 ruff and mypy alone
#   make deps                  install the servers that the tests talk to (root on Debian or Ubuntu)
#   make fuzz                  ten minutes of hostile and broken mails for the reading of mail; ARGS="SECONDS SEED"
#   make bench                 how fast it is on this machine
#   make crash N=200           kill the daemon N times in the middle of its work, and count tickets and mails
#   make soak                  the long tests one after the other, hours of them; ARGS="NAME SIZE SEED" for a single one
#   make clean                 take away what make has set up
#
# Needs Python 3.11 or newer with venv, and a package index that pip can reach. Everything goes into .venv.

SHELL := /bin/bash
VENV := .venv
PY := $(VENV)/bin/python
ARGS :=
N := 200
PIP := $(PY) -m pip install -qq --disable-pip-version-check --no-input --constraint constraints.txt
INPUTS := pyproject.toml constraints.txt maild/__init__.py Makefile .ci/venv

# The scripts in a venv name it by its full path, so one that was moved with its checkout is no good.
ifneq ($(wildcard $(VENV)/.made),)
ifneq ($(shell cat $(VENV)/.made),$(CURDIR))
$(shell rm -rf $(VENV))
endif
endif

.PHONY: help demo test check pytest wheel-test deps fuzz bench crash soak clean

help:
	@sed -n 's/^#   //p' Makefile

$(VENV)/.made: .ci/venv
	@.ci/venv $(VENV)
	@printf %s '$(CURDIR)' > $@

$(VENV)/.demo: $(VENV)/.made $(INPUTS)
	@echo "Setting up $(VENV) for the demo"
	@$(PIP) --editable '.[demo]'
	@touch $@

$(VENV)/.test: $(VENV)/.made $(INPUTS)
	@echo "Setting up $(VENV) with all extras"
	@$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.demo

demo: $(VENV)/.demo
	@$(VENV)/bin/maild demo $(ARGS)

check: $(VENV)/.test
	@$(PY) -m ruff check --quiet .
	@$(PY) -m mypy --no-error-summary
	@echo "ruff and mypy: nothing to say"

# Two at a time: most tests wait for a server more than they work.
pytest: $(VENV)/.test
	@$(PY) -m pytest --quiet --numprocesses=2 --dist=worksteal $(ARGS)

wheel-test: $(VENV)/.test
	@.ci/wheel-test $(PY)

# One after the other, also under `make -j`: two at once would share the clock that some tests measure by.
test: $(VENV)/.test
	@$(MAKE) --no-print-directory check
	@$(MAKE) --no-print-directory pytest
	@$(MAKE) --no-print-directory wheel-test

deps:
	@.ci/deps

bench: $(VENV)/.test
	@$(PY) -m bench.run $(ARGS)

fuzz: $(VENV)/.test
	@$(PY) -m tests.fuzz $(ARGS)

crash: $(VENV)/.test
	@$(PY) -m tests.crash.long $(N) $(ARGS)

soak: $(VENV)/.test
	@$(PY) -m tests.soak $(if $(ARGS),$(ARGS),all)

clean:
	@rm -rf $(VENV) dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
