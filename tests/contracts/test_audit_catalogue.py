"""The catalogue of attacks on the trail, each done for real: what refuses it, and what finds it once it was done."""

from collections.abc import Sequence

import pytest

from bot.domain.errors import CountersignError
from tests.architecture.house import ROOT
from tests.contracts.audit_house import entry
from tests.contracts.catalogue import BOTH, Attack, Place, codes, stage_of
from tests.contracts.catalogue_anchors import anchored, found_with, newer, older
from tests.contracts.catalogue_table import ATTACKS, BEGIN, END, TITLES, page_part
from tests.contracts.fixtures_catalogue import place, postgres_trail, sqlite_trail

__all__ = ["place", "postgres_trail", "sqlite_trail"]


def played(attacks: Sequence[Attack]) -> list[object]:
    """Return each attack on each kind of database that it is for."""
    return [
        pytest.param(each, dialect, id=f"{each}-{dialect}")
        for each in attacks
        for dialect in BOTH
        if dialect in each.on
    ]


@pytest.mark.threat(25)
@pytest.mark.asvs("16.4.2")
@pytest.mark.parametrize(("attack", "dialect"), played(ATTACKS))
async def test_an_attack_is_refused_as_it_is_said_and_found_by_its_codes(
    attack: Attack, place: Place
) -> None:
    async with stage_of(place) as stage:
        if attack.before is not None:
            await attack.before(stage)
        if attack.newer is not None:
            await anchored(stage)
        statements = await attack.statements(stage)
        refused = bool(statements) and stage.is_refused(statements)
        assert refused == (bool(statements) and place.dialect in attack.refused)
        elsewhere: str | None = None
        if refused or not statements:
            assert codes(stage.verified()) == ""
            elsewhere = await attack.work(stage)
        found = codes(stage.verified())
        assert (found if elsewhere is None else f"{elsewhere}{found}") == attack.found
        for anchor, expected in ((older(stage), attack.older), (newer(stage), attack.newer)):
            assert expected is None or await found_with(stage, anchor) == expected
        if attack.stops:
            with pytest.raises(CountersignError, match=attack.stops):
                await stage.house.append(entry())


@pytest.mark.parametrize("dialect", BOTH)
async def test_nothing_is_found_in_the_trail_that_nobody_attacked(place: Place) -> None:
    async with stage_of(place) as stage:
        await anchored(stage)
        assert [await found_with(stage, anchor) for anchor in (older(stage), newer(stage))] == ["", ""]
        report = stage.verified()
        assert (report.findings, report.ok, report.size) == ((), True, 11)
        await stage.house.append(entry())
        assert codes(stage.verified()) == ""


def test_every_number_of_the_catalogue_is_played() -> None:
    assert len(TITLES) == 54
    assert sorted({each.number for each in ATTACKS}) == list(range(1, 55))


def test_the_page_of_attacks_says_what_the_table_does(request: pytest.FixtureRequest) -> None:
    page = ROOT / "docs" / "attacks.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    said, _, after = rest.partition(END)
    made = f"\n\n{page_part()}\n\n"
    if request.config.getoption("--golden-update"):
        page.write_text(f"{before}{BEGIN}{made}{END}{after}", encoding="utf-8")
    else:
        assert said == made, "look at `pytest --golden-update` of this file and at the difference it makes"
