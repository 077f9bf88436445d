"""The transcript: scenes, what people do, what they see, and what was proved; on a terminal in colour."""

import textwrap
from datetime import UTC, datetime
from typing import Any

from sandbox.story.blocks import LABEL, Surface, drawn, drawn_all
from sandbox.story.markup import Names, spoken
from sandbox.story.spans import WIDTH, Line, beside, joined, length, padded, painted, plain, wrapped

Json = Any
MARGIN = 7
ROOM = WIDTH - MARGIN - 2
FRAMED = WIDTH - MARGIN - 4


class Transcript:
    """Prints the story; remembers how each card looked, so that only what changed is shown again."""

    def __init__(self, names: Names, *, colours: bool) -> None:
        self._names = names
        self._colours = colours
        self._shown: dict[str, set[str]] = {}
        self._just_proved = False
        self.now = datetime.fromtimestamp(0, UTC)

    def _print(self, line: Line) -> None:
        self._just_proved = False
        print(painted(line, colours=self._colours), flush=True)

    def _indented(self, lines: list[Line], bar: str = "") -> None:
        for line in lines:
            edge = [(bar, "dim"), (" ", "")] if bar else []
            self._print([(" " * MARGIN, ""), *edge, *line])

    def title(self, text: str, under: str) -> None:
        """The first lines."""
        self._print([])
        self._print([(text, "scene")])
        for line in wrapped([(under, "dim")], WIDTH):
            self._print(line)

    def meet(self, names: Names) -> None:
        """Know who and what there is by now, such as a new channel."""
        self._names = names

    def scene(self, number: int, title: str, tells: str) -> None:
        """The beginning of a scene, and in a sentence what it is about."""
        head = f"━━ {number} · {title} "
        self._print([])
        self._print([])
        self._print([(head + "━" * (WIDTH - len(head)), "scene")])
        for line in wrapped([(tells, "dim")], WIDTH):
            self._print(line)

    def deed(self, channel: str, who: str, does: Line, at: datetime | None = None) -> None:
        """One thing somebody did, somewhere, now or at a time."""
        where, name = self._names.channel(channel), self._names.first(who)
        head: Line = [(f"{at or self.now:%H:%M}  ", "dim"), (f"{where}  ", "dim"), (f"{name} ", "bold")]
        self._print([])
        first, *others = wrapped(does, WIDTH - length(head), hang=2)
        self._print([*head, *first])
        for line in others:
            self._print([(" " * MARGIN, ""), *line])

    def quoted(self, text: str) -> None:
        """A line of a document that somebody reads."""
        self._indented([[(part, "dim")] for part in textwrap.wrap(text, FRAMED) or [""]], "│")

    def happens(self, does: str) -> None:
        """Something that nobody did in Slack."""
        self._print([])
        self._print([(f"{self.now:%H:%M}  ", "dim"), (does, "bold")])

    def filled(self, pairs: list[tuple[str, str]]) -> None:
        """What somebody typed into a form, field by field."""
        for label, text in pairs:
            shown = wrapped(spoken(text, self._names), ROOM - LABEL)
            self._indented(beside([[(label, "dim")]], shown, LABEL))

    def message(self, message: Json, *, again: bool = False) -> None:
        """A message of the app; of a card seen before, only what changed unless everything shall be shown."""
        only = message["ephemeral_to"]
        aside = f"· only {self._names.first(only)} sees this" if only else "posts"
        if message["channel"].startswith("D"):
            aside = f"writes to {self._names.first(message['channel'][1:])}"
        if again:
            aside = "· the card now says"
        at = None if again else datetime.fromtimestamp(float(message["ts"]), UTC)
        self.deed(message["channel"], message["user"], [(aside, "dim")], at)
        lines = self._changed(message) if again else drawn_all(message["blocks"], Surface(self._names, ROOM))
        self._remember(message)
        self._indented(lines, "┃")

    def glance(self, card: Json) -> None:
        """A new card like one seen before: its title, its state and what it asks."""
        self.deed(card["channel"], card["user"], [("posts", "dim")])
        self._remember(card)
        short = [block for block in card["blocks"] if block["type"] in ("header", "actions")]
        short[1:1] = [block for block in card["blocks"] if block["type"] == "section"][:1]
        self._indented(drawn_all(short, Surface(self._names, ROOM)), "┃")

    def aside(self, text: str) -> None:
        """What a person does without Slack."""
        self._indented([[(text, "dim")]])

    def _looks(self, block: Json) -> list[Line]:
        return drawn(block, Surface(self._names, ROOM))

    def _remember(self, message: Json) -> None:
        self._shown[message["ts"]] = {
            plain(line)
            for block in message["blocks"]
            for line in self._looks(block)
            if block["type"] != "header"
        }

    def _changed(self, message: Json) -> list[Line]:
        """The title, what reads differently than before, and the buttons."""
        known = self._shown.get(message["ts"], set())
        made: list[Line] = []
        for block in message["blocks"]:
            lines = self._looks(block)
            if block["type"] not in ("header", "actions"):
                lines = [line for line in lines if plain(line) not in known and block["type"] != "context"]
            made += [*([[]] if made and lines else []), *lines]
        return made

    def modal(self, view: Json, errors: dict[str, str] | None = None, *, brief: bool = False) -> None:
        """An open modal in its frame; briefly, only the inputs with something wrong."""
        on = Surface(self._names, FRAMED, view.get("state", {}).get("values", {}), errors or {})
        blocks = [block for block in view["blocks"] if not brief or block["block_id"] in on.errors]
        title = f"─ {view['title']['text']} "
        self._indented([[("╭", "dim"), (title, "bold"), ("─" * (FRAMED + 2 - len(title)) + "╮", "dim")]])
        for line in drawn_all(blocks, on):
            self._indented([[("│ ", "dim"), *padded(line, FRAMED), (" │", "dim")]])
        ends: list[Line] = [[(f"[{view['close']['text']}]", "bold")]] if view.get("close") else []
        ends += [[(f"[{view['submit']['text']}]", "primary")]] if view.get("submit") else []
        foot = joined(ends, (" ", ""))
        fill = "─" * (FRAMED - 1 - length(foot))
        self._indented([[(f"╰{fill} ", "dim"), *foot, (" ─╯", "dim")]])

    def dialog(self, confirm: Json) -> None:
        """The question Slack asks before a button counts."""
        shown = {"type": "section", "block_id": "", "text": confirm["text"]}
        frame = {"title": confirm["title"], "close": confirm["deny"], "submit": confirm["confirm"]}
        self.modal({**frame, "blocks": [shown]})

    def proved(self, what: str) -> None:
        """One check that held; several in a row stand together."""
        if not self._just_proved:
            self._print([])
        first, *others = wrapped([(what, "")], ROOM - 2)
        self._indented([[("✓ ", "good"), *first], *[[("  ", ""), *line] for line in others]])
        self._just_proved = True

    def failed(self, what: str, expected: str, seen: str) -> None:
        """One check that did not hold."""
        self._print([])
        self._indented([[("✗ ", "bad"), (what, "bad")]])
        for name, text in (("expected", expected), ("seen", seen)):
            shown = wrapped([(text or "nothing", "")], ROOM - 12)
            self._indented(
                [[(f"  {name:<9}", "dim"), *shown[0]], *[[(" " * 11, ""), *more] for more in shown[1:]]]
            )

    def end(self, text: str, *, good: bool) -> None:
        """The last line."""
        self._print([])
        self._print([])
        self._print([("━" * WIDTH, "scene")])
        self._print([(text, "good" if good else "bad")])
