# `make help` lists what there is. Everything runs inside .venv, which the first target that needs it creates.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help setup demo repro test test-fast bench bench-augment bench-crops bench-detectors bench-dvc bench-near bench-sbi bench-split bench-store bench-training bench-way study ablation real lint format docs clean

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 17

setup: .venv/ready  ## Create the environment and install everything

.venv/ready: requirements.txt requirements-cluster.txt requirements-detectors.txt requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "unmask needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt -r requirements-cluster.txt \
		-r requirements-dev.txt
	@# This one pins libraries of years ago, so it goes in without its dependencies.
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps -r requirements-detectors.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

demo: setup  ## Render the embedded corpora, run the pipeline, print the results
	dvc repro
	@unmask results
	@echo "Report: $(CURDIR)/data/96_report/report.html"

repro: setup  ## Check params.yaml and recipes, then run what has changed
	@unmask check
	dvc repro

test: setup  ## Run every test, on two cores
	pytest -n 2 --dist loadfile --no-loadscope-reorder

test-fast: setup  ## Run the tests that take seconds
	pytest -m "not slow"

bench: bench-way bench-training  ## Time the way from video to aligned face and training beside their peers

bench-way: setup  ## Time the way from video to aligned face, renew docs/benchmarks.md
	python -m bench.way --shared ../shared --write docs/benchmarks.md

bench-augment: setup  ## Time the augmentations beside their peers, renew docs/augment.md
	PYTHONPATH=tests python -m bench.augment --write docs/augment.md

bench-crops: setup  ## Measure crops' sizes, times and quality columns, renew docs/crops.md
	PYTHONPATH=tests python -m bench.crops --shared ../shared --write docs/crops.md

bench-dvc: setup  ## Time DVC on crops in shards and as loose files, renew docs/benchmarks.md
	python -m bench.dvc --write docs/benchmarks.md

bench-store: setup  ## Measure ways to keep frames, renew docs/store.md
	python -m bench.store --shared ../shared --write docs/store.md

bench-detectors: setup  ## Compare the face detectors on ../shared/data/stills, renew docs/detectors.md
	PYTHONPATH=tests python -m bench.detectors --shared ../shared --write docs/detectors.md

bench-near: setup  ## Measure near-duplicates on the demo's videos, renew docs/audit.md (after `make demo`)
	python -m bench.near --write docs/audit.md $(if $(wildcard ../shared/data/index.csv),--shared ../shared)

bench-sbi: setup  ## Time self-blended images, renew docs/sbi.md
	PYTHONPATH=tests python -m bench.sbi --write docs/sbi.md

bench-split: setup  ## Measure the split of ten million crops: seconds and memory
	python -m bench.split

bench-training: setup  ## Time a training step, the loader and memory, renew docs/training-speed.md
	PYTHONPATH=tests python -m bench.training --write docs/training-speed.md

study: setup  ## Ablations as DVC experiments, renew docs/study.md (after `make demo`)
	python -m bench.study bench/study/study.yaml --write docs/study.md

ablation: setup  ## Every backbone, rate, augmentation and head as DVC experiments, renew docs/study.md
	python -m bench.study bench/study/ablation.yaml --write docs/study.md

real: setup  ## Self-blended images on the real swaps of ../shared/data, renew docs/real-sbi.md
	PYTHONPATH=tests python -m bench.real --shared ../shared --write docs/real-sbi.md

lint: setup  ## Check style and types
	ruff check .
	ruff format --check .
	mypy

format: setup  ## Put the code into shape
	ruff check --fix .
	ruff format .

docs: setup  ## Write the pages that are made from code
	unmask docs

clean:  ## Remove what the pipeline made (the DVC cache and the work cache stay)
	rm -rf data/[0-9]*
