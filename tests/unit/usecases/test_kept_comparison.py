"""What a baseline keeps of traffic, and what a window says beside it."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from bot.domain.baseline import Kept
from bot.domain.errors import AzureUnavailableError, NotFoundError
from bot.domain.evidence import Window
from bot.domain.json import Json
from bot.domain.kept_figures import KeptFigures, figures_gap, figures_of, kept_words
from bot.domain.metric_catalogue import catalogue_metrics
from bot.domain.prices import spending, token_prices
from bot.domain.signal import Traffic, VerdictWord
from bot.usecases.chart_metrics import charts_of
from bot.usecases.choose_reference import Reference, choose_reference
from bot.usecases.compare_kept import compare_kept, judge_all, kept_traffic
from bot.usecases.estimate_cost import GENERATED, PROMPT, compare_cost
from bot.usecases.keep_baseline import State, keep_baseline
from bot.usecases.measure_figures import figures_to_keep, measure_figures
from bot.usecases.measure_traffic import LATENCY, REQUESTS, TOKENS
from tests.fakes.azure_reads import NOW, THING, MemoryMetrics, live_deployment, memory_readers
from tests.fakes.house import BOB, House

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
END = NOW.replace(minute=0, second=0)
FIVE = timedelta(minutes=5)
HALF_HOUR = timedelta(minutes=30)
LAST_HOUR = Window(END - HOUR, END)


def busy(
    metrics: MemoryMetrics, window: Window, tokens: float, latency: float = 400, every: timedelta = FIVE
) -> None:
    """Fill a window: ten requests every five minutes, one of them refused."""
    at = window.start
    while at < window.end:
        metrics.add(TOKENS, at, tokens)
        metrics.add(PROMPT, at, tokens * 0.75)
        metrics.add(GENERATED, at, tokens * 0.25)
        metrics.add(REQUESTS, at, 9, "200")
        metrics.add(REQUESTS, at, 1, "429")
        metrics.add(LATENCY, at, latency)
        at += every


async def kept(metrics: MemoryMetrics, window: Window) -> KeptFigures:
    """Measure and keep, through the text that is stored."""
    found = await measure_figures(metrics, THING, window)
    stored = figures_of(json.loads(json.dumps(found.as_json())))
    assert stored is not None
    assert replace(found, buckets=()) == replace(stored, buckets=())
    assert [(each.at, each.tokens, each.traffic) for each in found.buckets] == [
        (each.at, each.tokens, each.traffic) for each in stored.buckets
    ]
    return stored


async def test_figures_keep_every_metric_of_the_catalogue_with_its_samples() -> None:
    metrics = MemoryMetrics()
    day = Window(END - DAY, END)
    busy(metrics, day, 100, latency=400)
    figures = await kept(metrics, day)
    assert tuple(each.metric for each in figures.measures) == catalogue_metrics()
    known = {each.metric: (each.value, each.samples) for each in figures.measures if each.samples}
    assert known[TOKENS] == (28_800, 288)
    assert known[LATENCY] == (400, 288)
    assert all(each.why for each in figures.measures if not each.samples)
    assert (figures.step, len(figures.buckets)) == (FIVE, 288)
    words = kept_words(figures.as_json())
    assert "TokenTransaction 28,800 (288 samples)" in words
    assert "of the catalogue have no sample" in words


async def test_only_whole_buckets_inside_the_window_are_kept() -> None:
    metrics = MemoryMetrics()
    inside = Window(END - timedelta(minutes=31, seconds=20), END - timedelta(seconds=30))
    figures = await kept(metrics, inside)
    assert (figures.window.start, figures.window.end) == (
        END - timedelta(minutes=31),
        END - timedelta(minutes=1),
    )
    assert figures.step == timedelta(minutes=1)


async def test_an_hour_is_an_hour_that_was_measured_not_one_that_azure_has_yet_to_show() -> None:
    metrics = MemoryMetrics()
    half_hour = Window(END - timedelta(minutes=30), END)
    assert (await kept(metrics, half_hour)).hours == 0.5
    busy(metrics, Window(half_hour.start, END - timedelta(minutes=15)), 100, every=timedelta(minutes=1))
    assert (await kept(metrics, half_hour)).hours == 0.25


async def test_figures_that_cannot_be_measured_are_a_reason_not_a_failure() -> None:
    metrics = MemoryMetrics(broken=AzureUnavailableError("Azure said no.", advice="Ask again."))
    stored = await figures_to_keep(metrics, THING, NOW)
    assert stored == {"gap": "Azure said no. Ask again."}
    assert figures_of(stored) is None
    assert figures_gap(stored) == "its figures could not be measured: Azure said no. Ask again."
    assert figures_gap(None) == "it was kept without figures"


async def test_a_kept_day_is_compared_at_the_same_hours_with_its_mean_and_spread() -> None:
    metrics = MemoryMetrics()
    yesterday = Window(END - 2 * DAY, END - DAY)
    busy(metrics, yesterday, 100)
    busy(metrics, Window(END - DAY - 2 * HOUR, END - DAY), 200)
    figures = await kept(metrics, yesterday)
    busy(metrics, LAST_HOUR, 500)
    compared = await compare_kept(THING, LAST_HOUR, figures, readers=memory_readers(metrics=metrics))
    now, before = compared.tokens
    assert now == 6_000
    assert before is not None
    assert 2_800 < before < 3_600  # 300 a bucket in the last two hours, 100 before
    usual = charts_of(compared, ())[0].usual
    assert len(usual) == 12
    assert all(each.low < each.mean < each.high for each in usual[:1])


async def test_a_short_window_kept_stands_beside_any_hour_and_is_never_counted_up() -> None:
    metrics = MemoryMetrics()
    half_hour = Window(END - 5 * HOUR, END - 4.5 * HOUR)
    busy(metrics, half_hour, 100, every=timedelta(minutes=1))
    figures = await kept(metrics, half_hour)
    day = Window(END - 3 * DAY, END)
    busy(metrics, day, 100, every=HALF_HOUR)
    compared = await compare_kept(THING, day, figures, readers=memory_readers(metrics=metrics))
    assert compared.before.requests == pytest.approx(300 * 2 * 72)
    assert kept_traffic(day, figures).requests == 300


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        (Traffic(400, 40, 0, 400), Traffic(400, 0, 0, 400), VerdictWord.BETTER),
        (Traffic(400, 40, 0, 400), Traffic(400, 0, 0, 900), VerdictWord.WORSE),
        (Traffic(400, 4, 0, 400), Traffic(400, 4, 0, 410), VerdictWord.SAME),
        (Traffic(400, 4, 0, 400), Traffic(10, 4, 0, 410), VerdictWord.NOT_ENOUGH_TRAFFIC),
    ],
)
def test_the_worst_word_of_the_signals_counts(before: Traffic, after: Traffic, word: VerdictWord) -> None:
    judged = judge_all(before, after)
    assert judged.word is word
    assert len(judged.signals) == 3
    assert all("noise" in each.explanation or "needed" in each.explanation for each in judged.signals)


async def keep(
    house: House, kind: Kept = Kept.HAND, change: str = "", figures: KeptFigures | None = None
) -> None:
    """Keep a baseline of triage-prod, with figures or without."""
    target = house.configuration.target("triage-prod")
    held = figures.as_json() if figures else {}
    projection: dict[str, Json] = {
        "sku": {"name": "Standard", "capacity": 120},
        "properties": {"model": {"name": "gpt-4.1-mini-2025-04-14.ft-0a"}},
    }
    async with house.archive.transaction() as tx:
        state = State(target, projection, kind, house.clock.now(), change=change, figures=held)
        await keep_baseline(state, by=house.caller(BOB).actor, cause=house.cause, tx=tx)


async def chosen(house: House, against: str) -> Reference:
    """Choose what to compare triage-prod with."""
    async with house.archive.transaction() as tx:
        return await choose_reference(THING.key, against, tx)


async def test_the_newest_baseline_with_figures_is_chosen_and_those_without_are_named() -> None:
    house, metrics = House(), MemoryMetrics()
    with pytest.raises(NotFoundError, match="No baseline is kept"):
        await chosen(house, "baseline")
    await keep(house)
    with pytest.raises(NotFoundError, match="BL-1 has no figures: it was kept without figures"):
        await chosen(house, "baseline")
    await keep(house, figures=await measure_figures(metrics, THING, LAST_HOUR))
    await keep(house)
    found = await chosen(house, "baseline")
    assert (found.baseline.id, found.passed) == (
        "BL-2",
        ("BL-3 has no figures: it was kept without figures.",),
    )


async def test_a_change_is_compared_with_what_was_kept_when_it_was_submitted() -> None:
    house = House()
    change = await house.applied()
    assert (await chosen(house, change.id)).baseline.words == "BL-1, kept at submit of CHG-1"
    with pytest.raises(NotFoundError, match="kept at submit of CHG-7"):
        await chosen(house, "CHG-7")


async def test_the_baseline_at_apply_has_the_figures_of_its_validation_window() -> None:
    house = House()
    change = await house.applied()
    found = await chosen(house, "baseline")
    assert (found.baseline.id, len(found.passed)) == ("BL-1", 1)
    assert "the validation window of CHG-1 has not ended with figures" in found.passed[0]
    assert change.window_ends_at is not None
    house.clock.reach(change.window_ends_at)
    await house.validate()
    found = await chosen(house, "baseline")
    assert (found.baseline.id, found.passed) == ("BL-2", ())
    assert found.figures.window.end <= change.window_ends_at


async def test_r39_cost_is_compared_as_hosting_and_tokens_by_the_price_table() -> None:
    metrics = MemoryMetrics()
    yesterday = Window(END - DAY - HOUR, END - DAY)
    busy(metrics, yesterday, 100_000)
    busy(metrics, LAST_HOUR, 200_000)
    house = House()
    await keep(house, figures=await measure_figures(metrics, THING, yesterday))
    reference = await chosen(house, "baseline")
    readers = memory_readers(metrics=metrics)
    compared = await compare_kept(THING, LAST_HOUR, reference.figures, readers=readers)
    cost = await compare_cost(THING, compared, reference, readers=readers)
    # 1.2 and 2.4 million tokens an hour, three quarters of them in: 0.70 dollars a million
    assert (cost.before.total, cost.now.total) == (Decimal("2.54"), Decimal("3.38"))
    assert cost.now.words == "$3.38 an hour (hosting $1.70, tokens $1.68)"


def test_what_has_no_price_is_unknown_and_never_zero() -> None:
    assert token_prices("GPT-4.1-mini-2025-04-14.ft-0a") == (Decimal("0.40"), Decimal("1.60"))
    assert token_prices("another") is None
    for sku, model in (("Standard", "another"), ("GlobalProvisionedManaged", live_deployment().model.name)):
        assert spending(sku, model, 1, 1, 1).total is None
    assert spending("Standard", "another", 1, 1, 1).words == "hosting $1.70 an hour, tokens unknown"


async def test_r39_a_validated_change_says_usage_and_cost_before_and_after_and_keeps_the_figures() -> None:
    house = House()
    change = await house.applied()
    assert change.executed_at is not None
    assert change.window_ends_at is not None
    half = timedelta(minutes=30)
    start = change.executed_at.replace(second=0, microsecond=0)
    busy(house.metrics, Window(start - half + FIVE, start), 100)
    busy(house.metrics, Window(start + FIVE, start + half), 300)
    house.clock.reach(change.window_ends_at)
    await house.validate()
    outcome = house.change().outcome
    assert " tokens and " in str(outcome["usage"])
    assert "hosting $1.70" in str(outcome["cost"])
    name = str(outcome["figures"])
    body = json.loads(house.archive.state.evidence[name])
    assert (body["change"], figures_of(body["before"]) is None) == ("CHG-1", False)
    assert getattr(house.last.event, "evidence", "") == name
