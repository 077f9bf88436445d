"""A messenger in memory: what was posted, edited and said to whom, and the refusals Slack answers with."""

from dataclasses import dataclass, field

from bot.domain.errors import SlackRefusedError
from bot.ports.slack import Block, Message


@dataclass(frozen=True)
class Said:
    """A message as it stands: where, in which thread, and what."""

    channel: str
    ts: str
    message: Message
    thread_ts: str = ""


@dataclass
class Voice:
    """The Messenger port, as far as incidents use it; `refusals` are Slack's words by channel."""

    said: list[Said] = field(default_factory=list)
    views: list[Block] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)

    async def refuse_shared(self, channel: str) -> None:
        """Refuse where another company reads along."""
        if self.refusals.get(channel) == "shared_channel":
            self._refuse(channel)

    async def post(self, channel: str, message: Message) -> str:
        """Keep a message."""
        return self._say(channel, message)

    async def reply(self, channel: str, thread_ts: str, message: Message) -> str:
        """Keep a reply."""
        return self._say(channel, message, thread_ts)

    async def update(self, channel: str, ts: str, message: Message) -> None:
        """Edit a message in place."""
        self._refuse(channel)
        at = next(index for index, each in enumerate(self.said) if (each.channel, each.ts) == (channel, ts))
        self.said[at] = Said(channel, ts, message, self.said[at].thread_ts)

    async def ephemeral(self, channel: str, user: str, message: Message) -> None:
        """Keep what one person was shown."""
        self._say(f"{channel}/{user}", message)

    async def direct(self, user: str, message: Message) -> str:
        """Keep a direct message."""
        return self._say(f"D{user}", message)

    async def conversation(self, user: str) -> str:
        """Return the direct messages of a person."""
        return f"D{user}"

    async def link(self, channel: str, ts: str) -> str:
        """Return the address of a message."""
        self._refuse(channel)
        return f"https://contoso.slack.com/archives/{channel}/p{ts.replace('.', '')}"

    async def open_view(self, trigger_id: str, view: Block) -> str:
        """Keep a modal."""
        self.views.append(view)
        return f"V{len(self.views)}"

    async def update_view(self, view_id: str, view: Block) -> None:
        """Keep what a modal shows now."""
        self.views.append(view)

    async def publish_home(self, user: str, view: Block) -> None:
        """Keep a Home tab."""
        self.views.append(view)

    def of(self, channel: str) -> list[Said]:
        """Return what was said in a channel."""
        return [each for each in self.said if each.channel == channel]

    def _say(self, channel: str, message: Message, thread_ts: str = "") -> str:
        self._refuse(channel)
        ts = f"{len(self.said) + 1}.000100"
        self.said.append(Said(channel, ts, message, thread_ts))
        return ts

    def _refuse(self, channel: str) -> None:
        if channel in self.refusals:
            code = self.refusals[channel]
            raise SlackRefusedError(f"Slack refused: {code}.", code=code)
