# Set-up, start and checks. Each target does all the set-up it needs; what it installs stays in .venv.
#   make demo    a filled example in the browser          make run    the program itself
#   make init ADMIN=name   makes the database and prints the admin's one-time code
#   make test    the tests (ARGS="tests/rubric -q")       make check  style, types, import contract
#   make bench   the benchmarks                           make lock   resolve the dependencies anew
# PYTHON names the interpreter (3.11 or newer); PIPFLAGS= also allows packages that need compiling.

PYTHON ?= python3
PIPFLAGS ?= --only-binary :all:
ARGS ?=

SHELL := /bin/sh
VENV := .venv
VENV_PYTHON := $(VENV)/bin/python
PACKAGES := bot handlers rubric storage templates

# Hashes are checked for every file; where files come from is pip's own configuration.
# No cache: nothing is written outside the checkout.
INSTALL = $(VENV_PYTHON) -m pip install --quiet --disable-pip-version-check --no-input \
	--no-cache-dir --compile --require-hashes $(PIPFLAGS)
INSTALL_FAILED = '软件包没有装成：请检查网络和 pip 的软件源设置（pip config list），再运行一次。'
# --universal keeps the packages of every platform and Python in one file
LOCK = $(VENV_PYTHON) -m uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-strip-extras --no-header --no-annotate --no-emit-index-url --no-emit-find-links

.PHONY: demo init run test check bench lock clean

demo: $(VENV)/.runtime
	@$(VENV_PYTHON) -m bot demo $(ARGS)

init: $(VENV)/.runtime
	@$(VENV_PYTHON) -m bot init --admin '$(ADMIN)'

run: $(VENV)/.runtime
	@$(VENV_PYTHON) -m bot run $(ARGS)

test: $(VENV)/.dev
	@$(VENV_PYTHON) -m pytest $(ARGS)

check: $(VENV)/.dev
	$(VENV_PYTHON) -m ruff check .
	$(VENV_PYTHON) -m ruff format --check .
	$(VENV_PYTHON) -m mypy
	$(VENV_PYTHON) -c 'from importlinter.cli import lint_imports_command as c; c()' --no-logo

bench: $(VENV)/.dev
	@$(VENV_PYTHON) -m tests.bench $(ARGS)

# UPGRADE=--upgrade takes the newest release of everything
lock: $(VENV)/.dev
	$(LOCK) $(UPGRADE) pyproject.toml --output-file requirements.lock
	$(LOCK) $(UPGRADE) pyproject.toml --group dev --constraints requirements.lock \
		--output-file requirements-dev.lock

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis \
		htmlcov .coverage
	find $(PACKAGES) tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.made:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo '需要 Python 3.11 或更高版本：请先安装（如 apt install python3 python3-venv），或指明解释器，如 make demo PYTHON=python3.12。' >&2; \
		exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo '这个 Python 缺少 venv 模块，无法建立运行环境：请先安装（如 apt install python3-venv），再运行一次。' >&2; \
		exit 1; }
	@"$(PYTHON)" -m venv --clear $(VENV)
	@touch $@

$(VENV)/.runtime: requirements.lock | $(VENV)/.made
	@echo '正在安装运行所需的软件包（只在首次或清单变化时进行）……'
	@$(INSTALL) -r requirements.lock || { echo $(INSTALL_FAILED) >&2; exit 1; }
	@$(VENV_PYTHON) -m compileall -q $(PACKAGES)
	@touch $@

$(VENV)/.dev: requirements-dev.lock | $(VENV)/.made
	@echo '正在安装运行和测试所需的软件包（只在首次或清单变化时进行）……'
	@$(INSTALL) -r requirements-dev.lock || { echo $(INSTALL_FAILED) >&2; exit 1; }
	@$(VENV_PYTHON) -m compileall -q $(PACKAGES)
	@touch $@
	@touch $(VENV)/.runtime
