"""The trail that is attacked, on each kind of database, and copies of it to play on."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from bot.domain.note import Signer
from tests.architecture.house import ROOT
from tests.contracts.audit_house import NOW, ORIGIN, entry, installed
from tests.contracts.catalogue import APP_ROLE, POSTGRES, Place, stage_of

_NUMBERS = count(1)
SKEY, VKEY = Signer.generate(ORIGIN)


def address(server: str, database: str, user: str = "") -> str:
    """Return the address of a database of a server, for another user if one is named."""
    before, _, after = server.partition("?")
    start = before.rsplit("/", 1)[0]
    if user:
        scheme, _, rest = start.partition("://")
        start = f"{scheme}://{user}@{rest.rpartition('@')[2]}"
    return f"{start}/{database}" + (f"?{after}" if after else "")


@pytest.fixture(scope="session")
def sqlite_trail(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a file with the trail that is attacked."""
    path = tmp_path_factory.mktemp("catalogue") / "trail.db"
    asyncio.run(filled(f"sqlite:///{path}", SKEY, VKEY))
    return path


@pytest.fixture(scope="session")
def postgres_trail(postgres_server: str) -> Iterator[str]:
    """Give the name of a database with the trail that is attacked, and the app role's rights in it."""
    name = f"catalogue_{os.getpid()}"
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        admin.execute(SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(Identifier(name)))
    url = address(postgres_server, name)
    asyncio.run(filled(url, SKEY, VKEY))
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute((ROOT / "deploy" / "app_role.sql").read_bytes())
    yield name
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@pytest.fixture
def place(request: pytest.FixtureRequest, dialect: str, tmp_path: Path) -> Iterator[Place]:
    """Give a database of the kind named by the test's `dialect`, a copy of the trail that is attacked."""
    if dialect != POSTGRES:
        copy = tmp_path / "trail.db"
        shutil.copy(request.getfixturevalue("sqlite_trail"), copy)
        yield Place(dialect, f"sqlite:///{copy}", "", "", tmp_path, SKEY, VKEY)
        return
    server = request.getfixturevalue("postgres_server")
    template = Identifier(request.getfixturevalue("postgres_trail"))
    name = f"attacked_{os.getpid()}_{next(_NUMBERS)}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), template))
    yield Place(dialect, address(server, name), address(server, name, APP_ROLE), server, tmp_path, SKEY, VKEY)
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


async def filled(url: str, skey: str, vkey: str) -> None:
    """Write the trail that is attacked: eleven entries, signed at sizes 1, 2, 4, 6, 8, 9 and 11.

    Beside it the row that says that size 9 was anchored.
    """
    async with stage_of(Place(url.split(":", maxsplit=1)[0], url, "", "", Path(), skey, vkey)) as stage:
        house = stage.house
        house.minutes = 0
        await installed(house.engine)
        async with house.engine.begin() as connection:
            await house.ledger.open_log(connection, NOW)
        house.ledger.committed(connection)
        texts = {"reason": "because", "who": "Ines"}
        await house.append(entry(data={"cost": 1, "name": "André"}, disclosures=texts))
        for kind in ("change.planned", "change.approved", "change.execution.started"):
            await house.append(entry(kind), entry(change="CHG-2"))
        await house.append(entry("writer.started", change=""))
        await house.append(entry("change.closed"), entry("change.withdrawn", change="CHG-2"))
        anchored = (
            "INSERT INTO {}audit_anchor(shard, size, kind, ref, at) VALUES (0, 9, 'file', 'line 1', 't')"
        )
        await house.run(anchored)
