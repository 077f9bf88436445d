"""Prism (npm `@stoplight/prism-cli`), which holds requests and answers against a published description."""

import asyncio
import json
import os
import re
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web

from tests.peers.installing import MissingError, cache, npm_install
from tests.peers.program import end, end_with_parent

PACKAGE, VERSION = "@stoplight/prism-cli", "5.16.0"
START_SECONDS = 60.0
_OWN = frozenset({"host", "content-length", "transfer-encoding", "content-encoding", "connection"})


@dataclass(frozen=True)
class Prism:
    """Where node is, and prism's own file, which node runs itself: ending npx would leave node behind."""

    node: Path
    file: Path


def fetch() -> Prism:
    """Return prism, installed by npm into a cache outside the repository. Raises MissingError."""
    node = shutil.which("node")
    if node is None:
        raise MissingError("node is not installed")
    home = cache(f"prism-cli-{VERSION}")
    file = home / "node_modules" / PACKAGE / "dist" / "index.js"
    if not file.exists():
        npm_install(home, f"{PACKAGE}@{VERSION}")
    return Prism(Path(node), file)


@asynccontextmanager
async def running(prism: Prism, document: Path, folder: Path, upstream: str = "") -> AsyncIterator["Witness"]:
    """Run prism, before `upstream` or answering by itself, and give the witness that stands before it."""
    mode = ["proxy", str(document), upstream] if upstream else ["mock", str(document)]
    process = await asyncio.create_subprocess_exec(
        prism.node, prism.file, *mode, "--port", "0", "--host", "127.0.0.1", "--errors",
        cwd=folder, env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        preexec_fn=end_with_parent,
    )  # fmt: skip
    try:
        async with witnessing(await _address(process)) as witness:
            drain = asyncio.create_task(_drain(process))
            yield witness
            drain.cancel()
    finally:
        await end(process)


async def _address(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(START_SECONDS):
        while line := (await process.stdout.readline()).decode():
            said += line
            if found := re.search(r"listening on (http://127\.0\.0\.1:\d+)", line):
                return found[1]
    raise AssertionError(f"prism did not start:\n{said[-2000:]}")


async def _drain(process: asyncio.subprocess.Process) -> None:
    """Read what prism says, so that it never waits for a reader."""
    assert process.stdout is not None
    while await process.stdout.read(65536):
        pass


@dataclass(frozen=True)
class Passed:
    """One exchange: what was asked, what came back, and what prism holds against it."""

    method: str
    path: str
    status: int
    violations: Sequence[Any]


@dataclass
class Witness:
    """Passes everything on to prism and remembers what prism said of it."""

    upstream: str
    session: ClientSession
    url: str = ""
    passed: list[Passed] = field(default_factory=list)

    @property
    def violations(self) -> list[Passed]:
        """Return the exchanges that prism holds something against, or could not place."""
        return [each for each in self.passed if each.violations]

    async def handle(self, request: web.Request) -> web.Response:
        """Pass one request on, whole."""
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OWN}
        headers["Host"] = request.host
        body = await request.read()
        url = self.upstream + request.raw_path
        async with self.session.request(
            request.method, url, headers=headers, data=body or None, allow_redirects=False
        ) as answer:
            said = await answer.read()
            found = _violations(answer.headers.get("sl-violations", ""), answer.content_type, said)
            self.passed.append(Passed(request.method, request.path, answer.status, found))
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in _OWN}
            return web.Response(status=answer.status, body=said, headers=kept)


@asynccontextmanager
async def witnessing(upstream: str) -> AsyncIterator[Witness]:
    """Stand before prism on a free loopback port."""
    async with ClientSession(auto_decompress=True) as session:
        witness = Witness(upstream, session)
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", witness.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            witness.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield witness
        finally:
            await runner.cleanup()


def _violations(header: str, media: str, body: bytes) -> Sequence[Any]:
    if header:
        found: Sequence[Any] = json.loads(header)
        return found
    if media == "application/problem+json":
        problem = json.loads(body)
        return problem.get("validation") or [{"message": problem.get("title"), "type": problem.get("type")}]
    return []
