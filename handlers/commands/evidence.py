"""`status`, `show`, `metrics`, `quota`: read-only evidence, answered by a job."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.domain.change import change_number
from bot.domain.command_line import Words, parse
from bot.domain.configuration import Configuration
from bot.domain.errors import InvalidInputError
from bot.domain.metric_catalogue import CATALOGUE
from bot.domain.metric_window import against_span, last_span, usual_span
from bot.ports.slack import Message
from bot.render.evidence import render_skeleton
from bot.render.metrics import render_catalogue
from bot.usecases.ask_question import Asking, ask_question
from bot.usecases.choose_reference import NEWEST
from handlers.dependencies import Dependencies
from handlers.shapes import Asked, Command

Run = Callable[[tuple[str, ...], Asked, Dependencies], Awaitable[Message | None]]


def _status(words: Words, configuration: Configuration) -> tuple[str, ...]:
    _one_at_most(words, "status [target]")
    for name in words.arguments:
        configuration.find(name)
    return words.arguments


def _show(words: Words, configuration: Configuration) -> tuple[str, ...]:
    if len(words.arguments) != 1:
        raise InvalidInputError("Which target?", advice="Name one, such as `show triage-prod`.")
    return _status(words, configuration)


def _metrics(words: Words, configuration: Configuration) -> tuple[str, ...]:
    if len(words.arguments) != 1:
        raise InvalidInputError(
            "Metrics of which target?",
            advice="Write `metrics <target> [--last 6h] [--vs 7d|baseline|CHG-n]`.",
        )
    configuration.find(words.arguments[0])
    last = words.options.get("last", "1h")
    span = last_span(last)
    return (words.arguments[0], last, _against(words.options.get("vs") or usual_span(span), span))


def _against(text: str, last: timedelta) -> str:
    """Return what to compare with: the newest kept baseline, the one before a change, or so long before now."""
    if text.lower() == NEWEST:
        return NEWEST
    if text.lower().startswith("chg-"):
        return f"CHG-{change_number(text)}"
    against_span(text, last)
    return text


def _pack(words: Words, configuration: Configuration) -> tuple[str, ...]:
    if len(words.arguments) != 1:
        raise InvalidInputError(
            "A pack of which target?", advice="Write `evidence <target> [--change CHG-n]`."
        )
    configuration.find(words.arguments[0])
    about = words.options.get("change", "")
    return (words.arguments[0], f"CHG-{change_number(about)}") if about else words.arguments


def _quota(words: Words, configuration: Configuration) -> tuple[str, ...]:
    _one_at_most(words, "quota [account|region]")
    for name in words.arguments:
        if name not in {account.location for account in configuration.accounts}:
            configuration.account(name)
    return words.arguments


def _one_at_most(words: Words, usage: str) -> None:
    if len(words.arguments) > 1:
        raise InvalidInputError("That is more than one name.", advice=f"Write `{usage}`.")


def _command(
    verb: str, read: Callable[[Words, Configuration], tuple[str, ...]], options: tuple[str, ...] = ()
) -> Run:
    async def run(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
        words = parse(typed, flags=("share",), options=options)
        names = read(words, deps.desk.configuration)
        asking = Asking(verb, names, asked.channel, asked.response_url, words.flag("share"))
        await ask_question(asking, caller=asked.caller, desk=deps.desk)
        of = f" of {names[0]}" if names else ""
        return render_skeleton(f"Looking at the {verb}{of}, read-only …", asked.ref)

    return run


STATUS = Command(
    "status", "status [target]", "What is deployed and how it does now.", _command("status", _status)
)
COST = Command("cost", "cost <target>", "Its eight drivers of cost, as estimates.", _command("cost", _show))
SHOW = Command("show", "show <target>", "Every fact of one target, with its source.", _command("show", _show))
_LOOK_AT_METRICS = _command("metrics", _metrics, ("last", "vs"))


async def _run_metrics(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    if parse(typed, flags=("share", "catalogue"), options=("last", "vs")).flag("catalogue"):
        return render_catalogue(CATALOGUE, asked.ref)
    return await _LOOK_AT_METRICS(typed, asked, deps)


METRICS = Command(
    "metrics",
    "metrics <target> [--last 6h] [--vs 7d|baseline|CHG-n] · metrics --catalogue",
    "Tokens, requests, times and cost against the same hours before or a kept baseline, as charts.",
    _run_metrics,
)
PACK = Command(
    "evidence",
    "evidence <target> [--change CHG-n]",
    "A pack for reviews: four parts as HTML and JSON, with its proof.",
    _command("evidence", _pack, ("change",)),
)
QUOTA = Command("quota", "quota [account|region]", "What quota is left.", _command("quota", _quota))
