"""A company in memory: policy, people, archive, clock and Azure, with the steps people and jobs take."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.domain.break_glass import GlassVerdict
from bot.domain.change import Change, ChangeState, Choice, Tier
from bot.domain.configuration import Configuration, Freeze, Group, Rule, Timing
from bot.domain.deployment import DeploymentRef, Target
from bot.domain.effect import Effect
from bot.domain.errors import RunAgain
from bot.domain.freeze import ChatFreeze
from bot.domain.incident import Incident, IncidentState
from bot.domain.incident_policy import IncidentPolicy
from bot.domain.people import Person, Standing
from bot.domain.policy import Refused
from bot.ports.archive import Cause
from bot.ports.azure import Executor
from bot.ports.registry import Readers
from bot.usecases.break_glass import Glass, Review, break_glass, escalate_glass, parties, review_glass
from bot.usecases.check_change import Green, Red, check_change
from bot.usecases.consent_change import consent_to_change
from bot.usecases.decide_change import Decision, Outcome, decide_change
from bot.usecases.declare_incident import Declaring, declare_incident
from bot.usecases.desk import Caller, Desk
from bot.usecases.execute_change import execute_change
from bot.usecases.find_people import FOR_A_DECISION, find_people, refresh_directory
from bot.usecases.follow_step import poll_step, read_back_step
from bot.usecases.freeze_targets import Freezing, add_freeze, lift_freeze
from bot.usecases.hold_for_incident import leads_on
from bot.usecases.judge_steering import steerers
from bot.usecases.request_change import FieldProblems, Form, request_change
from bot.usecases.steer_change import Done, ask_to_apply, ask_to_roll_back, attest_change, withdraw_change
from bot.usecases.watch_change import expire_change, sweep, validate_change
from bot.usecases.withdraw_approval import withdraw_approval
from tests.fakes.archive import FakeArchive
from tests.fakes.archive_state import Entry
from tests.fakes.azure_inventory import MemoryDeclared, MemoryInventory, MemoryLogs, MemoryTraining
from tests.fakes.azure_permissions import MemoryPermissions
from tests.fakes.azure_reads import PLACE, THING, MemoryMetrics, memory_readers
from tests.fakes.azure_world import STAGE, World, Writer
from tests.fakes.clock import FakeClock
from tests.fakes.directory import FakeDirectory

ANNA, OTTO, BOB, CAROL, DAN, EVE = "U0ANNA", "U0OTTO", "U0BOB", "U0CAROL", "U0DAN", "U0EVE"
FORM: Mapping[str, str] = {
    "kind": "scale",
    "target": "triage-prod",
    "owner": OTTO,
    "ticket": "OPS-1",
    "reason": "The queue is long.",
    "expected_cost": "none",
    "validation_signal": "HTTP 429 below 1 %",
    "rollback_plan": "Back to the capacity of before.",
    "capacity": "150",
}


def rule(environment: str, tier: Tier, quorum: int, *groups: str, **more: Any) -> Rule:
    """Return a rule with the usual times."""
    usual: dict[str, Any] = {
        "request_expires": timedelta(hours=24),
        "approval_expires": timedelta(hours=4),
        "may_apply": ("requester", "approvers"),
    }
    return Rule(environment=environment, tier=tier, quorum=quorum, groups=groups, **{**usual, **more})


RULES = (
    rule("production", Tier.NORMAL, 1, "approvers"),
    rule("production", Tier.HIGH, 2, "approvers", "security", distinct_groups=True, may_apply=("approvers",)),
    rule("production", Tier.CRITICAL, 2, "approvers", required_groups=("security",)),
    rule("production", Tier.EMERGENCY, 1, "security"),
    rule("test", Tier.STANDARD, 0),
    rule("test", Tier.NORMAL, 1, "approvers"),
)


def company(**more: Any) -> Configuration:
    """Return what `countersign.toml` of the company says, with these parts changed."""
    usual: dict[str, Any] = {
        "team_id": "T0CONTOSO",
        "app_id": "A0APP",
        "audit_channel": "C0AUDIT",
        "origin": "contoso.example/audit",
        "accounts": (PLACE, STAGE),
        "targets": (
            Target("triage-prod", THING, OTTO, "C0OPS"),
            Target("classifier-prod", DeploymentRef(PLACE, "classifier-ft"), OTTO, "C0OPS"),
            Target("triage-stage", DeploymentRef(STAGE, "support-triage-ft"), OTTO, "C0STAGE"),
        ),
        "groups": {
            "approvers": Group("approvers", frozenset({BOB, ANNA}), "S0AIOPS"),
            "security": Group("security", frozenset({DAN})),
        },
        "rules": {(each.environment, each.tier): each for each in RULES},
        "may_request": {},
        "freezes": (),
        "incidents": IncidentPolicy(watch_every=timedelta(0)),
        "timing": Timing(reconcile_every=timedelta(0), observation_window=timedelta(0)),
        "policy_digest": "p" * 64,
    }
    return Configuration(**{**usual, **more})


def freeze_now(clock: FakeClock, targets: tuple[str, ...] = ("*",)) -> Freeze:
    """Return a freeze that holds for the next hour."""
    return Freeze("year-end", clock.now(), clock.now() + timedelta(hours=1), targets)


@dataclass
class House:
    """Everything connected; each method is one step of a person or one run of a job."""

    configuration: Configuration = field(default_factory=company)
    archive: FakeArchive = field(default_factory=FakeArchive)
    clock: FakeClock = field(default_factory=FakeClock)
    world: World = field(default_factory=World)
    metrics: MemoryMetrics = field(default_factory=MemoryMetrics)
    permissions: MemoryPermissions = field(default_factory=MemoryPermissions)
    inventory: MemoryInventory = field(default_factory=MemoryInventory)
    training: MemoryTraining = field(default_factory=MemoryTraining)
    logs: MemoryLogs = field(default_factory=MemoryLogs)
    declared: MemoryDeclared = field(default_factory=MemoryDeclared)
    directory: FakeDirectory = field(
        default_factory=lambda: FakeDirectory({"S0AIOPS": frozenset({BOB, CAROL})})
    )

    def __post_init__(self) -> None:
        """Give the executor its hands."""
        self.writer = Writer(self.world)
        self.cause = Cause("test", "ref-1", "C0OPS")

    @property
    def desk(self) -> Desk:
        """Return what the Slack role works with."""
        return Desk(self.configuration, self.archive, self.clock, self.directory)

    @property
    def executor_desk(self) -> Desk:
        """Return what the executor works with: it cannot ask Slack."""
        return Desk(self.configuration, self.archive, self.clock, None)

    @property
    def readers(self) -> Readers:
        """Return the reader's eyes."""
        return memory_readers(
            self.world,
            self.metrics,
            inventory=self.inventory,
            training=self.training,
            logs=self.logs,
            declared=self.declared,
        )

    @property
    def executor(self) -> Executor:
        """Return the executor's eyes and hands."""
        return Executor(self.world, self.writer, self.metrics, self.permissions)

    def caller(self, user: str) -> Caller:
        """Return somebody at Slack's door."""
        return Caller(Person(user, "T0CONTOSO"), self.cause)

    def change(self, number: int = 1) -> Change:
        """Return a change as it is stored."""
        return self.archive.state.changes[number]

    def effect(self, step: str = "forward", number: int = 1) -> Effect:
        """Return a row of the journal."""
        return self.archive.state.effects[number, self.change(number).revision, step]

    @property
    def tags(self) -> list[str]:
        """Return the tags of the trail, oldest first."""
        return [entry.tag for entry in self.archive.state.entries]

    @property
    def last(self) -> Entry:
        """Return the newest entry."""
        return self.archive.state.entries[-1]

    @property
    def jobs(self) -> set[str]:
        """Return the keys of the jobs that wait, without the lines of the audit channel."""
        return {key for _, key in self.archive.state.jobs if not key.startswith("deliver:trail:")}

    def forget_jobs(self) -> None:
        """Empty the queue, to see what the next step puts there."""
        self.archive.state.jobs.clear()

    async def people(self, *users: str) -> Mapping[str, Standing]:
        """Return who is who, no older than a decision allows."""
        return await find_people(set(users), desk=self.desk, max_age=FOR_A_DECISION)

    async def ask(
        self, by: str = ANNA, number: int | None = None, impact: tuple[str, ...] = (), **values: Any
    ) -> Change | FieldProblems | Refused:
        """Submit the request form."""
        named = {"incident": "INC-1"} if values.get("type") == "emergency" else {}
        form = Form({**FORM, **named, **values}, frozenset(impact), number, "V1")
        people = await self.people(by)
        return await request_change(form, caller=self.caller(by), standing=people[by], desk=self.desk)

    async def precheck(self, number: int = 1) -> Green | Red:
        """Run the pre-checks of a draft."""
        change = self.change(number)
        request = change.request
        people = await self.people(request.requester, request.owner)
        caller = self.caller(request.requester)
        return await check_change(change, caller=caller, people=people, readers=self.readers, desk=self.desk)

    async def pending(self, by: str = ANNA, impact: tuple[str, ...] = (), **values: Any) -> Change:
        """Return a change that waits for approval."""
        draft = await self.ask(by, impact=impact, **values)
        assert isinstance(draft, Change), draft
        green = await self.precheck(draft.number)
        assert isinstance(green, Green), green
        return green.change

    async def say(
        self, choice: Choice, by: str = BOB, change: Change | None = None, reason: str = ""
    ) -> Outcome:
        """Decide a change as the card shows it (the card of `change`, or a fresh one)."""
        card = change or self.change()
        decision = Decision(card.number, card.revision, card.plan_digest[:12], choice, reason)
        now = self.change(card.number)
        voters = {vote.person for vote in self.archive.state.votes.values()}
        people = await self.people(by, now.request.requester, *voters)
        async with self.archive.transaction() as tx:
            return await decide_change(
                decision,
                caller=self.caller(by),
                tx=tx,
                configuration=self.configuration,
                directory=people,
                now=self.clock.now(),
            )

    async def unapprove(self, by: str = BOB, number: int = 1, why: str = "I saw more.") -> Change | Refused:
        """Take an approval back."""
        voters = {vote.person for vote in self.archive.state.votes.values()}
        people = await self.people(by, *await self.steerers(number), *voters)
        async with self.archive.transaction() as tx:
            return await withdraw_approval(
                number, why, caller=self.caller(by), people=people, tx=tx, desk=self.desk
            )

    async def approved(self, by: tuple[str, ...] = (BOB,), **values: Any) -> Change:
        """Return an approved change."""
        change = await self.pending(**values)
        for person in by:
            await self.say(Choice.APPROVE, person, change)
        assert self.change(change.number).state is ChangeState.APPROVED
        return self.change(change.number)

    async def steerers(self, number: int) -> frozenset[str]:
        """Return whose standing a judgement wants besides the caller's."""
        async with self.archive.transaction() as tx:
            change = await tx.change(number)
            return steerers(change) | await leads_on(change.request.target, tx)

    async def withdraw(self, by: str = ANNA, number: int = 1) -> Done | Refused:
        """Withdraw a change."""
        people = await self.people(by, *await self.steerers(number))
        async with self.archive.transaction() as tx:
            return await withdraw_change(
                number, "not needed", caller=self.caller(by), people=people, tx=tx, desk=self.desk
            )

    async def ask_apply(self, by: str = BOB, number: int = 1, reason: str = "") -> Done | Refused:
        """Ask to apply a change."""
        people = await self.people(by, *await self.steerers(number))
        async with self.archive.transaction() as tx:
            return await ask_to_apply(
                number, caller=self.caller(by), people=people, tx=tx, desk=self.desk, reason=reason
            )

    async def break_glass(self, by: str = DAN, number: int = 1, **said: str) -> Change | Refused:
        """Break the glass of a change."""
        glass = Glass(
            **{"reason": "it burns", "incident": "INC-1", "deployment": "support-triage-ft", **said}
        )
        people = await self.people(by, *parties(self.change(number)))
        async with self.archive.transaction() as tx:
            return await break_glass(
                number, glass, caller=self.caller(by), people=people, tx=tx, desk=self.desk
            )

    async def review_glass(
        self, by: str = DAN, verdict: GlassVerdict = GlassVerdict.JUSTIFIED, number: int = 1
    ) -> Change | Refused:
        """Review a broken glass."""
        people = await self.people(by, *parties(self.change(number)))
        async with self.archive.transaction() as tx:
            return await review_glass(
                number,
                Review(verdict, "I looked"),
                caller=self.caller(by),
                people=people,
                tx=tx,
                desk=self.desk,
            )

    async def escalate(self, number: int = 1) -> None:
        """Run the job `escalate`."""
        people = await self.people(*parties(self.change(number)))
        await escalate_glass(number, people=people, desk=self.desk, cause=self.cause)

    async def freeze(self, hours: float = 1, after: float = 0, *targets: str) -> ChatFreeze:
        """Add a freeze in chat that begins in so many hours and lasts as long as said."""
        start = self.clock.now() + timedelta(hours=after)
        asked = Freezing(start, start + timedelta(hours=hours), targets or ("*",), "the quarter ends")
        async with self.archive.transaction() as tx:
            by, now = self.caller(DAN), self.clock.now()
            return await add_freeze(asked, caller=by, now=now, tx=tx, configuration=self.desk.configuration)

    async def lift(self, number: int = 1) -> ChatFreeze | Refused:
        """Lift a freeze of the chat."""
        async with self.archive.transaction() as tx:
            by, now = self.caller(DAN), self.clock.now()
            rules = self.desk.configuration
            return await lift_freeze(number, "calm", caller=by, now=now, tx=tx, configuration=rules)

    async def declare(self, *targets: str, lead: str = "", drill: bool = False) -> Incident:
        """Declare an incident on these targets."""
        asked = Declaring(
            "Tickets wait", frozenset(targets or ("triage-prod",)), lead=lead, drill=drill, anyway=True
        )
        async with self.archive.transaction() as tx:
            declared = await declare_incident(
                asked,
                by=self.caller(EVE).actor,
                cause=self.cause,
                now=self.clock.now(),
                configuration=self.configuration,
                tx=tx,
            )
        assert isinstance(declared, Incident)
        return declared

    async def name_lead(self, lead: str, number: int = 1) -> None:
        """Have somebody lead an incident."""
        async with self.archive.transaction() as tx:
            await tx.change_incident(await tx.incident(number), lead=lead)

    async def resolve(self, number: int = 1) -> None:
        """Have an incident over."""
        async with self.archive.transaction() as tx:
            await tx.change_incident(await tx.incident(number), state=IncidentState.RESOLVED)

    async def consent(self, by: str = CAROL, number: int = 1) -> Change | Refused:
        """Consent to a change as the lead of an incident."""
        people = await self.people(by, *await self.steerers(number))
        async with self.archive.transaction() as tx:
            return await consent_to_change(
                number, caller=self.caller(by), people=people, tx=tx, desk=self.desk
            )

    async def ask_rollback(self, by: str = BOB, number: int = 1, reason: str = "") -> Done | Refused:
        """Ask to roll a change back."""
        people = await self.people(by, *await self.steerers(number))
        async with self.archive.transaction() as tx:
            return await ask_to_roll_back(
                number, caller=self.caller(by), people=people, tx=tx, desk=self.desk, reason=reason
            )

    async def attest(self, by: str = OTTO, number: int = 1) -> Done | Refused:
        """Attest a change."""
        people = await self.people(by, *await self.steerers(number))
        async with self.archive.transaction() as tx:
            return await attest_change(number, caller=self.caller(by), people=people, tx=tx, desk=self.desk)

    async def apply(self, number: int = 1) -> None:
        """Run the job `apply`."""
        await execute_change(number, executor=self.executor, desk=self.executor_desk, cause=self.cause)

    async def poll(self, number: int = 1) -> None:
        """Run the job `poll`."""
        await poll_step(number, executor=self.executor, desk=self.executor_desk, cause=self.cause)

    async def read_back(self, number: int = 1) -> None:
        """Run the job `read-back`."""
        await read_back_step(number, executor=self.executor, desk=self.executor_desk, cause=self.cause)

    async def validate(self, number: int = 1) -> None:
        """Run the job `verify`."""
        await validate_change(number, readers=self.readers, desk=self.desk, cause=self.cause)

    async def expire(self, number: int = 1) -> None:
        """Run the job `expire`."""
        await expire_change(number, desk=self.desk, cause=self.cause)

    async def sweep(self) -> None:
        """Let the timers look."""
        await sweep(self.desk)

    async def look_at_people(self, *users: str) -> None:
        """Run the job `directory`."""
        await refresh_directory(users, desk=self.desk)

    async def applied(self, **values: Any) -> Change:
        """Return a change that runs its validation window."""
        change = await self.approved(**values)
        await self.ask_apply(number=change.number)
        await self.apply(change.number)
        await self.poll(change.number)
        assert self.change(change.number).state is ChangeState.VERIFYING
        return self.change(change.number)

    async def validated(self) -> Change:
        """Return a change that waits for its owner."""
        change = await self.applied()
        assert change.window_ends_at is not None
        self.clock.reach(change.window_ends_at)
        await self.validate(change.number)
        return self.change(change.number)

    async def finish(self, number: int = 1, runs: int = 20) -> None:
        """Run the executor's jobs of a change until nothing of it is left to do, letting time pass."""
        for _ in range(runs):
            for job in (self.apply, self.poll, self.read_back):
                try:
                    await job(number)
                except RunAgain as again:
                    self.clock.reach(again.at)
                    await self.look_at_people(BOB)
