"""A proof pack's verdict, with what it proves, what it does not, and how to check it without us."""

from collections.abc import Sequence

from bot.domain.proof_words import Verdict
from bot.ports.slack import Message
from bot.render.blocks import (
    context,
    footer,
    header,
    preformatted,
    rich_line,
    rich_list,
    rich_text,
    say,
    section,
)
from bot.render.texts import escape, one_line, shorten
from bot.render.texts import words as safe

_LINES = 12


def render_proof(verdict: Verdict, *, name: str, vkeys: Sequence[str], share: bool, ref: str) -> Message:
    """Return the verdict of the pack that follows as a file."""
    where = "in this channel" if share else "in your direct messages"
    emoji = "rotating_light" if verdict.exit else "white_check_mark"
    said = f"{verdict.headline} The file {name} is {where}."
    keys = " ".join(f"--vkey '{one_line(each)}'" for each in vkeys[:4])
    command = preformatted(f"python -S -I verify_pack.py {one_line(name)} {keys}")
    listed = [
        rich_text(
            rich_line(title, bold=True), rich_list([shorten(one_line(each), 400) for each in lines[:_LINES]])
        )
        for title, lines in (("It proves", verdict.proved), ("It does not prove", verdict.unproved))
        if lines
    ]
    return say(
        safe(said, 2000),
        [
            header("Audit trail · Proof"),
            section(f"{safe(verdict.headline, 1500)} :{emoji}:"),
            *listed,
            rich_text(rich_line("Check it yourself", bold=True), command),
            context(
                f"The file {escape(one_line(name), 200)} is {where}. `verify_pack.py` is in the folder `bot` of "
                "Countersign's source and needs Python alone; take the key from whoever gave it to you first."
            ),
            footer(ref),
        ],
    )
