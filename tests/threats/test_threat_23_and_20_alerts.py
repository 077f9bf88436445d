"""Threats 20 and 23: what must not stay unseen is a figure, and a rule of deploy/ watches it."""

import re
from datetime import timedelta

import pytest

from bot.domain.change import ChangeState
from handlers.web.metrics import Now, new_metrics
from storage.figures import read_figures
from tests.contracts.fixtures_storage import NOW, opened_archives, stored_change
from tests.threats.alerting import fires, rules
from tests.unit.test_metrics import LABELS


@pytest.mark.threat(23)
@pytest.mark.asvs("16.3.3")
def test_every_metric_an_alert_watches_is_one_that_is_exported() -> None:
    for alert, rule in rules().items():
        watched = set(re.findall(r"countersign_\w+", rule["expr"]))
        assert watched, alert
        assert {re.sub(r"_(bucket|sum|count)$", "", name) for name in watched} <= set(LABELS), alert
        assert {"summary", "next_step"} <= set(rule["annotations"]), alert


@pytest.mark.threat(23)
@pytest.mark.asvs("16.3.3")
async def test_the_alert_fires_when_a_review_is_a_day_and_an_hour_old_and_not_before(sqlite_url: str) -> None:
    async with opened_archives(sqlite_url) as archives:
        broken = await stored_change(archives.opened, ChangeState.PENDING_APPROVAL)
        due = NOW + timedelta(hours=24)
        async with archives.opened.archive.transaction() as tx:
            assert await tx.mark(broken, broke_glass_by="U0BERT", review_due_at=due) is not None
        said = {}
        for hours in (23, 25):
            figures = await read_figures(archives.opened.database, NOW + timedelta(hours=hours))
            said[hours] = fires("CountersignGlassUnreviewed", new_metrics("1").text(Now(figures=figures)))
        async with archives.opened.archive.transaction() as tx:
            marked = await tx.mark(await tx.change(broken.number), reviewed_by="U0OLGA")
        assert marked is not None
        after = await read_figures(archives.opened.database, NOW + timedelta(hours=25))
    assert said == {23: False, 25: True}
    assert not fires("CountersignGlassUnreviewed", new_metrics("1").text(Now(figures=after)))
