# One task runner for people and for CI.
PYTHON ?= python3
BIN := .venv/bin
SETUP := tests/setup
# Beside the one that .venv has.
PYTHONS ?= 3.11 3.12 3.13 3.14

.PHONY: demo test check docs kernel engines soak bench clean

demo: .venv/all.stamp
	$(BIN)/hitgen build batches/demo
	$(BIN)/hitgen build batches/compare-demo
	@echo "Open batches/demo/build/pages/p0001.html in Chrome, or run: $(BIN)/hitgen preview batches/demo"

# Python keeps what it compiles, for all the processes that tests start.
test: export PYTHONDONTWRITEBYTECODE =
test: .venv/dev.stamp engines
	$(BIN)/python -m pytest -q -n 4 --dist loadfile --no-loadscope-reorder -m "not soak and not timing"
	$(BIN)/python -m pytest -q -m "timing and not soak" $$(grep -rl --include='test_*.py' pytest.mark.timing tests)

check: .venv/dev.stamp node_modules/.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/npx --no-install eslint assets
	$(BIN)/npx --no-install tsc

docs: .venv/dev.stamp
	$(BIN)/python -m tests.generated

# The one version of the compiler that pyproject.toml names: the same bytes everywhere.
kernel: .venv/dev.stamp
	$(BIN)/python -m tests.kernel

engines:
	bash $(SETUP)/chromium.sh
	bash $(SETUP)/engines.sh

pythons: .venv/dev.stamp
	bash $(SETUP)/pythons.sh $(PYTHONS)

soak: .venv/dev.stamp engines
	$(BIN)/python -m pytest -q -m soak

bench: .venv/dev.stamp
	bash $(SETUP)/chromium.sh
	bash $(SETUP)/cjpeg.sh
	$(BIN)/python -m tests.bench $(PARTS)

.venv/bin/python:
	bash $(SETUP)/venv.sh $(PYTHON)

.venv/all.stamp: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[all]"
	touch $@

.venv/dev.stamp: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@ .venv/all.stamp

node_modules/.stamp: .venv/dev.stamp package-lock.json
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm ci --silent --no-audit --no-fund
	touch $@

clean:
	rm -rf .venv .venv-* node_modules batches/*/build batches/*/cache
