"""`status`, `show`, `metrics`, `quota`: read-only evidence, answered by a job."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from bot.domain.change import change_number
from bot.domain.command_line import Words, did_you_mean, parse
from bot.domain.configuration import Configuration
from bot.domain.errors import InvalidInputError, NotFoundError
from bot.domain.metric_catalogue import CATALOGUE
from bot.domain.metric_window import against_span, last_span, usual_span
from bot.ports.slack import Message
from bot.render.metrics import render_catalogue
from bot.usecases.choose_reference import NEWEST
from handlers.asking import ask_for
from handlers.dependencies import Dependencies
from handlers.loading import load_view
from handlers.shapes import SHARED, Asked, Command

Run = Callable[[tuple[str, ...], Asked, Dependencies], Awaitable[Message | None]]


def _status(words: Words, configuration: Configuration) -> tuple[str, ...]:
    _one_at_most(words, "status [target]")
    for name in words.arguments:
        configuration.find(name)
    return words.arguments


def _one_target(verb: str) -> Callable[[Words, Configuration], tuple[str, ...]]:
    def read(words: Words, configuration: Configuration) -> tuple[str, ...]:
        if len(words.arguments) != 1:
            raise InvalidInputError("Which target?", advice=f"Name one, such as `{verb} triage-prod`.")
        return _status(words, configuration)

    return read


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
    known = {account.name for account in configuration.accounts}
    regions = {account.location for account in configuration.accounts}
    for name in words.arguments:
        if name.lower() in regions:
            return (name.lower(),)
        if name.lower() not in {
            called.lower() for each in configuration.accounts for called in (each.name, each.account)
        }:
            raise NotFoundError(
                f"There is no account or region called {name!r}.", advice=did_you_mean(name, known | regions)
            )
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
        for change in (name for name in names if name.startswith("CHG-")):
            await load_view(change_number(change), deps)
        about = f"of {names[0]}" if names else ""
        return await ask_for(verb, names, asked, deps, share=words.flag("share"), about=about)

    return run


STATUS = Command(
    "status",
    "status [target]",
    "What is deployed and how it does now.",
    _command("status", _status),
    (SHARED,),
)
COST = Command(
    "cost",
    "cost <target>",
    "Its eight drivers of cost, as estimates.",
    _command("cost", _one_target("cost")),
    (SHARED,),
)
SHOW = Command(
    "show",
    "show <target>",
    "Every fact of one target, with its source.",
    _command("show", _one_target("show")),
    (SHARED,),
)
_LOOK_AT_METRICS = _command("metrics", _metrics, ("last", "vs"))


async def _run_metrics(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    words = parse(typed, flags=("share", "catalogue"), options=("last", "vs"))
    if words.flag("catalogue") and (words.arguments or len(words.options) > 1):
        raise InvalidInputError(
            "The catalogue is the same for every target.",
            advice="Write `metrics --catalogue` alone, or `metrics <target>` for figures.",
        )
    if words.flag("catalogue"):
        return render_catalogue(CATALOGUE, asked.ref)
    return await _LOOK_AT_METRICS(typed, asked, deps)


METRICS = Command(
    "metrics",
    "metrics <target> [--last 6h] [--vs 7d|baseline|CHG-n] · metrics --catalogue",
    "Tokens, requests, times and cost against the same hours before or a kept baseline, as charts.",
    _run_metrics,
    (
        "Units: tokens and requests are counts, times ms, HTTP 429 a share of requests, cost USD (an estimate).",
        "A duration is a whole number and s, m, h, d or w: `90s`, `6h`, `7d`.",
        "Windows: up to 2 h in steps of 5 min, 12 h of 15 min, 2 days of 30 min, 7 days of 1 h, 40 days of 6 h, "
        "then days.",
        "`--vs 7d` is the mean of the same hours on each of up to seven earlier days that have figures.",
        "Azure Monitor keeps metrics for 93 days, and what happened in the last minutes may still be missing.",
        SHARED,
    ),
)
PACK = Command(
    "evidence",
    "evidence <target> [--change CHG-n]",
    "A pack for reviews: four parts as HTML and JSON, with its proof.",
    _command("evidence", _pack, ("change",)),
    ("`--share` posts the files in the channel instead of your direct messages.",),
)
QUOTA = Command(
    "quota", "quota [account|region]", "What quota is left.", _command("quota", _quota), (SHARED,)
)
