"""The job `anchor`: it publishes, writes down how that went, and says once when an anchor contradicts the trail."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.domain.anchor_events import AnchorFailed, CheckpointAnchored
from bot.domain.anchoring import AnchorPlace, AnchorPolicy, AnchorState
from bot.domain.errors import AnchorContradictsError, AnchorUnavailableError, CountersignError
from bot.ports.anchors import OurLog, Published, Seen
from bot.ports.slack import Message
from handlers.dependencies import Dependencies, TrailCheck
from handlers.jobs.anchor import ANCHOR
from handlers.web.metrics import Now, new_metrics
from storage.figures import Figures
from tests.fakes.archive_anchors import HEAD
from tests.fakes.channels import Rooms
from tests.fakes.house import House, company
from tests.fakes.logs import captured
from tests.threats.alerting import fires


@dataclass
class Paper:
    """An anchor on paper: what was written on it, and what it says instead if it says something."""

    kind: str = "file"
    written: list[int] = field(default_factory=list)
    error: CountersignError | None = None

    async def publish(self, log: OurLog) -> Published:
        """Write the size down."""
        if self.error is not None:
            raise self.error
        self.written.append(log.size)
        return Published("the drawer")

    async def newest(self, log: OurLog) -> Seen | None:
        """Say nothing."""
        return None


@dataclass
class Heard:
    """What was posted, by channel."""

    posts: list[tuple[str, str]] = field(default_factory=list)

    async def post(self, channel: str, message: Message) -> str:
        """Hear a message."""
        self.posts.append((channel, message.text))
        return "1.0"


@dataclass
class Office:
    """A company, its anchor, and who listens in its channels."""

    paper: Paper = field(default_factory=Paper)
    heard: Heard = field(default_factory=Heard)
    house: House = field(
        default_factory=lambda: House(company(anchors=AnchorPolicy((AnchorPlace("file", "drawer"),))))
    )

    async def run(self) -> None:
        """Run the job once, with an entry waiting."""
        before = self.house.archive.state.anchors.get("file", AnchorState("file", HEAD.size))
        waits = AnchorState("file", HEAD.size, waiting_since=self.house.clock.now(), finding=before.finding)
        self.house.archive.state.anchors["file"] = waits

        async def unasked() -> TrailCheck:
            raise AssertionError("the trail was not to be checked")

        deps = Dependencies(
            self.house.desk,
            self.heard,
            self.house.readers,
            unasked,
            channels=Rooms(),
            anchors=(self.paper,),  # type: ignore[arg-type]
        )
        with captured():
            await ANCHOR.run("anchor:file", deps)


async def test_what_is_published_is_an_entry_with_size_root_and_place() -> None:
    office = Office()
    await office.run()
    event = office.house.last.event
    assert isinstance(event, CheckpointAnchored)
    assert (event.anchor, event.size, event.place) == ("file", HEAD.size, "the drawer")
    assert office.paper.written == [HEAD.size]
    assert office.house.archive.state.anchors["file"].anchored_at == office.house.clock.now()


async def test_a_failure_is_an_entry_and_nobody_is_alarmed() -> None:
    office = Office(Paper(error=AnchorUnavailableError("the disk is not mounted")))
    await office.run()
    event = office.house.last.event
    assert isinstance(event, AnchorFailed)
    assert (event.why, event.finding) == ("the disk is not mounted", "")
    assert office.heard.posts == []


@pytest.mark.threat(25)
@pytest.mark.asvs("16.4.2")
async def test_proof_against_the_trail_is_said_in_the_audit_channel_once() -> None:
    office = Office(Paper(error=AnchorContradictsError("it has seen 20 entries", code="A2", size=20)))
    await office.run()
    event = office.house.last.event
    assert isinstance(event, AnchorFailed)
    assert event.finding == "A2"
    ((channel, words),) = office.heard.posts
    assert channel == "C0AUDIT"
    for said in ("Every change is stopped", "A2", "it has seen 20 entries"):
        assert said in words
    office.house.archive.state.anchors["file"] = AnchorState("file", HEAD.size, finding="A2")
    await office.run()
    assert len(office.heard.posts) == 1


async def test_an_anchor_that_was_taken_out_of_the_file_is_nobodys_job() -> None:
    office = Office(Paper(kind="slack"))
    await office.run()
    assert office.house.tags == []


@pytest.mark.threat(25)
@pytest.mark.asvs("16.4.2")
def test_the_alerts_fire_when_an_anchor_is_an_hour_late_or_speaks_against_the_trail() -> None:
    def text(seconds: float, against: int) -> bytes:
        figures = Figures({}, {}, {}, anchor_ages={"file": 1.0, "slack": seconds}, anchors_against=against)
        return new_metrics("1").text(Now(figures=figures))

    hour = timedelta(hours=1).total_seconds()
    assert not fires("CountersignAnchorLate", text(hour, 0))
    assert fires("CountersignAnchorLate", text(hour + 1, 0))
    assert not fires("CountersignAnchorContradicts", text(hour + 1, 0))
    assert fires("CountersignAnchorContradicts", text(0, 1))
