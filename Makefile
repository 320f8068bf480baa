# Every target makes .venv and installs what it needs, when it is missing or out of date.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DOCS := $(VENV)/.docs
CONSTRAINTS ?= -c constraints.txt
OUT ?= out
# two processes side by side get one thread each: with two threads each, a training step is ten times slower
ONE_THREAD := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 NUMBA_NUM_THREADS=1

.PHONY: help notebooks test lab demo lint types bench stress picture results site package clean

help:  ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

notebooks: $(STAMP)  ## run all notebooks on the synthetic catalogue; report in out/report/index.html
	$(ONE_THREAD) $(BIN)/python -m hrlib.notebooks --jobs 2 --out "$(OUT)"

$(OUT)/report/index.html: $(wildcard notebooks/*.ipynb) | $(STAMP)
	$(ONE_THREAD) $(BIN)/python -m hrlib.notebooks --jobs 2 --out "$(OUT)"

test: lint  ## check the style, run the tests
	$(ONE_THREAD) $(BIN)/python -m pytest -q -n 2 --dist worksteal -m "not stress"

lab: $(STAMP)  ## open the notebooks in JupyterLab
	$(BIN)/jupyter lab --notebook-dir=notebooks

demo: $(STAMP)  ## the visual search as an app, on this machine only; DEMO="-p dataset=..." for other data
	$(ONE_THREAD) $(BIN)/python -m hrlib.notebooks 11 -p interactive=true $(DEMO) --out "$(OUT)/demo"
	$(ONE_THREAD) $(BIN)/voila --Voila.config_file_paths=docs "$(OUT)/demo/11_visual_search_demo/11_visual_search_demo.ipynb"

lint: $(STAMP)  ## check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

bench: $(STAMP)  ## all benchmarks of speed, each against a peer in the same run, and one table; QUICK=1: only whether they run
	$(BIN)/python benchmarks/run_all.py $(if $(QUICK),--quick) --out "$(OUT)/benchmarks"

types: $(STAMP)  ## check the annotations
	$(BIN)/mypy

stress: $(STAMP)  ## what takes long or is violent
	$(ONE_THREAD) HYPOTHESIS_PROFILE=stress $(BIN)/python -m pytest -q -n 2 -m "stress or not stress" tests

picture: $(STAMP)  ## draw the pictures of the README again
	$(BIN)/python docs/picture.py docs/flat_and_hierarchical.png
	$(BIN)/python docs/explorer.py docs/explorer.png

results: $(STAMP)  ## write the tables of README and index again, from benchmarks/results
	$(BIN)/python -m docs.results

site: $(DOCS) $(OUT)/report/index.html  ## the site, in out/site/html/index.html; runs the notebooks where they have changed since
	$(ONE_THREAD) $(BIN)/python -m docs.make_site --out "$(OUT)/site" --notebooks "$(OUT)"

package: $(STAMP)  ## wheel and sdist in out/dist; the wheel tried in an empty environment
	rm -rf "$(OUT)/dist" "$(OUT)/empty"
	$(BIN)/python -m build --outdir "$(OUT)/dist"
	$(PYTHON) -m venv "$(OUT)/empty"
	"$(OUT)/empty/bin/python" -m pip install --quiet --disable-pip-version-check $(CONSTRAINTS) "$(OUT)"/dist/*.whl
	cd "$(OUT)/empty" && bin/python -c 'import hrlib as hr; print(hr.load("synthetic"), "from", hr.__file__)'

clean:  ## remove .venv and what was made
	rm -rf $(VENV) "$(OUT)" build *.egg-info .pytest_cache .ruff_cache .mypy_cache .hypothesis

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else f"Python {sys.version.split()[0]} is too old: hrlib needs 3.11 or newer; name one with make PYTHON=python3.12 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(CONSTRAINTS) -e ".[notebooks,dev]"
	@touch $(STAMP)

$(DOCS): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(CONSTRAINTS) -e ".[docs]"
	@touch $(DOCS)
