"""A write that no change explains, for the people of its target."""

import re
from dataclasses import dataclass

from bot.domain.az_command import activity_list, deployment_show
from bot.domain.configuration import Freeze
from bot.domain.deployment import Target
from bot.domain.drift import shown
from bot.domain.field_names import field_words
from bot.domain.incident import Incident
from bot.domain.sighting import Unexplained
from bot.ports.slack import Block, Message
from bot.render.blocks import actions, button, context, fields, footer, header, say, section
from bot.render.by_hand import by_hand
from bot.render.held_words import incident_name
from bot.render.texts import code, escape, is_user, mention, one_line, when

_FIELDS = 12
UNNAMED = "unknown"
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LATE = (
    "The activity log does not show it yet: it is often minutes late. This message is updated when it does."
)
_PLATFORM = "One that never shows there may be the platform's own."


@dataclass(frozen=True)
class UnapprovedView:
    """A report with what is around it: the target, who it was, the freeze that held, whether a change fits.

    `incident` is one that is open on the target.
    """

    found: Unexplained
    target: Target
    who: str = ""
    freeze: Freeze | None = None
    can_put_back: bool = False
    incident: Incident | None = None


def render_unapproved(view: UnapprovedView, *, ref: str) -> Message:
    """Return the report: what moved, who and when, and what to do next."""
    found, alias = view.found, one_line(view.target.alias)
    title = f"{alias} · Changed without approval"
    told = [
        ("Who", _who(view)),
        ("When", _when(found)),
        ("What was called", code(found.operation, 120) if found.operation else "not known yet"),
        ("Azure's correlation id", code(found.correlation, 80) if found.correlation else "not known yet"),
    ]
    blocks = [
        header(title),
        section(f"*No change explains this write* :rotating_light:\n{_moved(found)}"),
        *fields(told),
        *_around(view),
        section(_next(view)),
        *by_hand([deployment_show(view.target.ref), activity_list(view.target.ref.account, found.at)]),
        *actions(_buttons(view)),
        footer(ref),
    ]
    return say(f"{escape(alias, 120)} was changed without an approved change. {_plain(found)}", blocks)


def _who(view: UnapprovedView) -> str:
    if not view.who:
        return f"not known yet. {_LATE} {_PLATFORM}"
    if is_user(view.who):
        return mention(view.who)
    if view.who == UNNAMED:
        return "an Azure identity that the activity log does not name"
    return f"an Azure identity that nobody here is mapped to: {code(view.who, 80)}"


def _when(found: Unexplained) -> str:
    if found.correlation:
        return f"{when(found.at)}, seen {when(found.seen_at)}"
    return f"between {when(found.at)} and {when(found.seen_at)}"


def _moved(found: Unexplained) -> str:
    lines = [
        f"• {escape(field_words(name), 100)}: {code(shown(before, name), 120)} → {code(shown(after, name), 120)}"
        for name, (before, after) in sorted(found.fields.items())[:_FIELDS]
    ]
    if len(found.fields) > _FIELDS:
        lines.append(f"• and {len(found.fields) - _FIELDS} more")
    return "\n".join(lines) or "It left no difference that can still be seen."


def _plain(found: Unexplained) -> str:
    names = ", ".join(field_words(name).lower() for name in sorted(found.fields)[:6])
    return f"Moved: {escape(names, 300)}." if names else "Nothing that it moved can still be seen."


def _around(view: UnapprovedView) -> list[Block]:
    owner = f"Owner {mention(view.target.owner)}"
    if view.incident is not None:
        owner += f" · {incident_name(view.incident)} is open here"
    if view.freeze is None:
        return [context(owner, "No freeze held")]
    return [
        context(owner),
        section(f"The freeze *{escape(one_line(view.freeze.name), 120)}* held at that time :no_entry:"),
    ]


def _next(view: UnapprovedView) -> str:
    steps = [_ask(view)]
    if view.can_put_back:
        steps.append(
            "Put it back by a change; the form is filled in, and approval is needed as for any other."
        )
    elif view.found.fields:
        steps.append(
            "Put it back by a change of the kind that fits, or keep it and correct what is declared."
        )
    steps.append("Take the right to write away from people and pipelines that should ask here.")
    return "*What to do*\n" + "\n".join(f"• {step}" for step in steps)


def _ask(view: UnapprovedView) -> str:
    """Return whom to ask, and how an identity that nobody is mapped to gets a name here."""
    if not view.who or view.who == UNNAMED or is_user(view.who):
        return "Ask whoever did it why, and whether more was done."
    if not _GUID.fullmatch(view.who):
        return "Azure's activity log has its address, which is not kept here: ask that person why."
    who = code(f"az ad sp show --id {view.who}", 120)
    return (
        f"Find out whose it is, by {who} or {code(f'az ad user show --id {view.who}', 120)}, and ask why. "
        "A row under `[[people]]` in countersign.toml with this `entra_oid` names a person from then on."
    )


def _buttons(view: UnapprovedView) -> list[Block]:
    """Return what can be pressed: put it back, and declare an incident where none is open."""
    number, buttons = view.found.number, []
    if view.can_put_back:
        says = "Open the request form, filled with the values of before"
        buttons.append(button("Request a change to put it back", "drift.revert", str(number), says=says))
    if view.incident is None:
        says = f"Declare an incident on {one_line(view.target.alias)}"
        buttons.append(button("Declare an incident", "incident.offer", f"unapproved:{number}", says=says))
    return buttons
