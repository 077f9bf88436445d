"""The role that the app runs as on Postgres: it can do all of its work, and to the trail only add."""

import asyncio

import psycopg
import pytest

from bot.domain.change import ChangeState
from bot.domain.note import Signer
from storage.audit_schema import TABLES
from storage.audit_verify import verify_log
from storage.engine import migrate
from storage.open import open_archive
from tests.architecture.house import ROOT
from tests.contracts.catalogue import APP_ROLE
from tests.contracts.fixtures_catalogue import address
from tests.contracts.fixtures_storage import (
    ANNA,
    CAUSE,
    ORIGIN,
    StandingClock,
    requested,
    running,
    stored_change,
)


async def test_the_app_role_does_its_work_and_to_the_trail_only_adds(
    postgres_server: str, postgres_url: str
) -> None:
    signer, clock = Signer.parse(Signer.generate(ORIGIN)[0]), StandingClock()
    await migrate(postgres_url, signer, clock=clock, build="test")
    with psycopg.connect(postgres_url, autocommit=True) as owner:
        owner.execute((ROOT / "deploy" / "app_role.sql").read_bytes())
        owner.execute((ROOT / "deploy" / "app_role.sql").read_bytes())
    url = address(postgres_server, postgres_url.partition("?")[0].rpartition("/")[2], APP_ROLE)
    opened = await open_archive(url, signer, ORIGIN, clock=clock, build="test", lock=True)
    try:
        change = await stored_change(opened, ChangeState.PENDING_APPROVAL)
        async with opened.archive.transaction() as tx:
            await tx.record(requested(change), by=ANNA, cause=CAUSE)
            await tx.enqueue("deliver", "one")
        ran = asyncio.Event()

        async def deliver(_: str) -> None:
            ran.set()

        async with running(opened, clock, {"deliver": deliver}), asyncio.timeout(20):
            await ran.wait()
    finally:
        await opened.close()
    assert verify_log(postgres_url, [signer.vkey], deep=True).ok
    with psycopg.connect(url, autocommit=True) as app:
        for table in TABLES:
            for statement in ("DELETE FROM audit.{}", "TRUNCATE audit.{}"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    app.execute(statement.format(table).encode())
