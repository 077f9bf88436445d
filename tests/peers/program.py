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
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from tests.peers.installing import MissingError, cache, npm_install

PACKAGE, VERSION = "local-slack-linux-x64", "0.1.8"
SHA256 = "3332007b797969d835f694b463ac526f7ef1fc66afac93f950f585105fe4815f"
START_SECONDS = 20.0


def fetch() -> Path:
    """Return the program, installed by npm into a cache outside the repository. Raises MissingError."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise MissingError(f"{PACKAGE} does not run on {platform.system()} {platform.machine()}")
    home = cache(f"{PACKAGE}-{VERSION}")
    program = home / "node_modules" / PACKAGE / "bin" / "local-slack"
    if not program.exists():
        npm_install(home, f"{PACKAGE}@{VERSION}")
    found = hashlib.sha256(program.read_bytes()).hexdigest()
    assert found == SHA256, f"{program} is not the program this was written for: remove it and look"
    return program


@asynccontextmanager
async def running(program: Path, config: Mapping[str, Any], folder: Path) -> AsyncIterator[str]:
    """Run it with a configuration on any free port and give its address; it is gone at the end."""
    path = folder / "local-slack.json"
    path.write_text(json.dumps(config))
    process = await asyncio.create_subprocess_exec(
        program, "--config", path, "--port", "0", "--base-host", "127.0.0.1",
        cwd=folder, env={"PATH": os.environ["PATH"], "TMPDIR": str(folder)},
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        preexec_fn=end_with_parent,
    )  # fmt: skip
    try:
        yield await _address(process)
    finally:
        await end(process)


def end_with_parent() -> None:
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


async def end(process: asyncio.subprocess.Process) -> None:
    """End a program: asked first, and then not asked."""
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(5):
            await process.communicate()
    except TimeoutError:
        process.kill()
        await process.communicate()
