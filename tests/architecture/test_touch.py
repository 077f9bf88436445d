"""Who alone may touch what: libraries, the environment, the clock, processes, `commit()`, logging."""

import ast
import sys
from collections.abc import Iterator, Mapping

import pytest

from tests.architecture.house import ROOMS, Module, imports_of, modules, names_in

# Library -> the rooms that may import it. A library that is not listed may be imported nowhere.
LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "aiohttp": ("bot.slack", "bot.anchors.witness", "handlers.web", "sandbox"),
    "aiosqlite": ("storage",),
    "alembic": ("storage",),
    "azure": ("bot.azure",),
    "cryptography": ("bot.domain.note", "handlers.web.entra", "storage"),
    "procrastinate": ("storage",),
    "prometheus_client": ("handlers.web",),
    "psycopg": ("storage",),
    "pydantic": ("handlers", "storage"),
    "pydantic_settings": ("handlers.settings",),
    "requests": ("bot.azure",),
    "rfc8785": ("bot.domain", "storage"),
    "slack_bolt": ("handlers.slack_app",),
    "resvg_py": ("bot.slack.picture",),
    "slack_sdk": ("bot.slack",),
    "sqlalchemy": ("storage",),
    "sqlmodel": ("storage",),
    "structlog": ("bot.azure", "bot.slack", "handlers", "storage"),
    "typer": ("handlers.cli",),
    # Not libraries, but the same question:
    "logging": ("bot.azure", "bot.slack", "handlers", "sandbox", "storage"),
    "storage.tables": ("storage",),
}
# Name in the code -> the modules that may write it.
CLOCKS = ("handlers.clock", "sandbox.clock")
ENVIRONMENT = ("handlers.settings", "handlers.cli.demo", "sandbox.__main__", "sandbox.story.__main__")
NAMES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("datetime.now", "datetime.utcnow", "datetime.today", "date.today"), CLOCKS),
    **dict.fromkeys(("time.time", "time.time_ns"), CLOCKS),
    **dict.fromkeys(("os.environ", "os.environb", "os.getenv", "os.putenv"), ENVIRONMENT),
    **dict.fromkeys(("eval", "exec", "compile", "__import__", "os.system", "os.popen"), ()),
    **dict.fromkeys(("pickle", "marshal", "shelve", "multiprocessing", "unittest.mock", "os.fork"), ()),
    **dict.fromkeys(("subprocess", "asyncio.create_subprocess_exec"), ("handlers.cli.demo",)),
    "asyncio.create_subprocess_shell": (),
}
SYNCHRONOUS = ("bot.domain", "bot.changes", "bot.render")
PURE = ("bot.domain", "bot.changes", "bot.render", "bot.usecases", "bot.evidence", "bot.ports")


def forbidden_libraries(module: Module) -> Iterator[str]:
    """Say every import of a library in a room that may not have it."""
    for name, line in imports_of(module):
        root = name.partition(".")[0]
        key = next((key for key in LIBRARIES if f"{name}.".startswith(f"{key}.")), root)
        allowed = LIBRARIES.get(key)
        if allowed is None and (root in ROOMS or root in sys.stdlib_module_names):
            continue
        if not module.is_in(*(allowed or ())):
            yield f"{module.path}:{line} imports {name}; allowed in {allowed or 'no room'}"


def forbidden_names(module: Module) -> Iterator[str]:
    """Say every use of a name that belongs to another module, whether written out or imported."""
    for name, line in (*names_in(module), *imports_of(module)):
        for banned, allowed in NAMES.items():
            written = name == banned or name.startswith(f"{banned}.") or name.endswith(f".datetime.{banned}")
            is_ours = name in (f"datetime.{banned}", banned) or written
            if is_ours and not module.is_in(*allowed):
                yield f"{module.path}:{line} uses {name}; allowed in {allowed or 'no module'}"


def commits(module: Module) -> Iterator[str]:
    """Say every call of a `commit()` outside the archive."""
    for name, line in names_in(module):
        if name.endswith(".commit") and not module.is_in("storage"):
            yield f"{module.path}:{line} {name}: only Archive.transaction() commits"


def awaits(module: Module) -> Iterator[str]:
    """Say every coroutine in the synchronous part of the mind."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.AsyncFunctionDef | ast.Await) and module.is_in(*SYNCHRONOUS):
            yield f"{module.path}:{node.lineno} awaits; {', '.join(SYNCHRONOUS)} are synchronous"


def sleeps(module: Module) -> Iterator[str]:
    """Say every sleep in the mind: it returns values, others wait."""
    for name, line in (*names_in(module), *imports_of(module)):
        if name in ("time.sleep", "asyncio.sleep") and module.is_in(*PURE):
            yield f"{module.path}:{line} uses {name}; the mind never sleeps"


def globs(module: Module) -> Iterator[str]:
    """Say every `import *`, which hides from all other rules."""
    for name, line in imports_of(module):
        if name.endswith(".*"):
            yield f"{module.path}:{line} imports {name}"


CHECKS = (forbidden_libraries, forbidden_names, commits, awaits, sleeps, globs)


def complaints(module: Module) -> list[str]:
    """Everything the rules of this file say about one module."""
    return [line for check in CHECKS for line in check(module)]


@pytest.mark.threat(16)
@pytest.mark.asvs("1.2.5")
@pytest.mark.parametrize("room", ROOMS)
def test_a_room_touches_only_what_is_its_own(room: str) -> None:
    assert [line for module in modules(room) for line in complaints(module)] == []


def test_nothing_anywhere_uses_a_mock() -> None:
    places = modules("tests", "bench", *ROOMS)
    mocks = [
        f"{module.path}:{line}"
        for module in places
        for name, line in imports_of(module)
        if name.startswith(("unittest.mock", "mock", "pytest_mock"))
    ]
    assert mocks == []


BROKEN = [
    ("bot.render.card", "import azure.identity"),
    ("bot.render.card", "from slack_sdk.models import blocks"),
    ("bot.azure.reader", "import somelibrary"),
    ("handlers.commands.status", "from slack_bolt.async_app import AsyncApp"),
    ("handlers.wiring", "from sqlalchemy import select"),
    ("handlers.wiring", "from storage.tables import Job"),
    ("handlers.wiring", "from storage import tables"),
    ("handlers.wiring", "import aiohttp.web"),
    ("bot.domain.change", "import pydantic"),
    ("bot.domain.merkle", "from cryptography.hazmat import primitives"),
    ("bot.usecases.approve_change", "import logging"),
    ("bot.usecases.approve_change", "import structlog"),
    ("bot.usecases.approve_change", "from time import time"),
    ("storage.archive", "from datetime import datetime\nnow = datetime.now()"),
    ("storage.archive", "import datetime\nnow = datetime.datetime.now(datetime.UTC)"),
    ("storage.archive", "import datetime\nnow = datetime.date.today()"),
    ("sandbox.azure.server", "import time\nclock = time.time"),
    ("handlers.wiring", "import os\nvalue = os.environ['X']"),
    ("handlers.wiring", "from os import environ"),
    ("handlers.wiring", "import os\nvalue = os.getenv('X')"),
    ("handlers.wiring", "import subprocess"),
    ("handlers.wiring", "import asyncio\nrun = asyncio.create_subprocess_exec"),
    ("handlers.cli.demo", "import os\nos.system('ls')"),
    ("handlers.cli.demo", "value = eval('1')"),
    ("storage.archive", "import pickle"),
    ("storage.archive", "exec('x = 1')"),
    ("handlers.views.decide", "async def f(s):\n    await s.commit()"),
    ("bot.domain.change", "async def f(): ..."),
    ("bot.usecases.approve_change", "from asyncio import sleep"),
    ("bot.domain.change", "from bot.domain.policy import *"),
]


@pytest.mark.parametrize(("name", "text"), BROKEN)
def test_a_broken_rule_is_seen(name: str, text: str) -> None:
    assert complaints(Module(name, f"{name.replace('.', '/')}.py", text)) != []


ALLOWED = [
    ("bot.azure.reader", "from azure.core import exceptions"),
    ("storage.engine", "from sqlalchemy.ext.asyncio import create_async_engine"),
    ("handlers.clock", "from datetime import datetime, UTC\nnow = datetime.now(UTC)"),
    ("handlers.settings", "import os\nvalue = os.environ.get('X')"),
    ("bot.usecases.approve_change", "def f(clock):\n    return clock.now()"),
    ("bot.domain.change", "import re\npattern = re.compile('x')"),
    ("bot.domain.change", "from datetime import datetime\nmoment = datetime.fromtimestamp(0)"),
]


@pytest.mark.parametrize(("name", "text"), ALLOWED)
def test_what_is_allowed_is_left_alone(name: str, text: str) -> None:
    assert complaints(Module(name, f"{name.replace('.', '/')}.py", text)) == []
