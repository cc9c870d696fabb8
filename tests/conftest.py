"""What tests of several rooms share: the ecosystems' own tools, put in place once."""

import fcntl
import signal
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent / "support"))


def pytest_configure() -> None:
    """Let signals mean what they do in a terminal: a run in the background or below ``nohup`` inherits that some are ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture(scope="session")
def portage_python() -> str:
    """Return a Python that has Gentoo's portage, installed once beside the running environment; skip by name without it."""
    home = Path(sys.prefix) / "oracles" / "portage"
    python = home / "bin" / "python"
    if (home / "ready").exists():
        return str(python)
    try:
        home.parent.mkdir(exist_ok=True)
        with (home.parent / "portage.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (home / "ready").exists():
                subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True, capture_output=True)
                pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "portage"]
                subprocess.run(pip, check=True, capture_output=True, timeout=300)
                (home / "ready").touch()
    except (OSError, subprocess.SubprocessError) as fault:
        pytest.skip(f"portage cannot be installed from the Python package index: {fault}")
    return str(python)
