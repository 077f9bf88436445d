"""The Slack side of incidents over everything in memory: commands as people type them, deliveries as jobs run."""

from dataclasses import dataclass, field, replace
from typing import Any

from bot.domain.incident import Incident, TimelineEntry
from bot.ports.slack import Message
from bot.render.lint import check_message, check_view
from bot.usecases.watch_change import sweep
from handlers.actions.registry import ACTIONS
from handlers.commands.registry import run_command
from handlers.dependencies import Dependencies
from handlers.jobs.deliver import DELIVER
from handlers.jobs.notify import REMIND
from handlers.shapes import Asked, Click, Submission, ViewAnswer
from handlers.views.registry import VIEWS
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
        said = await self.open(text, user, channel)
        assert said is not None
        check_message(said)
        return said

    async def open(self, text: str, user: str = ANNA, channel: str = "C0ELSE") -> Message | None:
        """Return what a command answers that may open a form."""
        return await run_command(text, self.asked(user, channel), self.deps)

    async def mention(self, text: str, user: str = ANNA) -> Message | None:
        """Return what a mention is answered, which cannot open a form."""
        return await run_command(text, replace(self.asked(user), trigger_id=""), self.deps)

    async def take_snapshots(self) -> None:
        """Have every wanted snapshot taken."""
        async with self.house.archive.transaction() as tx:
            for each in await tx.snapshots(1):
                await tx.take_snapshot(each, sha256="a" * 64, summary="calm", now=self.house.clock.now())

    async def press(self, action_id: str, value: str, user: str = ANNA) -> Message | None:
        """Return what a button answers."""
        action = next(each for each in ACTIONS if each.action_id == action_id)
        return await action.run(Click(self.asked(user), action_id, "actions", value), self.deps)

    async def submit(self, user: str = ANNA, **values: Any) -> ViewAnswer:
        """Return what the newest form answers when it is submitted with these values."""
        form = self.voice.views[-1]
        check_view(form)
        view = next(each for each in VIEWS if each.callback_id == form["callback_id"])
        plain = {name: value for name, value in values.items() if isinstance(value, str)}
        chosen = {name: frozenset(value) for name, value in values.items() if not isinstance(value, str)}
        metadata = form.get("private_metadata", "")
        blocks = {name: name for name in values}
        submission = Submission(self.asked(user), form["callback_id"], "V1", plain, chosen, blocks, metadata)
        return await view.run(submission, self.deps)

    async def remind(self) -> None:
        """Let the sweep look at the clock, and run the reminders of incidents."""
        await sweep(self.house.desk)
        jobs = self.house.archive.state.jobs
        for key in [key for kind, key in jobs if kind == "remind" and key.startswith("remind:INC-")]:
            self.house.archive.state.jobs.pop(("remind", key))
            await REMIND.run(key, self.deps)

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
        return [
            key
            for kind, key in jobs
            if kind == "deliver" and key.startswith(("deliver:INC-", "deliver:room:"))
        ]

    def incident(self, number: int = 1) -> Incident:
        """Return an incident as it is stored."""
        return self.house.archive.state.incidents[number]

    def timeline(self, number: int = 1) -> list[TimelineEntry]:
        """Return its timeline in the order of writing."""
        found = self.house.archive.state.timeline.items()
        return [each for (incident, _), each in sorted(found) if incident == number]
