# `make help` lists the targets. A fresh machine needs git, make and Python >= 3.11 with venv; set-up fetches the rest.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
# Most of the time tests wait for containers: three share two cores well.
WORKERS ?= 3
UNIT := citycam infra simulators loadtests
# A lab and the environment of its name: environments/$(LAB).yaml says which of its hosts carry what.
LAB ?= lab
HOSTS ?= 5

.PHONY: help setup check test acceptance lint types unit images bench-smoke bench-inventory bench-fleet bench-soak bench-beyond bench-hosts bench-peers roles stack-up stack-down lab lab-down clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Everything this machine needs: Python packages, Docker, a Swarm of one, Go, Pulumi, ffmpeg
	$(BIN)/ansible-playbook playbooks/workstation.yml

# uv removes what is not locked, so the project itself comes last.
$(STAMP): requirements.lock requirements-setup.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=…")'
	test -x $(BIN)/pip || $(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --no-deps --require-hashes --requirement requirements-setup.lock
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock requirements-setup.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

check: lint types unit ## Linters, types, unit tests: no Docker, under two minutes

lint: $(STAMP) ## ruff, import-linter, ansible-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/ansible-lint --offline -q playbooks
	$(BIN)/python playbooks/describe_roles.py --check

types: $(STAMP) ## mypy --strict
	$(BIN)/mypy

unit: $(STAMP) ## Unit tests
	$(BIN)/pytest --quiet -n 2 $(UNIT)

images: $(STAMP) ## Build the images that are not there yet
	$(BIN)/python -m infra.images build >/dev/null

test: setup bench-peers lint types images ## Everything: linters, types, unit tests and tests with containers
	$(BIN)/pytest -n $(WORKERS) --no-loadscope-reorder

acceptance: setup images ## The main job: from made-up submissions to a plan, 40 cameras recorded, every frame judged, a report
	$(BIN)/citycam plan rehearse --sample build/rehearsal --cameras 40 -o build/rehearsal/cameras.csv
	$(BIN)/citycam campaign run campaigns/smoke.yaml --inventory build/rehearsal/cameras.csv

bench-smoke: setup images ## Measure fleet, audit and stack; table into docs/benchmarks/, rows into build/bench/
	$(BIN)/python -m citycam.cli.bench smoke

bench-inventory: setup images ## Import, duplicates, standard, overlap, plan and publication of 40,210 cameras
	$(BIN)/python -m citycam.cli.bench inventory

bench-fleet: setup bench-peers ## Fleet beside ffmpeg, MediaMTX, GStreamer, gortsplib and a bare loop (BENCH=--quick: less)
	$(BIN)/python -m citycam.cli.bench fleet $(BENCH)

bench-soak: setup bench-peers ## The fleet at full load for half an hour (BENCH="--minutes 5")
	$(BIN)/python -m citycam.cli.bench soak $(BENCH)

bench-beyond: setup bench-peers ## Fewer system calls than frames: io_uring, UDP segmentation
	$(BIN)/python -m citycam.cli.bench beyond $(BENCH)

bench-hosts: setup images ## Many nodes: made, killed, upgraded, promoted, one part after another (BENCH="--part killed")
	$(BIN)/python -m citycam.cli.bench hosts $(BENCH)

bench-peers: $(STAMP)
	$(BIN)/ansible-playbook playbooks/bench.yml

roles: $(STAMP) ## Write the READMEs of roles out of their specifications
	$(BIN)/python playbooks/describe_roles.py

stack-up: setup images ## Stand up the platform of environments/local.yaml
	$(BIN)/citycam stack up

stack-down: $(STAMP) ## Take it down again; recordings stay
	$(BIN)/citycam stack down

lab: setup images ## Five bare machines made into nodes, and the platform on them (LAB=lab-3 HOSTS=3: three)
	$(BIN)/citycam lab up --name $(LAB) --hosts $(HOSTS)
	$(BIN)/citycam hosts precheck --environment environments/$(LAB).yaml
	$(BIN)/citycam hosts deploy --environment environments/$(LAB).yaml
	$(BIN)/python -m infra.images push --environment environments/$(LAB).yaml >/dev/null
	$(BIN)/citycam stack up --environment environments/$(LAB).yaml
	$(BIN)/citycam hosts recover --environment environments/$(LAB).yaml

lab-down: $(STAMP) ## Remove the lab: machines, disks, bridges, all that ran on them
	$(BIN)/citycam lab down --name $(LAB)

clean: ## Remove what linters and tests left in the checkout; runs/ and .citycam/ stay
	rm -rf build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .ansible *.egg-info
