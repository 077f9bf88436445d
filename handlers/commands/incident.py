"""`incident …`: declare, list, show, steer; none of it changes production."""

from collections.abc import Awaitable, Callable, Mapping

from bot.domain.command_line import did_you_mean
from bot.domain.errors import InvalidInputError
from bot.ports.slack import Message
from handlers.dependencies import Dependencies
from handlers.incident_review import ask_review
from handlers.incident_verbs import declare, list_incidents, show, timeline
from handlers.incident_verbs_steer import (
    change_lead,
    change_severity,
    give_role,
    link,
    note,
    snapshot,
    target,
)
from handlers.incident_verbs_tell import channel, resolve, snooze, update
from handlers.shapes import Asked, Command

Sub = Callable[[tuple[str, ...], Asked, Dependencies], Awaitable[Message | None]]
SUBS: Mapping[str, Sub] = {
    "declare": declare,
    "list": list_incidents,
    "show": show,
    "severity": change_severity,
    "lead": change_lead,
    "role": give_role,
    "target": target,
    "note": note,
    "link": link,
    "snapshot": snapshot,
    "timeline": timeline,
    "update": update,
    "snooze": snooze,
    "resolve": resolve,
    "channel": channel,
    "export": ask_review,
}


async def _incident(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    name = typed[0].lower() if typed else "list"
    if name not in SUBS:
        raise InvalidInputError(f"There is no `incident {typed[0]}`.", advice=did_you_mean(name, SUBS))
    return await SUBS[name](typed[1:], asked, deps)


INCIDENT = Command(
    "incident",
    "incident declare [title…] [--sev n] [--target t] [--drill] [--here] [--follows INC-n] [--anyway] · "
    "list [--all] [--target t] · show|resolve|snapshot [INC-n] · timeline [INC-n] [--share] · "
    "update [INC-n] [words…] [--next 30m] · severity [INC-n] n · lead [INC-n] @who · "
    "role [INC-n] <role> @who · target [INC-n] <target…> · "
    "note [INC-n] <words…> · link [INC-n] CHG-n · snooze [INC-n] 1h · channel [INC-n] [--here] · "
    "export [INC-n] [--share]",
    "Declare an incident and work on it; it gets a channel, a card and evidence, and changes nothing in production.",
    _incident,
    (
        "In the channel of an incident INC-n is implied.",
        "While an incident is open on a target, only emergency changes run there, and its lead consents to them.",
        "`export` gives the post-incident review as one ZIP with its proofs, to you alone or with `--share` here.",
        "`--drill` is the same path, labelled; it is counted nowhere. `--here` works in this channel.",
    ),
)
