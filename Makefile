# `make run` and `make test` do everything on a fresh machine.
PYTHON ?= python3
PORT ?= 8000
# Processes that test, of about 2 GB each.
JOBS ?= 2
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
BENCH := $(BIN)/python -m tests.benchmarks

.PHONY: run test install lint bench bench-real bench-writer bench-quality bench-refunds bench-attacks bench-payments \
	bench-mail bench-refund-machine bench-faults bench-kills bench-answers bench-first-day bench-languages bench-misspelt bench-promises bench-few-examples reference

run: .venv/installed
	@$(MANAGE) start --port $(PORT)

test: .venv/installed-dev lint
	@$(MANAGE) check
	@$(MANAGE) makemigrations --check --dry-run
	@$(BIN)/pytest -n $(JOBS) --dist worksteal

lint: .venv/installed-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy .

# A row for this commit in tests/benchmarks/releases, and what got slower; with CHECK=1 that fails.
# A database and a broker of its own, gone afterwards.
bench: .venv/installed-dev
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	DATABASE_URL= CELERY_BROKER_URL= TRIAGE_DATA=$$folder $(BENCH) speed --record $(if $(CHECK),--check)

# The same on real data: make bench-real DATA=../shared/data
bench-real: .venv/installed-dev
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	DATABASE_URL= CELERY_BROKER_URL= TRIAGE_DATA=$$folder $(BENCH) real $(DATA)

# A shop of real shape and its refund tasks: make bench-refunds DATA=../shared/data
bench-refunds: .venv/installed-dev
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	DATABASE_URL= CELERY_BROKER_URL= TRIAGE_DATA=$$folder $(BENCH) refunds $(DATA)

# Instructions hidden in tickets, half an hour and more: make bench-attacks DATA=../shared/data
bench-attacks: .venv/installed-dev
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	DATABASE_URL= CELERY_BROKER_URL= TRIAGE_DATA=$$folder $(BENCH) attacks $(DATA)

# Workers killed while they pay, and a crowd on one order: about half an hour on two cores.
bench-payments: .venv/installed-dev
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	DATABASE_URL= TRIAGE_DATA=$$folder DJANGO_SETTINGS_MODULE=triage.settings \
	$(BIN)/python -m tests.benchmarks.payments

# Random sequences of everything that people, customers, workers and forgers do to refunds.
bench-refund-machine: SEQUENCES ?= 10000
bench-refund-machine: .venv/installed-dev
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	DATABASE_URL= TRIAGE_DATA=$$folder DJANGO_SETTINGS_MODULE=triage.settings \
	$(BIN)/python -m tests.benchmarks.refund_machine --sequences $(SEQUENCES)

# Everything killed ten times while mails come in and replies go out: about four minutes.
bench-faults: .venv/installed-dev
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	DATABASE_URL= CELERY_BROKER_URL= TRIAGE_DATA=$$folder $(BENCH) faults-day

# Two hundred workers killed while they take a backlog: about ten minutes.
bench-kills: .venv/installed-dev
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	DATABASE_URL= CELERY_BROKER_URL= TRIAGE_DATA=$$folder $(BENCH) killed-backlog

# The bundled writer alone and beside others, and what larger models cost here.
bench-writer: .venv/installed-dev
	@.venv/bin/python -m tests.benchmarks.writer.load
	@.venv/bin/python -m tests.benchmarks.writer.timing --tasks 2 --random 0.5B 1.5B

# Classify and retrieve on public data: make bench-quality DATA=../shared/data
bench-quality: .venv/installed-dev
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	DATABASE_URL= TRIAGE_DATA=$$folder $(BENCH) quality $(DATA) --tune

# Labels, urgency, mood and replies of mails in twelve languages, five minutes
bench-languages: .venv/installed-dev
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	export DATABASE_URL= CELERY_BROKER_URL= TRIAGE_DATA=$$folder && \
	$(BENCH) languages && $(BENCH) foreign-replies

# Ten-shot Banking77 misspelt: make bench-misspelt DATA=../shared/data
bench-misspelt: .venv/installed-dev
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	DATABASE_URL= TRIAGE_DATA=$$folder $(BENCH) misspelt \
	$(DATA)/banking77/fewshot/train_10 $(DATA)/banking77/fewshot/valid

# What a second shop's new tickets ask, and how many drafts answer all of it, two minutes
bench-answers: .venv/installed-dev
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	DATABASE_URL= CELERY_BROKER_URL= TRIAGE_DATA=$$folder DJANGO_SETTINGS_MODULE=triage.settings \
	$(BIN)/python -m tests.benchmarks.answers

# A second shop's past conversations in, learned, tried and switched on, two minutes
bench-first-day: .venv/installed-dev
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	DATABASE_URL= CELERY_BROKER_URL= TRIAGE_DATA=$$folder DJANGO_SETTINGS_MODULE=triage.settings \
	$(BIN)/python -m tests.benchmarks.first_day

# Is the promise kept where strangers come in? make bench-promises DATA=../shared/data
bench-promises: .venv/installed-dev
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	DATABASE_URL= TRIAGE_DATA=$$folder $(BENCH) promises $(DATA)/banking77/train.csv

# Labels with 5 to 50 examples, ten minutes: make bench-few-examples DATA=../shared/data
bench-few-examples: .venv/installed-dev
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && for file in \
	$(DATA)/banking77/train.csv $(DATA)/clinc150/data_full_without_test.json; do \
	DATABASE_URL= TRIAGE_DATA=$$folder $(BENCH) few-examples $$file; done

# Words of raw mails beside two other readers': make bench-mail DATA="../shared/data/emails …"
bench-mail: .venv/installed-dev
	@$(BIN)/pip install -q -c constraints.txt mail-parser selectolax
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	DATABASE_URL= TRIAGE_DATA=$$folder $(BENCH) mail-text $(DATA) --show

# Digests of all receipts of 374 tickets: make reference DATA=../shared/data [FREEZE=1]
reference: BODIES ?= .data/reference
reference: .venv/installed-dev
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	DATABASE_URL= TRIAGE_DATA=$$folder DJANGO_SETTINGS_MODULE=triage.settings \
	$(BIN)/python -m tests.benchmarks.reference $(DATA) $(BODIES) $(if $(FREEZE),--freeze)

install: .venv/installed

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed: make PYTHON=python3.11 …" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/python pyproject.toml constraints.txt
	@echo "Installing. The first time llama-cpp-python is compiled: about five minutes on two cores."
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt --editable .
	@touch $@

.venv/installed-dev: .venv/installed
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt --editable '.[dev,train]'
	@touch $@
