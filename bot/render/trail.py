"""A page of the audit trail for chat: each entry in two lines, and the way to older and newer ones."""

import json
from dataclasses import dataclass
from datetime import datetime

from bot.domain.errors import InvalidInputError
from bot.domain.retelling import sentence_of
from bot.ports.slack import Message
from bot.ports.trail import FoundEntry, TrailPage
from bot.render.audit_rows import told_body
from bot.render.blocks import actions, button, context, footer, header, say, section
from bot.render.texts import code, count, escape, mention, one_line, when
from bot.render.texts import words as safe

_STEPS = 60  # so many pages back the buttons remember; a button's value is short


@dataclass(frozen=True)
class TrailPlace:
    """Where somebody is in what they search: their words, and where each page up to this one began."""

    words: str
    pages: tuple[str, ...] = ("",)

    @property
    def after(self) -> str:
        """Return where this page begins."""
        return self.pages[-1]

    def value(self) -> str:
        """Return it as a button carries it."""
        return json.dumps({"q": self.words, "at": self.pages[-_STEPS:]})


def trail_place_of(value: str) -> TrailPlace:
    """Return the place a button carries; raise InvalidInputError when it is none of ours."""
    try:
        found = json.loads(value)
        pages = tuple(str(each) for each in found["at"])
        if pages:
            return TrailPlace(str(found["q"]), pages)
    except (ValueError, KeyError, TypeError):
        pass
    raise InvalidInputError("This button is out of date.", advice="Search again with `audit search`.")


def render_trail(page: TrailPage, place: TrailPlace, ref: str) -> Message:
    """Return a page of entries, newest first."""
    rows = [section(_entry(each)) for each in page.entries]
    about = f"`{escape(place.words.replace('`', ''), 300)}`" if place.words else "everything"
    said = (
        f"{count(len(page.entries), 'entry') if len(page.entries) == 1 else f'{len(page.entries)} entries'}"
    )
    number = f", page {len(place.pages)}" if len(place.pages) > 1 else ""
    older = TrailPlace(place.words, (*place.pages, page.next)) if page.next else None
    newer = TrailPlace(place.words, place.pages[:-1]) if len(place.pages) > 1 else None
    buttons = [
        button(label, action_id, to.value(), says=f"{label} entries")
        for label, action_id, to in (("Newer", "trail.newer", newer), ("Older", "trail.older", older))
        if to is not None
    ]
    return say(
        f"Audit trail: {said} of {about}{number}.",
        [
            header("Audit trail · Search"),
            context(f"{said} of {about}{number}, newest first. This look is recorded."),
            *(rows or [section("*None* · no entry fits.")]),
            *actions(buttons),
            footer(
                ref, "What is found is not verified here: `audit verify` and `audit proof CHG-n` do that."
            ),
        ],
    )


def _entry(entry: FoundEntry) -> str:
    body = told_body(entry)
    actor, sentence = str(body.get("actor", {}).get("id", "")), sentence_of(body)
    try:
        at = when(datetime.fromisoformat(str(body.get("ts"))))
    except ValueError:
        at = escape(one_line(str(body.get("ts"))), 40)
    number = f"{entry.shard}/{entry.seq}" if entry.shard else str(entry.seq)
    leaf = code(entry.leaf_hash[:12])
    return (
        f"*#{number}* · {at} · {mention(actor)} {safe(one_line(sentence), 400)}\n"
        f"{code(str(body.get('type', '')))} · leaf {leaf}"
    )
