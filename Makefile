# `make demo` and `make test` need git, make and Python 3.11 to 3.13; the rest they set up themselves.
#   make setup PYTHON=/path/to/python3.12    chooses the Python
#   make test ARGS="-k captions"             passes arguments to pytest
#   make test WORKERS=4                      test processes at a time: 12 GB of memory for each two

.DEFAULT_GOAL := help
.PHONY: help setup demo figures film notebooks site test faults audit clean

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.requirements-installed
SITE_STAMP := $(VENV)/.site-installed
CANDIDATES := $(PYTHON) python3.13 python3.12 python3.11 python3 python
WORKERS := 2
QUIET := $(if $(MAKE_TERMOUT),,--quiet) # at a terminal, pip shows what it is at
NOTEBOOKS = $(wildcard notebooks/*.ipynb notebooks/solutions/*.ipynb)
# Python keeps what it has compiled, even where the environment forbids it: else each command spends
# 4 s on compiling the 3,500 modules that it imports.
unexport PYTHONDONTWRITEBYTECODE

help:  ## show this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /make \1\t/' | expand -t 16

setup: $(STAMP)  ## create .venv and install what requirements.txt pins (done once)

demo: $(STAMP)  ## turn a few captions into birds, 64 and 256 px: figures/demo.png
	$(BIN)/python generate.py --seed 0 \
	  "a small red bird with black wings and a short beak" \
	  "a bright yellow bird with a black crown" \
	  "this bird is blue with a white belly" \
	  "a small bird with an orange breast and grey wings" \
	  --out figures/demo.png

figures: $(STAMP)  ## make the pictures that the README shows, with the shipped weights
	$(BIN)/python generate.py --seed 0 \
	  "a bright red bird with black wings and a short orange beak" \
	  "a small yellow bird with a black crown" \
	  "this bird is blue with a white belly" \
	  "a small bird with an orange breast and grey wings" \
	  "a large black bird" \
	  "un petit oiseau blanc aux ailes grises" \
	  --out figures/gallery.png
	$(BIN)/python generate.py --seed 0 --weights toy \
	  "a bird with a red crown, blue wings and a yellow belly" \
	  "a green bird with orange wings and a white belly" \
	  "a bird with a purple crown, white wings and a pink belly" \
	  "a large brown bird with yellow wings and a red beak" \
	  "a bird with a black crown, green wings and an orange belly" \
	  "a small pink bird with grey wings and a blue crown" \
	  --out figures/toy_gallery.png
	$(BIN)/python tools/webp.py figures/gallery.png figures/toy_gallery.png
	$(BIN)/python tools/recipes_figure.py figures/recipes.webp
	$(BIN)/python tools/diagrams.py

film: $(STAMP)  ## film the caption studio for the README: figures/studio.gif (needs a Chromium)
	$(BIN)/python tools/studio_gif.py figures/studio.gif

notebooks: $(STAMP)  ## make the notebooks anew from notebooks/scripts
	$(BIN)/python tools/notebooks.py

site: $(SITE_STAMP)  ## run all notebooks and build the site, playground included: book/_build/html
	$(BIN)/python tools/build_site.py

test: $(STAMP)  ## lint, check formatting and types, run all tests and notebooks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/python -m pytest tests $(if $(NOTEBOOKS),--nbmake --nbmake-timeout=600 $(NOTEBOOKS)) \
	  -n $(WORKERS) --durations=10 --durations-min=2 $(ARGS)

faults: $(STAMP)  ## kill, spoil, crowd: the whole campaign, 1 to 2 hours (ARGS="pages" for a part)
	$(BIN)/python tests/faults/campaign.py $(ARGS)

# Checksums are what this repository holds on purpose: long hexadecimal numbers are no secrets here.
audit: $(STAMP)  ## known holes in the installed packages, secrets in the repository (needs the network)
	$(BIN)/python -m venv build/audit
	build/audit/bin/pip install --quiet --disable-pip-version-check pip-audit==2.10.1 detect-secrets==1.5.0
	build/audit/bin/pip-audit --progress-spinner off --path $(VENV)/lib/python*/site-packages
	git ls-files -z | xargs -0 build/audit/bin/detect-secrets-hook --disable-plugin HexHighEntropyString

clean:  ## remove .venv and caches; runs/ and data/ stay
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The first candidate that is Python 3.11 to 3.13 and can make an environment with pip in it.
# A .venv that is already here is adopted.
$(BIN)/python:
	@for python in $(CANDIDATES); do \
	  "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null || continue; \
	  found="$$python"; \
	  "$$python" -c 'import ensurepip, venv' 2>/dev/null || continue; \
	  echo "Creating $(VENV) with $$("$$python" --version) ..."; \
	  "$$python" -m venv $(VENV) && exit 0; \
	  rm -rf $(VENV); exit 1; \
	done; \
	if [ -n "$$found" ]; then \
	  version=$$("$$found" -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	  echo "make: Python $$version is here without its venv module; on Debian or Ubuntu: sudo apt-get install python$$version-venv, then try again." >&2; \
	else \
	  echo "make: no Python 3.11, 3.12 or 3.13 found; install one, or name it: make setup PYTHON=/path/to/python3.12" >&2; \
	fi; \
	exit 1

# The stamp is newer than the files it was made from: a second `make` does nothing, and a changed
# pin installs again. Of 3 GB little is ever imported: pip compiles nothing, a first bird compiles it.
$(STAMP): requirements.txt pyproject.toml | $(BIN)/python
	@$(BIN)/python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	  || { echo "make: $(VENV) holds a Python outside 3.11 to 3.13; run 'make clean' and try again." >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip
	@echo "Installing requirements.txt into $(VENV): 3 GB, 1 to 4 minutes the first time ..."
	@$(BIN)/python -m pip install $(QUIET) --disable-pip-version-check --no-compile -r requirements.txt
	@$(BIN)/python -c "import t2i_utils; t2i_utils.generate('a red bird')"
	@touch $@
	@echo "Ready. To use it in this shell: source $(BIN)/activate"

# With `evaluation`: its network judges in notebooks 05 and 07, and not the teacher's.
$(SITE_STAMP): $(STAMP) Makefile
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[site,evaluation]"
	@touch $@
