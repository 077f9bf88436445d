"""A snapshot that was taken is posted in the thread of its incident's card: once, and as soon as there is a card."""

from dataclasses import dataclass, field, replace

import pytest

from bot.domain.incident import ChannelState, Incident, IncidentSnapshot, Severity
from bot.ports.slack import Message
from handlers.dependencies import Dependencies, TrailCheck
from handlers.jobs.deliver import DELIVER
from handlers.jobs.snapshot import SNAPSHOT
from tests.fakes.channels import Rooms
from tests.fakes.house import ANNA, House

KEY = "deliver:INC-1:snapshot:1"


@dataclass
class Voice:
    """What was posted in threads: channel, thread and text."""

    replies: list[tuple[str, str, str]] = field(default_factory=list)

    async def reply(self, channel: str, thread_ts: str, message: Message) -> str:
        """Hear a reply."""
        self.replies.append((channel, thread_ts, message.text))
        return "2.0"


@dataclass
class Office:
    """A company with an open incident whose first snapshot is wanted."""

    house: House = field(default_factory=House)
    voice: Voice = field(default_factory=Voice)

    async def declare(self) -> None:
        """Keep the incident and want its snapshot."""
        now = self.house.clock.now()
        incident = Incident(0, "Tickets wait", Severity.SEV2, frozenset({"triage-prod"}), ANNA, now, now)
        async with self.house.archive.transaction() as tx:
            kept = await tx.add_incident(incident)
            await tx.want_snapshot(kept.number, "declare", now)

    async def place(self, **columns: object) -> None:
        """Change where the incident is."""
        async with self.house.archive.transaction() as tx:
            await tx.change_incident(await tx.incident(1), **columns)

    @property
    def deps(self) -> Dependencies:
        """Return what jobs are given."""

        async def unasked() -> TrailCheck:
            raise AssertionError("the trail was not to be checked")

        return Dependencies(self.house.desk, self.voice, self.house.readers, unasked, channels=Rooms())

    async def take(self) -> None:
        """Run the job that takes it."""
        await SNAPSHOT.run("snapshot:INC-1:1", self.deps)

    async def tell(self) -> None:
        """Run the job that shows it."""
        await DELIVER.run(KEY, self.deps)

    @property
    def snapshot(self) -> IncidentSnapshot:
        """Return the row."""
        return self.house.archive.state.snapshots[1, 1]


@pytest.fixture
async def office() -> Office:
    """Give an incident that was just declared."""
    made = Office()
    await made.declare()
    return made


async def test_it_is_posted_in_the_thread_of_the_card_once(office: Office) -> None:
    await office.place(channel="C0INC", channel_state=ChannelState.OPEN, card_ts="1.0")
    await office.take()
    await office.tell()
    await office.tell()
    ((channel, thread, words),) = office.voice.replies
    assert (channel, thread, office.snapshot.ts) == ("C0INC", "1.0", "2.0")
    assert words.startswith("INC-1, evidence snapshot 1: ")
    assert words.endswith(" Read-only.")
    assert "deliver:INC-1:card" in office.house.jobs


async def test_while_there_is_no_card_nothing_is_posted_and_then_it_is(office: Office) -> None:
    await office.take()
    office.house.forget_jobs()
    await office.tell()
    assert (office.voice.replies, office.house.jobs) == ([], set())
    await office.place(channel="C0INC", channel_state=ChannelState.OPEN, card_ts="1.0")
    await office.tell()
    assert len(office.voice.replies) == 1


async def test_where_the_channel_is_closed_to_us_it_is_kept_and_nobody_is_told(office: Office) -> None:
    await office.place(channel="C0INC", channel_state=ChannelState.GONE)
    await office.take()
    office.house.forget_jobs()
    await office.tell()
    assert (office.voice.replies, office.house.jobs) == ([], set())
    assert office.snapshot.is_taken


async def test_what_was_not_taken_is_not_shown(office: Office) -> None:
    await office.place(channel="C0INC", channel_state=ChannelState.OPEN, card_ts="1.0")
    await office.tell()
    assert office.voice.replies == []


async def test_a_target_that_is_not_configured_any_more_does_not_stop_it(office: Office) -> None:
    await office.place(channel="C0INC", channel_state=ChannelState.OPEN, card_ts="1.0")
    await office.take()
    office.house.configuration = replace(office.house.configuration, targets=())
    await office.tell()
    assert len(office.voice.replies) == 1
