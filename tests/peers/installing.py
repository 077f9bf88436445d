"""Other people's programs, installed by npm or pip into a cache outside the repository, or why they cannot be."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

NPM_SECONDS = 180
PIP_SECONDS = 420


class MissingError(Exception):
    """The program cannot be had here, and why."""


def cache(name: str) -> Path:
    """Return the folder of a program in the user's cache; it need not exist yet."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "countersign" / name


def npm_install(home: Path, package: str) -> None:
    """Install an npm package into a folder, without running its scripts. Raises MissingError."""
    npm = _tool("npm")
    home.mkdir(parents=True, exist_ok=True)
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
    _run([npm, "install", "--prefix", str(home), *quiet, package], NPM_SECONDS, package)


def pip_install(home: Path, package: str) -> None:
    """Install a Python package into a virtual environment of its own, made here. Raises MissingError."""
    python = home / "bin" / "python"
    uv = shutil.which("uv")
    if uv is not None:
        _run([uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(home)], 60, package)
        _run([uv, "pip", "install", "--quiet", "--python", str(python), package], PIP_SECONDS, package)
        return
    _run([sys.executable, "-m", "venv", str(home)], 60, package)
    _run([str(python), "-m", "pip", "install", "--quiet", package], PIP_SECONDS, package)


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise MissingError(f"{name} is not installed")
    return found


def _run(line: Sequence[str], seconds: int, package: str) -> None:
    try:
        done = subprocess.run(line, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise MissingError(f"{Path(line[0]).name} did not install {package} within {seconds} s") from None
    if done.returncode:
        reason = next(iter(done.stderr.splitlines()), f"exit code {done.returncode}")
        raise MissingError(f"{Path(line[0]).name} could not install {package}: {reason}")
