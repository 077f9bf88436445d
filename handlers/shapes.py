"""What a door is: the shapes of what comes in, of what is answered, and of the doors themselves."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from bot.ports.slack import Block, Message
from bot.usecases.desk import Caller
from handlers.dependencies import Dependencies, ExecutorSide


@dataclass(frozen=True)
class Quoted:
    """The message that a message shortcut was used on: its ts, its author's id, its words with secrets masked."""

    ts: str
    user: str
    text: str


@dataclass(frozen=True)
class Asked:
    """Who asks, where, and what Slack lets us answer with. `trigger_id` is empty when no modal can be opened.

    `attempt` and `about` are the button or modal that was used and what it carried, unproven. `quoted` is the
    message of a message shortcut, None everywhere else.
    """

    caller: Caller
    channel: str
    trigger_id: str = ""
    response_url: str = ""
    attempt: str = ""
    about: str = ""
    quoted: Quoted | None = None

    @property
    def ref(self) -> str:
        """Return the correlation id."""
        return self.caller.cause.ref


@dataclass(frozen=True)
class Reached:
    """What somebody reached for: a command line or the id of a button, form or shortcut; whether it only looks.

    `says` is what stands on the button or the form, where anything does.
    """

    what: str
    looks: bool
    typed: bool = False
    says: str = ""

    @property
    def name(self) -> str:
        """Return it without what was typed after the first two words."""
        return " ".join(self.what.split()[:2]) if self.typed else self.what


@dataclass(frozen=True)
class Click:
    """A button or a select: which, with which value, on which message or in which view."""

    asked: Asked
    action_id: str
    block_id: str
    value: str
    ts: str = ""
    view_id: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    metadata: str = ""


@dataclass(frozen=True)
class Submission:
    """A modal that was submitted: plain values by block id, and the block ids as the view spells them."""

    asked: Asked
    callback_id: str
    view_id: str
    values: Mapping[str, str]
    chosen: Mapping[str, frozenset[str]]
    blocks: Mapping[str, str]
    metadata: str


@dataclass(frozen=True)
class FieldErrors:
    """Problems shown beside their fields, by plain block id."""

    by_block: Mapping[str, str]


@dataclass(frozen=True)
class Replace:
    """The modal shows this view instead."""

    view: Block


ViewAnswer = FieldErrors | Replace | None


@dataclass(frozen=True)
class Command:
    """A verb of `/cs`: name, usage, help, what it answers (None: it opened a modal), and what `help <verb>` adds."""

    name: str
    usage: str
    help: str
    run: Callable[[tuple[str, ...], Asked, Dependencies], Awaitable[Message | None]]
    more: tuple[str, ...] = ()


SHARED = "`--share` answers in the channel, for everybody there, instead of only for you."


@dataclass(frozen=True)
class Action:
    """A click's door, by action id; what it answers is shown to the clicker only."""

    action_id: str
    run: Callable[[Click, Dependencies], Awaitable[Message | None]]


@dataclass(frozen=True)
class View:
    """A modal's door, by callback id."""

    callback_id: str
    run: Callable[[Submission, Dependencies], Awaitable[ViewAnswer]]


@dataclass(frozen=True)
class Happening:
    """What an event says: ids, each empty where this type of event has none. Nobody's membership is proven.

    `user` did it, or joined; `by` invited or removed. `channel` and `ts` are where, or the message that was reacted
    to. `name` is the channel's, or the emoji's word; `item` is a user group. `is_self` when `user` is this app.
    """

    type: str
    asked: Asked
    user: str = ""
    by: str = ""
    channel: str = ""
    ts: str = ""
    name: str = ""
    item: str = ""
    is_self: bool = False


@dataclass(frozen=True)
class SlackEvent:
    """An event's door, by event type."""

    type: str
    run: Callable[[Happening, Dependencies], Awaitable[None]]


@dataclass(frozen=True)
class Shortcut:
    """A shortcut's door, by callback id; `name` is what people see, and `on` where: everywhere or on a message."""

    callback_id: str
    name: str
    run: Callable[[Asked, Dependencies], Awaitable[None]]
    on: Literal["global", "message"] = "global"


@dataclass(frozen=True)
class Job:
    """Work of the Slack role, by kind."""

    kind: str
    run: Callable[[str, Dependencies], Awaitable[None]]


@dataclass(frozen=True)
class ExecutorJob:
    """Work of the executor role, by kind."""

    kind: str
    run: Callable[[str, ExecutorSide], Awaitable[None]]
