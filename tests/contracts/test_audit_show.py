"""`audit show` and `audit search` on a real database: entries in words, what was erased, what proves them."""

import json
import sqlite3
from collections.abc import AsyncIterator

import pytest

from bot.domain.entry import new_ulid
from tests.contracts.audit_house import NOW, House, entry, open_house
from tests.contracts.test_audit_export import Run, run  # noqa: F401 (a fixture)

ID = new_ulid(NOW)


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """Give a trail of eight entries: of two changes, one with two texts, one of which was erased."""
    async with open_house(database_url) as opened:
        requested = {
            "revision": 1,
            "kind": "scale",
            "owner": "U0OTTO",
            "ticket": "OPS-1",
            "expected_cost": "none",
            "validation_signal": "none",
        }
        texts = {"reason": "The queue\x1b[31m is long.", "rollback_plan": "Back."}
        await opened.append(entry(data=requested, disclosures=texts, id_=ID))
        await opened.append(*[entry("clock.skew", f"CHG-{n % 2 + 1}") for n in range(6)])
        await opened.run("DELETE FROM {}audit_disclosure WHERE path = 'rollback_plan'")
        yield opened


def test_an_entry_is_shown_in_words_with_its_proof(house: House, run: Run) -> None:  # noqa: F811
    said = run("show", "1", "--database", house.url, "--vkey", house.vkey)
    assert said.code == 0
    for line in (
        "Entry 1 of shard 0",
        "what      requested CHG-1: scale, owner <@U0OTTO>, ticket OPS-1",
        "when      2026-11-22 09:01:00 UTC by the log's own clock",
        "change    CHG-1, its entry 0",
        "rollback_plan withheld (erased, or sealed by a key that is not here)",
        f"id        {ID}",
        "under the checkpoint of size 8, root ",
        "(signed by a key you trust)",
    ):
        assert line in said.out
    assert "The queue" in said.out
    assert "\x1b" not in said.out
    assert "Nothing was recorded" in said.err


def test_an_entry_is_named_by_number_id_and_change(house: House, run: Run) -> None:  # noqa: F811
    def seqs(*words: str) -> list[int]:
        said = run("show", *words, "--json", "--database", house.url, "--vkey", house.vkey)
        return [each["seq"] for each in json.loads(said.out)["entries"]]

    assert seqs("1") == seqs("0/1") == seqs(ID.lower()) == [1]
    assert seqs("chg-1") == [1, 2, 4, 6]
    (shown,) = json.loads(run("show", "1", "--json", "--database", house.url).out)["entries"]
    assert shown["texts"]["rollback_plan"] is None
    assert shown["included"]["checked"] is False
    for name, happened in (
        ("99", "holds no entry 99"),
        ("x", "names no entry"),
        ("CHG-9", "holds no entry CHG-9"),
    ):
        said = run("show", name, "--database", house.url, "--vkey", house.vkey)
        assert (said.code, said.out) == (2, "")
        assert happened in said.err


def test_an_entry_that_was_edited_is_not_shown_as_if_it_were_whole(
    house: House,
    run: Run,  # noqa: F811
) -> None:
    other = run("show", "1", "--database", house.url, "--vkey", "other.example+00000000+AAAA")
    assert other.code == 2
    if not house.inside:
        database = sqlite3.connect(house.url.removeprefix("sqlite:///"))
        for (name,) in list(database.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")):
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE audit_entry SET body = replace(body, 'OPS-1', 'OPS-2') WHERE seq = 1")
        database.commit()
        database.close()
        said = run("show", "1", "--database", house.url, "--vkey", house.vkey)
        assert (said.code, said.out) == (1, "")
        assert "is not in the signed log" in said.err


def test_a_search_goes_on_page_by_page_and_names_what_it_needs(house: House, run: Run) -> None:  # noqa: F811
    words = ("search", "type:clock.*", "--limit", "4", "--database", house.url)
    first = run(*words)
    lines = first.out.splitlines()
    assert [line.split()[0] for line in lines[:4]] == ["0/7", "0/6", "0/5", "0/4"]
    assert "U1 found that the clock had gone back  [clock.skew]" in lines[0]
    assert lines[4] == "More: add --after 0.4"
    second = json.loads(run(*words, "--after", "0.4", "--json").out)
    assert ([each["seq"] for each in second["entries"]], second["after"]) == ([3, 2], "")
    assert run("search", "actor:U9", "--database", house.url).out == "No entry fits.\n"
    alias = run("search", "target:triage-prod", "--database", house.url)
    assert (alias.code, "COUNTERSIGN_CONFIG" in alias.err) == (2, True)
