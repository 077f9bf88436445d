"""`local-slack`, a pretended Slack written elsewhere (npm, MIT): fetched and started.

It binds every interface of the machine (it has no option for less), and its `/_control` asks for no token:
whoever can reach the machine can click in this workspace while the test runs. So its secrets are made for each
run, its port is any free one, it holds nothing but made-up people, and the kernel ends it with its parent.
"""

import asyncio
import ctypes
import hashlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

PACKAGE, VERSION = "local-slack-linux-x64", "0.1.8"
SHA256 = "3332007b797969d835f694b463ac526f7ef1fc66afac93f950f585105fe4815f"
INSTALL_SECONDS = 180
START_SECONDS = 20.0


class MissingError(Exception):
    """local-slack cannot be had here, and why."""


def fetch() -> Path:
    """Return the program, installed by npm into a cache outside the repository. Raises MissingError."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise MissingError(f"{PACKAGE} does not run on {platform.system()} {platform.machine()}")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = cache / "countersign" / f"{PACKAGE}-{VERSION}"
    program = home / "node_modules" / PACKAGE / "bin" / "local-slack"
    if not program.exists():
        _install(home)
    found = hashlib.sha256(program.read_bytes()).hexdigest()
    assert found == SHA256, f"{program} is not the program this was written for: remove it and look"
    return program


def _install(home: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise MissingError("npm is not installed")
    home.mkdir(parents=True, exist_ok=True)
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
    line = [npm, "install", "--prefix", str(home), *quiet, f"{PACKAGE}@{VERSION}"]
    try:
        done = subprocess.run(line, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise MissingError(f"npm did not install {PACKAGE} within {INSTALL_SECONDS} s") from None
    if done.returncode:
        reason = next(iter(done.stderr.splitlines()), f"exit code {done.returncode}")
        raise MissingError(f"npm could not install {PACKAGE}: {reason}")


@asynccontextmanager
async def running(program: Path, config: Mapping[str, Any], folder: Path) -> AsyncIterator[str]:
    """Run it with a configuration on any free port and give its address; it is gone at the end."""
    path = folder / "local-slack.json"
    path.write_text(json.dumps(config))
    process = await asyncio.create_subprocess_exec(
        program, "--config", path, "--port", "0", "--base-host", "127.0.0.1",
        cwd=folder, env={"PATH": os.environ["PATH"], "TMPDIR": str(folder)},
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        preexec_fn=_end_with_parent,
    )  # fmt: skip
    try:
        yield await _address(process)
    finally:
        await _end(process)


def _end_with_parent() -> None:
    """Ask the kernel to end this process with the one that started it, however that one ends."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(START_SECONDS):
        while line := (await process.stdout.readline()).decode():
            said += line
            if found := re.search(r"Control API:\s+(http://127\.0\.0\.1:\d+)/_control", line):
                return found[1]
    raise AssertionError(f"local-slack did not start:\n{said}")


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(5):
            await process.communicate()
    except TimeoutError:
        process.kill()
        await process.communicate()
