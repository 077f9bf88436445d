"""The Slack side of incidents over everything in memory: commands as people type them, deliveries as jobs run."""

from dataclasses import dataclass, field
from typing import Any

from bot.domain.incident import Incident, TimelineEntry
from bot.ports.slack import Message
from bot.render.lint import check_message
from handlers.commands.registry import run_command
from handlers.dependencies import Dependencies
from handlers.jobs.deliver import DELIVER
from handlers.shapes import Asked
from tests.fakes.channels import Rooms
from tests.fakes.house import ANNA, House
from tests.fakes.voice import Voice


async def unasked() -> Any:
    """Refuse to check the trail."""
    raise AssertionError("the trail was not to be checked")


@dataclass
class Chat:
    """A house with channels and a voice; what people type is answered, what waits is delivered."""

    house: House = field(default_factory=House)
    rooms: Rooms = field(default_factory=Rooms)
    voice: Voice = field(default_factory=Voice)
    typed: int = 0

    @property
    def deps(self) -> Dependencies:
        """Return what a door has."""
        return Dependencies(
            self.house.desk,
            self.voice,
            self.house.readers,
            unasked,
            channels=self.rooms,  # type: ignore[arg-type]
        )

    def asked(self, user: str = ANNA, channel: str = "C0ELSE") -> Asked:
        """Return somebody at a door, with a reference of their own."""
        self.typed += 1
        self.house.cause = type(self.house.cause)("test", f"ref-{self.typed}", channel)
        return Asked(self.house.caller(user), channel, "13.7")

    async def type(self, text: str, user: str = ANNA, channel: str = "C0ELSE") -> Message:
        """Return what a command answers."""
        said = await run_command(text, self.asked(user, channel), self.deps)
        assert said is not None
        check_message(said)
        return said

    async def deliver(self) -> None:
        """Run the deliveries of incidents until none waits."""
        while waiting := self._waiting():
            for key in waiting:
                self.house.archive.state.jobs.pop(("deliver", key))
                await DELIVER.run(key, self.deps)
        for each in self.voice.said:
            check_message(each.message)

    def _waiting(self) -> list[str]:
        jobs = self.house.archive.state.jobs
        return [key for kind, key in jobs if kind == "deliver" and key.startswith("deliver:INC-")]

    def incident(self, number: int = 1) -> Incident:
        """Return an incident as it is stored."""
        return self.house.archive.state.incidents[number]

    def timeline(self, number: int = 1) -> list[TimelineEntry]:
        """Return its timeline in the order of writing."""
        found = self.house.archive.state.timeline.items()
        return [each for (incident, _), each in sorted(found) if incident == number]
