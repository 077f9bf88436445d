"""The whole workflow, driven at random: what must never happen does not, and what must be reached is.

Safety: nothing runs without a quorum of people who are not the requester and still may, nor in a freeze, nor on a
target with an open incident unless it is an emergency of it with the consent of who leads; an end stays an end; Azure
accepts at most one call per change and step, whichever process dies; the trail tells the states.
Liveness: the paths together reach every kind of end, after an edit, a freeze and the death of a process, too.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.domain.change import (
    MOVES,
    OPEN_ON_ACCOUNT,
    RUNNING,
    TERMINAL,
    Change,
    ChangeState,
    Choice,
    is_emergency,
)
from bot.domain.effect import Phase
from bot.domain.errors import ConflictError, RunAgain
from bot.domain.events import plain
from bot.domain.execution_events import ExecutionStarted
from bot.domain.incident import IncidentState
from bot.domain.operation import Operation
from bot.domain.policy import quorum_met
from bot.domain.proof_entry import ReadEntry
from bot.domain.proof_rules import demand_rules, how_it_ended
from bot.domain.request_events import ChangeRefused, ChangeSuperseded, PolicyEvaluated
from bot.ports.azure import Sent
from bot.ports.incidents import IncidentQuery
from bot.usecases.find_people import FOR_AN_APPLY, find_people
from bot.usecases.freeze_targets import freezes_at
from tests.fakes.archive_state import Entry
from tests.fakes.azure_world import Fate, Writer
from tests.fakes.house import ANNA, BOB, CAROL, DAN, EVE, OTTO, House

S = ChangeState
PEOPLE = st.sampled_from([ANNA, BOB, CAROL, DAN, EVE, OTTO])
REACHED: Counter[ChangeState] = Counter()
HAPPENED: Counter[str] = Counter()
ENDS_WELL = (ChangeState.CLOSED, ChangeState.ROLLED_BACK)
MUST_HAPPEN = {
    "a process died before it sent",
    "a process died after it sent",
    "a change ended well after a death",
    "a change ended well after an edit",
    "a freeze refused an apply",
    "a change ended well after a freeze",
    "an incident refused an apply",
    "an incident refused a rollback",
    "a change ended well after an incident",
    "a change ran in an incident",
    "a change ended well after an approval was taken back",
    "an approval was lost before the apply",
    "a live state moved before the apply",
}
JOBS = ("apply", "poll", "read_back", "validate", "expire", "precheck")
NO_MOVE = (
    *("change.refused", "change.attested", "change.apply_requested", "change.execution.unknown"),
    *("incident.linked", "incident.consented"),
)
ENTRY_OF = {
    S.REJECTED: "change.rejected",
    S.CHANGES_REQUESTED: "change.changes_requested",
    S.WITHDRAWN: "change.withdrawn",
    S.EXPIRED: "change.expired",
    S.SUPERSEDED: "change.superseded",
    S.EXECUTING: "change.execution.started",
    S.VERIFYING: "change.execution.finished",
    S.AWAITING_ATTESTATION: "change.validated",
    S.CLOSED: "change.closed",
    S.ROLLING_BACK: "rollback.started",
    S.ROLLED_BACK: "rollback.finished",
}


class Died(BaseException):
    """The process is gone: nobody catches this, and nothing after it runs."""


@dataclass
class Mortal(Writer):
    """A writer whose process dies before its call leaves, or when the answer has come and is not yet written down.

    What Azure accepted by then is done: one that still ran would show as Updating, which this world does not.
    """

    dies: str = ""

    async def send(self, operation: Operation, *, change: str, correlation: str) -> Sent:
        """Send one operation, or die."""
        if self.dies == "before":
            raise Died(self.dies)
        if self.dies == "after":
            self.fates = []
        sent = await super().send(operation, change=change, correlation=correlation)
        if self.dies == "after":
            raise Died(self.dies)
        return sent


class Workflow(RuleBasedStateMachine):
    """People, jobs, Azure and time, each doing what it likes with up to two changes of one account."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.house = House()
        self.house.writer = self.mortal = Mortal(self.house.world)
        self.deaths: set[str] = set()

    def teardown(self) -> None:
        """Count what was reached, and what had happened on the way."""
        REACHED.update(change.state for change in self.changes)
        HAPPENED.update(f"a process died {when} it sent" for when in self.deaths)
        tags = {(entry.event.change, entry.tag) for entry in self.house.archive.state.entries}
        for change in (each for each in self.changes if each.state in ENDS_WELL):
            HAPPENED["a change ended well after a death"] += bool(self.deaths)
            HAPPENED["a change ended well after an edit"] += change.revision > 1
            HAPPENED["a change ended well after a freeze"] += ("", "freeze.added") in tags
            HAPPENED["a change ended well after an incident"] += ("", "incident.opened") in tags
            back = (change.id, "change.approval_withdrawn") in tags
            HAPPENED["a change ended well after an approval was taken back"] += back
        for entry in self.house.archive.state.entries:
            if isinstance(entry.event, ChangeSuperseded):
                lost = entry.event.moved == ("approvals",)
                HAPPENED["an approval was lost before the apply"] += lost
                HAPPENED["a live state moved before the apply"] += not lost
            if isinstance(entry.event, ChangeRefused) and entry.event.attempt == "apply":
                HAPPENED["a freeze refused an apply"] += "freeze" in entry.event.why.lower()
                HAPPENED["an incident refused an apply"] += " open on " in entry.event.why
            if isinstance(entry.event, ChangeRefused) and entry.event.attempt == "roll back":
                HAPPENED["an incident refused a rollback"] += " open on " in entry.event.why
        self.loop.close()

    @property
    def changes(self) -> list[Change]:
        """Return every change."""
        return list(self.house.archive.state.changes.values())

    def do(self, step: Coroutine[Any, Any, object]) -> None:
        """Take one step; being told to come again, or that somebody was first, is an answer too."""
        before = {change.number: change.state for change in self.changes}
        entries = len(self.house.archive.state.entries)
        try:
            self.loop.run_until_complete(step)
        except (RunAgain, ConflictError) as told:
            if "cannot become" in str(told):
                raise
        except Died as death:
            self.deaths.add(str(death))
        for entry in self.house.archive.state.entries[entries:]:
            if isinstance(entry.event, ExecutionStarted):
                self.loop.run_until_complete(self.check_start(entry.event))
        for change in self.changes:
            was = before.get(change.number, S.DRAFT)
            at_once = {was} | {to for first in MOVES[was] for to in (first, *MOVES[first])}
            assert change.state in at_once, (was, change.state)
            assert was not in TERMINAL - {S.FAILED} or was is change.state, (was, change.state)

    async def check_start(self, started: ExecutionStarted) -> None:
        """Fail unless what has just started might: in no freeze, with the word of every lead, approved by enough."""
        house, now = self.house, self.house.clock.now()
        change = house.change(int(started.change.removeprefix("CHG-")))
        async with house.archive.reading() as look:
            held = await freezes_at(change.request.target, now, look=look, configuration=house.configuration)
            incidents = await look.incidents(IncidentQuery(IncidentState.OPEN, change.request.target))
            given = await look.consents(change.number)
        assert held == ()
        if incidents:
            assert is_emergency(change)
            assert change.request.incident in {incident.id for incident in incidents}
            leads = {(each.by, each.revision, each.plan_digest) for each in given}
            for incident in incidents:
                assert (incident.lead, change.revision, change.plan_digest) in leads
                assert incident.lead != change.request.requester or set(started.approvers) - {incident.lead}
            HAPPENED["a change ran in an incident"] += 1
        people = await find_people(set(started.approvers), desk=house.executor_desk, max_age=FOR_AN_APPLY)
        found = house.configuration.rule(change.environment, change.tier)
        assert found is not None
        still = [people[user].groups for user in started.approvers if people[user].full_member]
        assert quorum_met(found, still), started.approvers

    def pick(self, which: int) -> int:
        """Return one of the changes there are."""
        return self.changes[which % len(self.changes)].number

    @initialize(
        capacity=st.sampled_from(["150", "200", "100"]),
        where=st.sampled_from(["triage-prod", "triage-stage"]),
    )
    def somebody_asks(self, capacity: str, where: str) -> None:
        """Start with one change that waits for approval."""
        self.do(self.house.pending(capacity=capacity, target=where))

    @precondition(lambda self: len(self.changes) < 2)
    @rule(capacity=st.sampled_from(["40", "25"]), urgency=st.sampled_from(["normal", "emergency"]))
    def somebody_asks_for_the_neighbour(self, capacity: str, urgency: str) -> None:
        self.do(self.house.ask(target="classifier-prod", capacity=capacity, type=urgency))
        self.do(self.house.precheck(self.changes[-1].number))

    @rule(which=st.integers(0, 1), who=PEOPLE, choice=st.sampled_from(Choice))
    def decides(self, which: int, who: str, choice: Choice) -> None:
        change = self.house.change(self.pick(which))
        self.do(self.house.say(choice, who, change, "because"))

    @rule(which=st.integers(0, 1), who=st.sampled_from([BOB, CAROL, DAN]))
    def approves(self, which: int, who: str) -> None:
        self.do(self.house.say(Choice.APPROVE, who, self.house.change(self.pick(which))))

    @rule(which=st.integers(0, 1), who=st.sampled_from([BOB, CAROL, DAN, ANNA]))
    def takes_an_approval_back(self, which: int, who: str) -> None:
        number = self.pick(which)
        was = self.house.change(number)
        self.do(self.house.unapprove(who, number))
        if was.state not in (S.PENDING_APPROVAL, S.APPROVED, S.SCHEDULED):
            assert self.house.change(number) == was

    @rule(which=st.integers(0, 1), who=PEOPLE, capacity=st.sampled_from(["150", "160"]))
    def edits_and_submits_again(self, which: int, who: str, capacity: str) -> None:
        number = self.pick(which)
        target = self.house.change(number).request.target
        self.do(self.house.ask(who, number=number, capacity=capacity, target=target))
        if self.house.change(number).state in (S.DRAFT, S.CHANGES_REQUESTED):
            self.do(self.house.precheck(number))

    @precondition(lambda self: len(self.house.archive.state.entries) > 9)
    @rule(which=st.integers(0, 1), who=st.sampled_from([EVE, BOB, DAN, ANNA]))
    def withdraws(self, which: int, who: str) -> None:
        self.do(self.house.withdraw(who, self.pick(which)))

    @rule(which=st.integers(0, 1), who=st.sampled_from([ANNA, BOB, CAROL, EVE]))
    def asks_to_apply(self, which: int, who: str) -> None:
        self.do(self.house.ask_apply(who, self.pick(which)))

    @rule(which=st.integers(0, 1), who=st.sampled_from([BOB, OTTO, EVE]))
    def asks_to_roll_back(self, which: int, who: str) -> None:
        self.do(self.house.ask_rollback(who, self.pick(which)))

    @rule(which=st.integers(0, 1), who=st.sampled_from([OTTO, OTTO, ANNA]))
    def attests(self, which: int, who: str) -> None:
        self.do(self.house.attest(who, self.pick(which)))

    @rule(
        which=st.integers(0, 1),
        job=st.sampled_from(JOBS),
    )
    def a_job_runs_perhaps_again(self, which: int, job: str) -> None:
        number = self.pick(which)
        if job == "precheck" and self.house.change(number).state not in (S.DRAFT, S.CHANGES_REQUESTED):
            return
        self.do(getattr(self.house, job)(number))

    @rule(which=st.integers(0, 1))
    def the_executor_works_it_off(self, which: int) -> None:
        for job in (self.house.apply, self.house.poll, self.house.read_back):
            self.do(job(self.pick(which)))

    @rule(which=st.integers(0, 1), steps=st.integers(1, 8), rolls_back=st.booleans())
    def everybody_does_their_part(self, which: int, steps: int, rolls_back: bool) -> None:
        number = self.pick(which)
        for _ in range(steps):
            self.go_on(number, rolls_back)

    @rule(which=st.integers(0, 1), rolls_back=st.booleans())
    def nobody_disturbs(self, which: int, rolls_back: bool) -> None:
        self.house.writer.fates = []
        self.everybody_is_back()
        self.the_freezes_are_lifted()
        self.the_incidents_are_resolved()
        self.everybody_does_their_part(which, 8, rolls_back)

    def go_on(self, number: int, rolls_back: bool = False) -> None:
        """Do what the state of a change asks for."""
        house, change = self.house, self.house.change(number)
        self.do(house.look_at_people(BOB))
        match change.state:
            case S.PENDING_APPROVAL:
                self.do(house.say(Choice.APPROVE, BOB, change))
                self.do(house.say(Choice.APPROVE, DAN, house.change(number)))
            case S.CHANGES_REQUESTED:
                self.do(house.ask(number=number, capacity="155", target=change.request.target))
                self.do(house.precheck(number))
            case S.APPROVED:
                self.do(house.ask_apply(BOB, number))
                self.do(house.apply(number))
            case S.EXECUTING | S.ROLLING_BACK:
                for job in (house.apply, house.poll, house.read_back):
                    self.do(job(number))
                house.clock.pass_by(timedelta(minutes=2))
            case S.VERIFYING:
                house.clock.pass_by(timedelta(minutes=31))
                self.do(house.validate(number))
            case S.AWAITING_ATTESTATION | S.ROLLED_BACK | S.FAILED:
                back = rolls_back or change.state is S.FAILED
                self.do(house.ask_rollback(BOB, number) if back else house.attest(OTTO, number))

    @rule(fates=st.lists(st.sampled_from(Fate), min_size=1, max_size=2))
    def azure_has_a_day(self, fates: list[Fate]) -> None:
        self.house.writer.fates = fates

    @rule(minutes=st.sampled_from([0.1, 2, 31, 31, 300]))
    def time_passes(self, minutes: float) -> None:
        self.house.clock.pass_by(timedelta(minutes=minutes))
        self.do(self.house.look_at_people(BOB))

    @rule(capacity=st.sampled_from([120, 121]))
    def the_portal(self, capacity: int) -> None:
        if self.house.change(1).state is not S.EXECUTING:
            self.house.world.portal(capacity)

    @rule(leaves=st.booleans())
    def carol_comes_and_goes(self, leaves: bool) -> None:
        self.house.directory.usergroups["S0AIOPS"] = frozenset({BOB} if leaves else {BOB, CAROL})
        self.do(self.house.look_at_people(CAROL))

    @rule(who=st.sampled_from([BOB, CAROL, DAN]))
    def somebodys_account_is_closed(self, who: str) -> None:
        self.house.directory.bar(who, "your account is deactivated")
        self.do(self.house.look_at_people(who))

    @rule()
    def everybody_is_back(self) -> None:
        self.house.directory.known.clear()
        self.do(self.house.look_at_people(BOB, CAROL, DAN))

    @rule(where=st.sampled_from([(), ("triage-prod",), ("classifier-*",)]))
    def a_freeze_begins(self, where: tuple[str, ...]) -> None:
        self.do(self.house.freeze(1, 0, *where))

    @rule()
    def the_freezes_are_lifted(self) -> None:
        for freeze in list(self.house.archive.state.freezes.values()):
            self.do(self.house.lift(freeze.number))

    @precondition(lambda self: len(self.house.archive.state.incidents) < 3)
    @rule(
        where=st.sampled_from(["triage-prod", "classifier-prod", "classifier-prod"]),
        lead=st.sampled_from([ANNA, OTTO, DAN, ""]),
    )
    def an_incident_is_declared(self, where: str, lead: str) -> None:
        self.do(self.house.declare(where, lead=lead))

    @precondition(lambda self: self.house.archive.state.incidents)
    @rule(lead=st.sampled_from([ANNA, OTTO, DAN]))
    def somebody_else_leads(self, lead: str) -> None:
        number = max(self.house.archive.state.incidents)
        self.do(self.house.name_lead(lead, number))
        self.do(self.house.look_at_people(lead))

    @precondition(lambda self: self.house.archive.state.incidents)
    @rule(which=st.integers(0, 1), who=st.sampled_from([ANNA, OTTO, DAN]))
    def consents(self, which: int, who: str) -> None:
        self.do(self.house.consent(who, self.pick(which)))

    @rule()
    def the_incidents_are_resolved(self) -> None:
        for number in list(self.house.archive.state.incidents):
            self.do(self.house.resolve(number))

    @rule(
        which=st.integers(0, 1),
        when=st.sampled_from(["before", "after"]),
        job=st.sampled_from(["apply", "read_back"]),
    )
    def a_process_dies_at_its_call(self, which: int, when: str, job: str) -> None:
        self.mortal.dies = when
        self.do(getattr(self.house, job)(self.pick(which)))
        self.mortal.dies = ""

    @property
    def approved(self) -> list[Change]:
        """Return the changes that are approved and do not run yet."""
        return [change for change in self.changes if change.state is S.APPROVED]

    @precondition(lambda self: self.approved)
    @rule(what=st.sampled_from(["after", "before", "portal", "closed accounts", "freeze"]))
    def something_comes_between_the_click_and_the_call(self, what: str) -> None:
        change = self.approved[0]
        assert change.plan is not None
        self.the_freezes_are_lifted()
        self.do(self.house.look_at_people(BOB))
        self.do(self.house.ask_apply(BOB, change.number))
        match what:
            case "portal":
                self.house.world.portal(122, change.plan.arm_id)
            case "closed accounts":
                for who in (BOB, CAROL, DAN):
                    self.somebodys_account_is_closed(who)
            case "freeze":
                self.a_freeze_begins(())
            case _:
                self.mortal.dies = what
        self.do(self.house.apply(change.number))
        self.mortal.dies = ""

    @invariant()
    def nothing_ran_without_a_quorum_of_others(self) -> None:
        state = self.house.archive.state
        for entry in state.entries:
            if isinstance(entry.event, ExecutionStarted):
                change = state.changes[int(entry.event.change.removeprefix("CHG-"))]
                votes = [
                    vote
                    for key, vote in state.votes.items()
                    if key[:2] == (change.number, entry.event.revision) and vote.choice is Choice.APPROVE
                ]
                found = self.house.configuration.rule(change.environment, change.tier)
                assert found is not None
                assert change.request.requester not in entry.event.approvers
                assert {vote.person for vote in votes} == set(entry.event.approvers)
                assert {vote.plan_digest for vote in votes} <= {entry.event.plan_digest}
                assert quorum_met(found, [vote.groups for vote in votes])
                assert len(entry.event.approvals) == len(votes)

    @invariant()
    def whatever_waits_to_run_has_its_quorum(self) -> None:
        """Return to waiting at once when an approval is taken back: nothing stays approved on too few."""
        for change in self.changes:
            if change.state in (S.APPROVED, S.SCHEDULED):
                votes = self.house.archive.state.votes.items()
                here = [vote for key, vote in votes if key[:2] == (change.number, change.revision)]
                found = self.house.configuration.rule(change.environment, change.tier)
                assert found is not None
                assert quorum_met(found, [vote.groups for vote in here if vote.choice is Choice.APPROVE])
            if change.state is S.PENDING_APPROVAL:
                assert not change.apply_asked_by

    @invariant()
    def azure_accepted_one_call_per_change_and_step(self) -> None:
        """Let only a rollback that failed and was asked for again be accepted again."""
        calls = Counter((change, str(operation.body)) for change, operation in self.house.writer.accepted)
        for change, operation in self.house.writer.accepted:
            plan = self.house.change(int(change.removeprefix("CHG-"))).plan
            assert plan is not None
            assert operation in (*plan.forward, *plan.rollback)
            begun = [e.tag for e in self.house.archive.state.entries if e.event.change == change]
            most = begun.count("rollback.started") if operation in plan.rollback else 1
            assert calls[change, str(operation.body)] <= most, calls

    @invariant()
    def nothing_was_sent_that_was_not_written_down_first(self) -> None:
        started = {
            e.event.change for e in self.house.archive.state.entries if isinstance(e.event, ExecutionStarted)
        }
        assert {change for change, _, _ in self.house.writer.calls} <= started
        assert len(started) == sum(
            isinstance(e.event, ExecutionStarted) for e in self.house.archive.state.entries
        )

    @invariant()
    def the_trail_tells_the_state(self) -> None:
        for change in self.changes:
            told = [e.tag for e in self.house.archive.state.entries if e.event.change == change.id]
            moves = [tag for tag in told if tag not in NO_MOVE]
            if change.state in ENTRY_OF and change.state not in (S.EXECUTING, S.CHANGES_REQUESTED):
                assert moves[-1] == ENTRY_OF[change.state], (change.state, moves)
            elif change.state in ENTRY_OF:
                assert ENTRY_OF[change.state] in moves
            if change.state is S.FAILED:
                assert moves[-1] in ("change.execution.failed", "rollback.failed")
            if change.state is not S.WITHDRAWN:
                assert ("policy.evaluated" in told) is (change.state is not S.DRAFT)

    @invariant()
    def one_change_at_a_time_holds_the_account(self) -> None:
        """Let only an emergency be open beside what is validated on another deployment."""
        running = Counter(change.account for change in self.changes if change.state in RUNNING)
        assert all(count == 1 for count in running.values())
        held = [change for change in self.changes if change.state in OPEN_ON_ACCOUNT]
        assert all(count == 1 for count in Counter(change.arm_id for change in held).values())
        for account in {change.account for change in held}:
            here = [change for change in held if change.account == account]
            assert len(here) < 2 or any(change.outcome.get("beside") for change in here)
            assert all(is_emergency(change) for change in here if change.outcome.get("beside"))

    @invariant()
    def a_step_that_is_over_is_over_in_the_journal(self) -> None:
        for change in self.changes:
            effect = self.house.archive.state.effects.get((change.number, change.revision, "forward"))
            if change.state in (S.VERIFYING, S.AWAITING_ATTESTATION, S.CLOSED):
                assert effect is not None
                assert effect.phase is Phase.DONE
            if change.state in (S.PENDING_APPROVAL, S.APPROVED, S.REJECTED, S.WITHDRAWN, S.SUPERSEDED):
                assert effect is None

    @invariant()
    def every_change_could_be_proved_to_a_stranger(self) -> None:
        """Let no path that the house itself takes look like a breach to the check of a proof pack."""
        for change in self.changes:
            told = [
                _read(seq, entry)
                for seq, entry in enumerate(self.house.archive.state.entries)
                if entry.event.change == change.id
            ]
            ended = how_it_ended(told)
            demand_rules(told)
            if change.state in TERMINAL and change.state is not S.FAILED and told:
                assert bool(ended), (change.state, [each.type for each in told])
            if change.state in RUNNING:
                assert ended == ""

    @invariant()
    def whoever_was_eligible_was_not_the_requester(self) -> None:
        for entry in self.house.archive.state.entries:
            if isinstance(entry.event, PolicyEvaluated):
                assert entry.by.id not in entry.event.eligible


def _read(seq: int, entry: Entry) -> ReadEntry:
    """Return an entry as the check of a pack reads it."""
    actor = {"id": entry.by.id, "entra_oid": entry.by.entra_oid}
    body = {"type": entry.tag, "actor": actor, "data": plain(entry.event.data()), "subject": {"n": seq}}
    return ReadEntry(seq, sha256(entry.id.encode()).hexdigest(), body)


def _settings() -> settings:
    """Return a run that is small and always the same, or a long one of chance: MACHINE_EXAMPLES=2000."""
    examples = int(os.environ.get("MACHINE_EXAMPLES", "0"))
    return settings(
        max_examples=examples or 300,
        derandomize=not examples,
        database=None,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def _rejected(machine: Workflow) -> None:
    machine.decides(which=0, who=BOB, choice=Choice.REJECT)


def _superseded(machine: Workflow) -> None:
    machine.approves(which=0, who=BOB)
    machine.asks_to_apply(which=0, who=BOB)
    machine.the_portal(capacity=121)
    machine.the_executor_works_it_off(which=0)


def _closed(machine: Workflow) -> None:
    machine.nobody_disturbs(which=0, rolls_back=False)


def _rolled_back(machine: Workflow) -> None:
    machine.nobody_disturbs(which=0, rolls_back=True)


def _closed_after_a_death(when: str) -> Callable[[Workflow], None]:
    def path(machine: Workflow) -> None:
        machine.approves(which=0, who=BOB)
        machine.something_comes_between_the_click_and_the_call(what=when)
        assert machine.house.change(1).state is S.EXECUTING
        machine.time_passes(minutes=2)
        machine.nobody_disturbs(which=0, rolls_back=False)

    return path


def _closed_after_an_edit_and_a_freeze(machine: Workflow) -> None:
    machine.decides(which=0, who=BOB, choice=Choice.REQUEST_CHANGES)
    machine.edits_and_submits_again(which=0, who=ANNA, capacity="160")
    machine.approves(which=0, who=BOB)
    machine.something_comes_between_the_click_and_the_call(what="freeze")
    assert machine.house.change(1).state is S.APPROVED
    machine.nobody_disturbs(which=0, rolls_back=False)


def _closed_after_an_approval_was_taken_back(machine: Workflow) -> None:
    machine.approves(which=0, who=BOB)
    machine.asks_to_apply(which=0, who=BOB)
    machine.takes_an_approval_back(which=0, who=BOB)
    machine.nobody_disturbs(which=0, rolls_back=False)


def _held_by_an_incident_and_rolled_back_after_it(machine: Workflow) -> None:
    machine.approves(which=0, who=BOB)
    machine.an_incident_is_declared(where="triage-prod", lead=OTTO)
    machine.asks_to_apply(which=0, who=BOB)
    assert machine.house.change(1).state is S.APPROVED
    machine.the_incidents_are_resolved()
    machine.asks_to_apply(which=0, who=BOB)
    machine.the_executor_works_it_off(which=0)
    machine.an_incident_is_declared(where="triage-prod", lead=OTTO)
    machine.asks_to_roll_back(which=0, who=BOB)
    assert machine.house.change(1).state is S.VERIFYING
    machine.nobody_disturbs(which=0, rolls_back=True)


def _run_in_an_incident(machine: Workflow) -> None:
    machine.an_incident_is_declared(where="classifier-prod", lead=OTTO)
    machine.somebody_asks_for_the_neighbour(capacity="40", urgency="emergency")
    machine.approves(which=1, who=DAN)
    machine.consents(which=1, who=OTTO)
    machine.asks_to_apply(which=1, who=ANNA)
    machine.the_executor_works_it_off(which=1)
    assert machine.house.change(2).state is S.VERIFYING


def _superseded_by(what: str) -> Callable[[Workflow], None]:
    def path(machine: Workflow) -> None:
        machine.approves(which=0, who=BOB)
        machine.something_comes_between_the_click_and_the_call(what=what)

    return path


PATHS: dict[ChangeState, Callable[[Workflow], None]] = {
    S.REJECTED: _rejected,
    S.SUPERSEDED: _superseded,
    S.CLOSED: _closed,
    S.ROLLED_BACK: _rolled_back,
}


WALKS: dict[str, tuple[Callable[[Workflow], None], ChangeState]] = {
    **{end.value: (path, end) for end, path in PATHS.items()},
    "a death before the call": (_closed_after_a_death("before"), S.CLOSED),
    "a death after the call": (_closed_after_a_death("after"), S.CLOSED),
    "an edit and a freeze": (_closed_after_an_edit_and_a_freeze, S.CLOSED),
    "an approval taken back": (_closed_after_an_approval_was_taken_back, S.CLOSED),
    "held by an incident": (_held_by_an_incident_and_rolled_back_after_it, S.ROLLED_BACK),
    "run in an incident": (_run_in_an_incident, S.PENDING_APPROVAL),
    "closed accounts": (_superseded_by("closed accounts"), S.SUPERSEDED),
    "the portal": (_superseded_by("portal"), S.SUPERSEDED),
}


def _walk(path: Callable[[Workflow], None]) -> ChangeState:
    """Return where a path written by hand leads; every invariant is looked at on its end."""
    machine = Workflow()
    machine.somebody_asks(capacity="150", where="triage-prod")
    path(machine)
    machine.check_invariants(_settings(), output=lambda _: None, runtimes={})
    machine.teardown()
    return machine.house.change(1).state


@pytest.mark.parametrize("name", WALKS)
def test_a_path_written_by_hand_reaches(name: str) -> None:
    path, end = WALKS[name]
    assert _walk(path) is end


@pytest.mark.threat(19)
@pytest.mark.asvs("8.3.2")
def test_whatever_people_azure_and_time_do_the_rules_hold_and_ends_are_reached() -> None:
    REACHED.clear()
    HAPPENED.clear()
    run_state_machine_as_test(Workflow, settings=_settings())
    assert set(ENDS_WELL) <= set(REACHED), "the machine no longer drives anything to its end"
    for path, _ in WALKS.values():
        _walk(path)
    assert set(PATHS) <= set(REACHED)
    assert MUST_HAPPEN - {what for what, times in HAPPENED.items() if times} == set()
