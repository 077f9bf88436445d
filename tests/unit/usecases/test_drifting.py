"""Finding drift, excepting it, keeping baselines, comparing and tracing: what each use case promises."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.domain.baseline import DriftException, Kept
from bot.domain.change import Change
from bot.domain.configuration import FieldRule
from bot.domain.deployment import RateLimit, Sku, Target
from bot.domain.drift import Source
from bot.domain.errors import AzureUnavailableError, InvalidInputError, NotFoundError
from bot.domain.inventory import ActivityEntry, Lifecycle
from bot.domain.json import Json
from bot.domain.policy import Allowed, Refused
from bot.usecases.compare_targets import METRIC, Comparison, allowed_tokens, compare_targets
from bot.usecases.except_drift import Excepting, except_drift, last_moment, may_except
from bot.usecases.find_drift import Drift, find_drift
from bot.usecases.keep_baseline import State, keep_baseline, projection_of
from bot.usecases.lift_exception import exception_in_force, lift_exception, may_lift
from bot.usecases.trace_lineage import trace_lineage
from tests.fakes.azure_inventory import training_job
from tests.fakes.azure_reads import THING
from tests.fakes.azure_world import seen
from tests.fakes.house import ANNA, BOB, CAROL, DAN, EVE, OTTO, House, company

OID = "0b0b0b0b-0000-0000-0000-000000000000"
TRIAGE = company().target("triage-prod")


def template(**properties: Any) -> dict[str, Json]:
    """A template that declares triage-prod with these properties and 120 units."""
    return {
        "resources": [
            {
                "type": "Microsoft.CognitiveServices/accounts/deployments",
                "name": f"{THING.account.account}/{THING.deployment}",
                "sku": {"name": "standard", "capacity": "120"},
                "properties": properties,
            }
        ]
    }


@pytest.fixture
def house() -> House:
    """Give a company."""
    return House()


async def drift(house: House, against: Source | None = None, **more: Any) -> Drift:
    """Look at triage-prod, whose declaration also says this."""
    return await find_drift(replace(TRIAGE, **more), against, readers=house.readers, desk=house.desk)


def declare(house: House, **properties: Any) -> dict[str, str]:
    """Declare triage-prod in a template."""
    house.declared.documents["triage-prod"] = template(**properties)
    return {"declared": "infra.json"}


def wrote(house: House, minutes: int, who: str) -> None:
    """Have somebody write the deployment, some minutes ago."""
    at = house.clock.now() - timedelta(minutes=minutes)
    entry = ActivityEntry(at, "x/deployments/write", "Succeeded", who, f"corr-{minutes}", THING.arm_id)
    house.inventory.writes = (*house.inventory.writes, entry)


async def test_each_of_the_four_declarations_is_compared_and_a_source_can_be_picked(house: House) -> None:
    house.configuration = company(
        field_rules=(FieldRule("reviewed", "content_filter", "one_of", ("other",)),)
    )
    house.__post_init__()
    said = declare(house, versionUpgradeOption="OnceCurrentVersionExpired")
    more: dict[str, Any] = {**said, "runbook": {"capacity": 150}, "serves": "another-model"}
    found = await drift(house, **more)
    assert found.compared == (Source.IAC, Source.RUNBOOK, Source.POLICY, Source.APP)
    assert [(line.difference.expected.source, line.difference.name) for line in found.lines] == [
        (Source.APP, "model"),
        (Source.POLICY, "content_filter"),
        (Source.IAC, "upgrade_option"),
        (Source.RUNBOOK, "capacity"),
    ]
    only = await drift(house, Source.RUNBOOK, **more)
    assert (only.compared, [line.difference.name for line in only.lines]) == ((Source.RUNBOOK,), ["capacity"])


@pytest.mark.parametrize("source", list(Source))
async def test_a_source_that_says_nothing_is_a_gap_only_when_it_was_asked_for(
    house: House, source: Source
) -> None:
    found = await drift(house, source)
    assert (found.compared, found.lines, len(found.gaps)) == ((), (), 1)
    assert (await drift(house)).gaps == ()


async def test_a_declaration_that_cannot_be_read_is_a_gap_and_the_others_are_still_compared(
    house: House,
) -> None:
    found = await drift(house, declared="missing.json", runbook={"capacity": 1})
    assert found.compared == (Source.RUNBOOK,)
    assert found.gaps == ("Nothing is declared for triage-prod.",)


async def test_the_person_behind_a_difference_is_named_by_their_slack_user(house: House) -> None:
    house.configuration = company(entra_oids={DAN: OID.upper()})
    house.__post_init__()
    wrote(house, 300, OID)
    wrote(house, 20, OID)
    (line,) = (await drift(house, runbook={"capacity": 150})).lines
    assert (line.who, line.origin.others, line.origin.change) == (DAN, 1, "")
    wrote(house, 10, "pipeline")
    (line,) = (await drift(house, runbook={"capacity": 150})).lines
    assert (line.who, len(line.origin.fits)) == ("", 3)
    house.inventory.writes = house.inventory.writes[2:]
    (line,) = (await drift(house, runbook={"capacity": 150})).lines
    assert line.who == "pipeline"


async def test_writes_on_other_deployments_explain_nothing(house: House) -> None:
    wrote(house, 20, "dan")
    house.inventory.writes = (replace(house.inventory.writes[0], resource=f"{THING.arm_id}-two"),)
    (line,) = (await drift(house, runbook={"capacity": 150})).lines
    assert line.origin.entry is None


async def test_without_the_activity_log_the_difference_still_shows_and_says_what_is_missing(
    house: House,
) -> None:
    house.inventory.broken = {"activity": AzureUnavailableError("Azure said no.", advice="Give Reader.")}
    found = await drift(house, runbook={"capacity": 150})
    assert len(found.lines) == 1
    assert found.gaps == ("Who changed it is unknown: Azure said no. Give Reader.",)
    assert (await drift(house, runbook={"capacity": 120})).gaps == ()


async def test_what_an_approved_change_did_is_said_to_be_its_doing(house: House) -> None:
    await house.approved()
    house.clock.reach(house.clock.now() + timedelta(minutes=5))
    await house.look_at_people(ANNA, BOB, OTTO)
    await house.ask_apply()
    await house.apply()
    wrote(house, 0, "executor")
    await house.poll()
    found = await drift(house, runbook={"capacity": 120})
    (line,) = [each for each in found.lines if each.difference.expected.source is Source.RUNBOOK]
    assert (line.origin.change, line.origin.requester) == ("CHG-1", ANNA)


async def _kept(house: House) -> list[tuple[Kept, str, Json]]:
    state = house.archive.state
    bodies = [projection_of(state.evidence[each.sha256])["sku"] for each in state.baselines]
    return [
        (each.kind, each.change, body["capacity"] if isinstance(body, dict) else None)
        for each, body in zip(state.baselines, bodies, strict=True)
    ]


async def test_a_baseline_is_kept_at_submit_and_at_apply_with_the_evidence_of_the_moment(
    house: House,
) -> None:
    change: Change = await house.applied()
    assert await _kept(house) == [(Kept.SUBMIT, "CHG-1", 120), (Kept.APPLY, "CHG-1", 150)]
    submit = json.loads(house.archive.state.evidence[house.archive.state.baselines[0].sha256])
    assert submit["evidence"] == change.evidence
    assert house.tags.count("baseline.recorded") == 2
    await house.ask_rollback()
    await house.apply()
    await house.poll()
    assert (await _kept(house))[-1] == (Kept.ROLLBACK, "CHG-1", 120)


async def test_a_submit_that_the_trail_refuses_keeps_no_baseline(house: House) -> None:
    house.archive.refused_tags.add("baseline.recorded")
    with pytest.raises(Exception, match="does not take baseline"):
        await house.pending()
    assert house.archive.state.baselines == []


async def test_the_last_baseline_is_what_a_snapshot_is_compared_with(house: House) -> None:
    async with house.archive.transaction() as tx:
        for capacity in (60, 100):
            projection = seen(THING, capacity).projection
            state = State(TRIAGE, projection, Kept.HAND, house.clock.now())
            await keep_baseline(state, by=house.caller(BOB).actor, cause=house.cause, tx=tx)
    found = await drift(house, Source.SNAPSHOT)
    (line,) = found.lines
    assert (line.difference.expected.words, line.difference.expected.where) == ("100", "BL-2, kept by hand")


def asked(days: int, house: House, field: str = "sku.capacity") -> Excepting:
    """An exception for some days."""
    return Excepting(TRIAGE, field, OTTO, house.clock.now() + timedelta(days=days), "a trial")


async def test_an_exception_silences_its_field_until_it_lapses(house: House) -> None:
    async with house.archive.transaction() as tx:
        excepting = asked(1, house, "Sku.Capacity")
        kept = await except_drift(excepting, caller=house.caller(BOB), now=house.clock.now(), tx=tx)
    found = await drift(house, runbook={"capacity": 150, "sku": "GlobalStandard"})
    assert ([line.difference.name for line in found.open], len(found.silenced)) == (["sku"], 1)
    house.clock.reach(kept.until)
    found = await drift(house, runbook={"capacity": 150})
    (line,) = found.open
    assert line.lapsed == kept
    assert house.tags == ["drift.excepted"]
    assert house.archive.state.entries[0].event.private() == {"reason": "a trial"}


async def test_a_lifted_exception_lets_the_line_come_back_at_once(house: House) -> None:
    async with house.archive.transaction() as tx:
        kept = await except_drift(asked(9, house), caller=house.caller(BOB), now=house.clock.now(), tx=tx)
    found = await drift(house, runbook={"capacity": 120})
    assert (found.lines, found.exceptions) == ((), (kept,))
    now = house.clock.now()
    async with house.archive.transaction() as tx:
        with pytest.raises(NotFoundError):
            await exception_in_force(TRIAGE, "sku.name", now=now, tx=tx)
        assert await exception_in_force(TRIAGE, "Sku.Capacity", now=now, tx=tx) == kept
        assert await lift_exception(kept, caller=house.caller(OTTO), now=now, tx=tx)
        assert not await lift_exception(kept, caller=house.caller(BOB), now=now, tx=tx)
    found = await drift(house, runbook={"capacity": 150})
    (line,) = found.open
    assert found.exceptions == ()
    assert line.lapsed is not None
    assert (line.lapsed.lifted_by, line.lapsed.lifted_at) == (OTTO, now)
    assert house.tags == ["drift.excepted", "drift.exception_lifted"]


async def test_only_the_owner_of_an_exception_or_who_decides_there_may_lift_it(house: House) -> None:
    people = await house.people(ANNA, BOB, OTTO, EVE)
    mine = DriftException(1, THING.key, "triage-prod", "sku.name", EVE, NOON, "why", BOB, NOON)
    for user in (BOB, EVE):
        assert isinstance(may_lift(people[user], mine, TRIAGE, house.configuration), Allowed)
    refused = may_lift(people[OTTO], mine, TRIAGE, house.configuration)
    assert isinstance(refused, Refused)
    assert "The exception's owner" in refused.rule
    outside = replace(people[EVE], full_member=False, why_not="you are a guest")
    assert "guest" in str(may_lift(outside, mine, TRIAGE, house.configuration))


async def test_only_the_owner_or_who_decides_there_may_except(house: House) -> None:
    people = await house.people(ANNA, BOB, OTTO, EVE)
    for user in (BOB, OTTO):
        assert isinstance(may_except(people[user], TRIAGE, house.configuration), Allowed)
    refused = may_except(people[EVE], TRIAGE, house.configuration, people=people.values())
    assert isinstance(refused, Refused)
    assert refused.could == tuple(sorted({ANNA, BOB, CAROL, DAN, OTTO})), "the owner, and both groups"
    assert "approvers, security" in refused.rule
    outside = replace(people[OTTO], full_member=False, why_not="you are a guest")
    assert "guest" in str(may_except(outside, TRIAGE, house.configuration))


NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_a_day_ends_when_it_is_over() -> None:
    assert last_moment(" 2026-11-24 ", NOON) == datetime(2026, 11, 25, tzinfo=UTC)


@pytest.mark.parametrize("text", ["2026-11-23", "2027-11-26", "tomorrow", "", "2026-13-01"])
def test_a_day_that_has_passed_is_too_far_or_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        last_moment(text, NOON)
    assert refused.value.advice


async def compared(house: House) -> Comparison:
    """Compare production with stage."""
    other = house.configuration.target("triage-stage")
    return await compare_targets(
        ("triage-prod", THING), (other.alias, other.ref), readers=house.readers, now=house.clock.now()
    )


async def test_two_targets_differ_in_what_is_written_and_the_peak_shows_what_is_idle(
    house: House,
) -> None:
    now = house.clock.now()
    house.world.live = seen(THING, 60)
    for minutes, tokens in ((20, 100_000), (24 * 60, 150_000), (9 * 24 * 60, 900_000)):
        house.metrics.add(METRIC, now - timedelta(minutes=minutes), tokens)
    found = await compared(house)
    assert [(row.field, row.left, row.right) for row in found.rows] == [("sku.capacity", "60", "120")]
    assert found.equal > 4
    assert (found.left.use.allowed, found.left.use.peak) == (120_000, 30_000)
    assert found.left.use.idle == pytest.approx(0.75)


async def test_without_traffic_all_is_idle_and_without_metrics_nothing_is_claimed(house: House) -> None:
    assert (await compared(house)).left.use.idle == 1
    house.metrics.broken = AzureUnavailableError("No answer.", advice="Ask again.")
    use = (await compared(house)).left.use
    assert (use.idle, use.gap) == (None, "No answer. Ask again.")


def test_capacity_is_counted_in_tokens_only_where_azure_does() -> None:
    bare = replace(seen(THING, 7), rate_limits=())
    assert allowed_tokens(bare) == 7_000
    assert allowed_tokens(replace(bare, sku=Sku("GlobalProvisionedManaged", 50))) is None
    ten_seconds = (RateLimit("request", Decimal(5), 10), RateLimit("token", Decimal(20_000), 10))
    assert allowed_tokens(replace(bare, rate_limits=ten_seconds)) == 120_000


async def lineage(house: House, target: Target = TRIAGE) -> Any:
    """Trace a target."""
    return await trace_lineage(
        target.ref,
        target.alias,
        readers=house.readers,
        configuration=house.configuration,
        now=house.clock.now(),
    )


async def test_a_lineage_names_the_job_its_checkpoint_and_every_deployment_in_every_account(
    house: House,
) -> None:
    house.inventory.lives = (Lifecycle("gpt-4.1-mini", "2025-04-14", "Deprecating", None, None),)
    found = await lineage(house)
    assert (found.job, found.checkpoint, found.life.status) == (training_job(), None, "Deprecating")
    assert {(each.live.ref.account.name, each.alias) for each in found.serving} >= {
        ("prod", "triage-prod"),
        ("stage", "triage-stage"),
    }
    assert all(each.is_same for each in found.serving)
    point = training_job().checkpoints[0].model
    house.world.live = replace(house.world.live, model=replace(house.world.live.model, name=point.upper()))
    house.training.known = (replace(training_job(), result_model=point.upper()),)
    found = await lineage(house)
    assert found.checkpoint == training_job().checkpoints[0]


async def test_what_cannot_be_read_of_a_lineage_is_a_gap(house: House) -> None:
    house.training.known = ()
    house.inventory.broken = {"lifecycles": AzureUnavailableError("No answer.")}
    house.world.broken = {"deployments": AzureUnavailableError("Closed.")}
    found = await lineage(house)
    assert (found.job, found.life, found.serving) == (None, None, ())
    assert len(found.gaps) == 4
    house.training.broken = {"job_of": AzureUnavailableError("Down.")}
    assert "The training job could not be read: Down." in (await lineage(house)).gaps
    house.world.broken = {"deployment": NotFoundError("Gone.")}
    with pytest.raises(NotFoundError):
        await lineage(house)
