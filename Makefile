# Everything on a fresh machine with Python 3.11 to 3.13: `make demo`, `make test`.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEMO ?= demo

.PHONY: demo test test-real test-slow test-live lint types check lock built-in clean

demo: $(STAMP)
	PATH="$(CURDIR)/$(BIN):$$PATH" bash examples/demo.sh "$(DEMO)"

test: $(STAMP)
	$(BIN)/python -m pytest -m "not real and not slow and not live" -n 2 --dist loadfile

# The real peaks: DLG_TEST_DATA names the folder that holds tf_peaks/ and basenji/ (see README.md).
test-real: $(STAMP)
	$(BIN)/python -m pytest -m real

test-slow: $(STAMP)
	$(BIN)/python -m pytest -m slow

# The real Hugging Face Hub, for machines with internet.
test-live: $(STAMP)
	$(BIN)/python -m pytest -m live

lint: $(STAMP)
	$(BIN)/ruff check .

types: $(STAMP)
	$(BIN)/mypy

check: lint types test

# Names, versions and hashes of everything that is installed; names no host.
$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	touch $@

lock:
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate --upgrade -o requirements.lock

# The trained package that the wheel carries.
built-in: $(STAMP)
	PATH="$(CURDIR)/$(BIN):$$PATH" bash zoo/build_packages.sh

clean:
	rm -rf $(VENV) $(DEMO) build dist
