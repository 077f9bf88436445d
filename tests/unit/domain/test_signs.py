"""The rules of the watch: what is critical, what is watched, and what nobody can say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from bot.domain.deployment import Usage
from bot.domain.sign_rules import findings
from bot.domain.signs import (
    Condition,
    FailedWrite,
    Finding,
    Level,
    Minute,
    Restore,
    Sign,
    Signs,
    Unseen,
    Usual,
)

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
BEGAN = NOW - timedelta(minutes=7)
CALM = Minute(NOW, answered=98, throttled=1, refused=1, latency_ms=800, filtered=0.5)
CALM_USUAL = Usual(latency_ms=780, filtered_percent=0.7, hours=24)
HEALTHY = Signs(
    "triage-prod",
    NOW,
    tuple(replace(CALM, at=NOW - timedelta(minutes=back)) for back in range(60, 0, -1)),
    CALM_USUAL,
    Condition("Succeeded", "Running"),
    Usage("OpenAI.Standard.gpt-4.1-mini", "", Decimal(150), Decimal(240)),
    (),
    Restore("BL-3, kept by hand"),
)


def since_seven_minutes(**bad: float) -> Signs:
    """Return signs whose last seven minutes are different."""
    assert not isinstance(HEALTHY.minutes, Unseen)
    return replace(
        HEALTHY,
        minutes=tuple(replace(each, **bad) if each.at >= BEGAN else each for each in HEALTHY.minutes),
    )


def found(sign: Sign, signs: Signs) -> Finding:
    """Return what the rule finds."""
    return next(each for each in findings(signs) if each.sign is sign)


def test_calm_signs_are_healthy_by_every_rule() -> None:
    assert {each.sign for each in findings(HEALTHY)} == set(Sign)
    assert {each.level for each in findings(HEALTHY)} == {Level.HEALTHY}
    assert not any(each.is_certain or each.since for each in findings(HEALTHY))


TROUBLE = {
    Sign.CAPACITY_PRESSURE: since_seven_minutes(answered=5, throttled=95),
    Sign.QUERY_ERRORS: since_seven_minutes(answered=80, failed=20),
    Sign.ABNORMAL_LATENCY: since_seven_minutes(latency_ms=4000),
    Sign.CONTENT_FILTER_SPIKE: since_seven_minutes(filtered=40),
    Sign.QUOTA_EXHAUSTION: replace(HEALTHY, pool=Usage("pool", "", Decimal(240), Decimal(240))),
    Sign.DEPLOYMENT_FAILURES: replace(HEALTHY, condition=Condition("Failed", "Running")),
    Sign.RESTORE_GAPS: replace(HEALTHY, restore=Restore("BL-3", "its model x is not offered any more")),
    Sign.FAILED_OPERATIONS: replace(
        HEALTHY,
        failed=tuple(
            FailedWrite(BEGAN + timedelta(minutes=n), "deployments write", "app-1") for n in range(3)
        ),
    ),
}


@pytest.mark.parametrize("sign", Sign)
def test_r45_each_rule_finds_its_own_trouble_and_puts_it_first(sign: Sign) -> None:
    first, *rest = findings(TROUBLE[sign])
    assert (first.sign, first.level) == (sign, Level.CRITICAL)
    assert {each.level for each in rest} == {Level.HEALTHY}


@pytest.mark.parametrize(
    "sign",
    [
        Sign.CAPACITY_PRESSURE,
        Sign.QUERY_ERRORS,
        Sign.ABNORMAL_LATENCY,
        Sign.CONTENT_FILTER_SPIKE,
        Sign.FAILED_OPERATIONS,
    ],
)
def test_trouble_says_since_which_minute_it_is_there(sign: Sign) -> None:
    assert found(sign, TROUBLE[sign]).since == BEGAN


BLIND = {
    Sign.CAPACITY_PRESSURE: {"minutes": Unseen("no answer within 5 s")},
    Sign.QUERY_ERRORS: {"minutes": Unseen("no answer within 5 s")},
    Sign.ABNORMAL_LATENCY: {"usual": Unseen("not allowed")},
    Sign.CONTENT_FILTER_SPIKE: {"usual": Unseen("not allowed")},
    Sign.QUOTA_EXHAUSTION: {"pool": Unseen("not allowed")},
    Sign.DEPLOYMENT_FAILURES: {"condition": Unseen("not allowed")},
    Sign.RESTORE_GAPS: {"restore": Unseen("not allowed")},
    Sign.FAILED_OPERATIONS: {"failed": Unseen("not allowed")},
}


@pytest.mark.parametrize("sign", Sign)
def test_what_could_not_be_looked_at_is_unknown_and_says_why(sign: Sign) -> None:
    blind = found(sign, replace(HEALTHY, **BLIND[sign]))  # type: ignore[arg-type]
    assert blind.level is Level.UNKNOWN
    assert blind.words in ("Cannot be said: no answer within 5 s.", "Cannot be said: not allowed.")


def test_a_handful_of_calls_says_nothing() -> None:
    few = replace(
        HEALTHY, minutes=(Minute(NOW - timedelta(minutes=1), answered=2, throttled=8, latency_ms=9e3),)
    )
    assert (
        found(Sign.CAPACITY_PRESSURE, few).words
        == "Cannot be said: 10 calls in the last minutes, too few to say."
    )
    assert found(Sign.CONTENT_FILTER_SPIKE, few).level is Level.UNKNOWN


def test_a_deployment_that_a_change_deleted_is_no_failure() -> None:
    planned = Condition("", deleted="CHG-4 deleted it", is_planned=True)
    assert found(Sign.DEPLOYMENT_FAILURES, replace(HEALTHY, condition=planned)).level is Level.HEALTHY
    by_hand = Condition("", deleted="deleted 11:53 UTC by person-0a", deleted_at=BEGAN)
    gone = found(Sign.DEPLOYMENT_FAILURES, replace(HEALTHY, condition=by_hand))
    assert (gone.level, gone.is_certain, gone.since) == (Level.CRITICAL, True, BEGAN)
    assert gone.words == "The deployment does not exist: deleted 11:53 UTC by person-0a."


def test_only_what_is_far_above_critical_is_certain_at_one_look() -> None:
    storm = found(Sign.CAPACITY_PRESSURE, TROUBLE[Sign.CAPACITY_PRESSURE])
    assert (storm.is_certain, storm.words) == (True, "66.3 % of 1,007 calls were refused with HTTP 429.")
    pressure = found(Sign.CAPACITY_PRESSURE, since_seven_minutes(answered=30, throttled=70))
    assert (pressure.level, pressure.is_certain) == (Level.CRITICAL, False)


def test_throttling_that_retries_absorb_is_watched_only() -> None:
    assert found(Sign.CAPACITY_PRESSURE, since_seven_minutes(answered=70, throttled=30)).level is Level.WATCH


def test_used_up_provisioned_capacity_is_pressure_before_anybody_is_refused() -> None:
    busy = found(Sign.CAPACITY_PRESSURE, replace(HEALTHY, condition=Condition("Succeeded", "Running", 99.0)))
    assert (busy.level, busy.words) == (Level.CRITICAL, "Provisioned capacity is 99 % used.")
    assert busy.figures == {"HTTP 429": "1.0 %", "Utilisation": "99 %"}


def test_a_longer_answer_that_nobody_feels_is_healthy() -> None:
    minutes = (Minute(BEGAN, answered=100, latency_ms=90),)
    quick = replace(HEALTHY, minutes=minutes, usual=replace(CALM_USUAL, latency_ms=20))
    assert found(Sign.ABNORMAL_LATENCY, quick).level is Level.HEALTHY


def test_a_finding_is_kept_with_its_level_and_figures() -> None:
    assert found(Sign.QUOTA_EXHAUSTION, TROUBLE[Sign.QUOTA_EXHAUSTION]).as_json() == {
        "rule": "quota_exhaustion",
        "level": "critical",
        "words": "The quota is exhausted: 240 of 240 units of pool are used; nothing can be scaled up or made again.",
        "since": "",
        "figures": {"Quota left": "0 units"},
    }
