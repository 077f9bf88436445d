"""Short answers: words, refusals, errors, help, who am I, whether the trail proves itself."""

from collections.abc import Mapping, Sequence

from bot.domain.errors import (
    AuditRefusedError,
    AzureUnavailableError,
    ConflictError,
    CountersignError,
    InvalidInputError,
    LedgerBrokenError,
    NotFoundError,
    SlackUnavailableError,
)
from bot.domain.people import Standing
from bot.domain.policy import Refused
from bot.ports.slack import Block, Message
from bot.render.blocks import (
    context,
    fields,
    footer,
    header,
    preformatted,
    rich_line,
    rich_list,
    rich_text,
    say,
    section,
)
from bot.render.texts import code, count, escape, mention, one_line, sentence, shorten
from bot.render.texts import words as safe

_WORDS = 2900
_TITLES: Mapping[type[CountersignError], str] = {
    InvalidInputError: "That cannot be read",
    NotFoundError: "Not found",
    ConflictError: "It moved while you looked",
    AzureUnavailableError: "Azure did not answer",
    SlackUnavailableError: "Slack did not answer",
    LedgerBrokenError: "The audit trail does not prove itself: every change is stopped",
    AuditRefusedError: "The audit trail took no entry, so nothing was done",
}


def render_text(words: str, ref: str) -> Message:
    """Return an answer in words."""
    said = safe(words, _WORDS)
    return say(said, [section(said), footer(ref)])


def error_words(error: CountersignError) -> str:
    """Return what happened and what to do about it, as plain words."""
    happened = str(error) or "It cannot be done."
    return f"{happened} {error.advice}".strip()


def render_error(error: CountersignError, ref: str) -> Message:
    """Return an error for a person: what happened, and the next step."""
    title = next((words for kind, words in _TITLES.items() if isinstance(error, kind)), "It cannot be done")
    advice = f"\n*What to do* · {safe(error.advice, 900)}" if error.advice else ""
    shown = f"*{title}* :warning:\n{safe(str(error), 1500) or 'No details are known.'}{advice}"
    return say(f"{title}: {safe(error_words(error), 2000)}", [section(shown), footer(ref)])


def render_refused(refused: Refused, ref: str) -> Message:
    """Return a refusal: the reason, the rule, and who could."""
    blocks: list[Block] = [section(f"{safe(refused.reason, 1500)} :no_entry:")]
    facts = [("Rule", escape(refused.rule, 900))] if refused.rule else []
    if refused.could:
        facts.append(("Who could", ", ".join(mention(user) for user in refused.could[:20])))
    return say(safe(refused.words, _WORDS), [*blocks, *fields(facts), footer(ref)])


def render_bug(ref: str) -> Message:
    """Return the answer when the fault is ours; it promises nothing that is not known."""
    text = "Something went wrong on our side."
    shown = (
        f"*{text}* :warning:\nIt is logged under the ref below. What you see may be out of date: "
        "ask again, and if it repeats give the ref to the people who run Countersign."
    )
    return say(f"{text} It is logged.", [section(shown), footer(ref)])


def already_words(change_id: str, done: str, by: Sequence[str]) -> str:
    """Return the words for a lost race, such as `CHG-1 is already approved by` and the mentions."""
    names = " and ".join(mention(user) for user in by)
    return f"{change_id} is already {done}{f' by {names}' if names else ''}."


def out_of_date_words(change_id: str) -> str:
    """Return the words for a click on an old card."""
    return f"This card of {change_id} is out of date: the change has moved since. Here is how it stands now."


def render_help(
    entries: Sequence[tuple[str, str]], topic: str, ref: str, *, more: Sequence[str] = ()
) -> Message:
    """Return the commands with what each gives; `more` is what there is to know of the one that is asked for."""
    about = one_line(topic)
    lines = "\n".join(f"{_usage(usage)}  {escape(one_line(text), 200)}" for usage, text in entries[:60])
    title = f"Countersign · Help on {about}" if about else "Countersign · Help"
    counted = count(len(entries), "command")
    said = f"{counted}. A command that changes something only ever opens a form; it never decides."
    chunks = [*_chunks(lines.splitlines()), *_chunks([f"• {safe(each, 300)}" for each in more])]
    return say(f"{escape(title, 200)}: {said}", [header(title), context(said), *chunks, footer(ref)])


def _usage(usage: str) -> str:
    return " · ".join(code(part, 150) for part in usage.split(" · "))


def _chunks(lines: Sequence[str], limit: int = _WORDS) -> list[Block]:
    blocks: list[Block] = []
    kept = ""
    for line in lines:
        if kept and len(kept) + len(line) + 1 > limit:
            blocks.append(section(kept))
            kept = ""
        kept = f"{kept}\n{line}" if kept else line
    return [*blocks, section(kept)] if kept else blocks


def render_whoami(standing: Standing, *, rights: Sequence[str], ref: str) -> Message:
    """Return what the directory says of a person and what policy lets them do."""
    member = "full member" if standing.full_member else standing.why_not or "not a full member"
    groups = ", ".join(sorted(standing.groups)) or "none"
    facts = [("Account", escape(one_line(member), 300)), ("Groups", escape(groups, 1500))]
    if standing.entra_oid:
        facts.append(("Entra object id", code(standing.entra_oid)))
    may = [shorten(one_line(right), 300) for right in rights[:20]]
    title = "You may" if may else "You may look, and nothing else"
    listed = [rich_line(title, bold=True), *([rich_list(may)] if may else [])]
    text = f"You are {mention(standing.user)}: {escape(one_line(member), 300)}, groups {escape(groups, 600)}."
    return say(
        text,
        [section(f"*You are* {mention(standing.user)}"), *fields(facts), rich_text(*listed), footer(ref)],
    )


def render_verify(*, ok: bool, size: int, root: str, vkey: str, findings: Sequence[str], ref: str) -> Message:
    """Return whether the audit trail proves itself, with what it takes to check that elsewhere."""
    word, emoji = ("holds", "white_check_mark") if ok else ("does not hold", "rotating_light")
    found = [shorten(one_line(finding), 400) for finding in findings[:15]]
    problems = [rich_text(rich_line("What was found", bold=True), rich_list(found))] if found else []
    checkable = preformatted(f"root {one_line(root)}\nvkey {one_line(vkey)}")
    consequence = "" if ok else " Every change is stopped."
    return say(
        sentence(f"the audit trail {word}: {size:,} entries.{consequence}"),
        [
            header("Audit trail · Verify"),
            section(f"*The audit trail {word}* · {size:,} entries{consequence} :{emoji}:"),
            *problems,
            rich_text(rich_line("Check it with a program of your own", bold=True), checkable),
            footer(ref),
        ],
    )
