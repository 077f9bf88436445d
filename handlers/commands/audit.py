"""`audit …`: questions to the audit trail."""

from collections.abc import Awaitable, Callable, Mapping
from shlex import join

from bot.domain.change import change_number
from bot.domain.command_line import did_you_mean, parse
from bot.domain.errors import InvalidInputError
from bot.domain.trail_words import USAGE
from bot.ports.slack import Message
from bot.render.answer import render_verify
from bot.render.evidence import render_skeleton
from bot.render.trail import TrailPlace
from bot.usecases.ask_question import Asking, ask_question
from bot.usecases.export_trail import MOST_ENTRIES
from bot.usecases.export_trail import USAGE as EXPORT_USAGE
from handlers.audit_export import ask_export
from handlers.audit_search import refused_reader, search_trail
from handlers.dependencies import Dependencies
from handlers.shapes import Asked, Command

Answer = Callable[[tuple[str, ...], Asked, Dependencies], Awaitable[Message | None]]


async def _verify(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    if typed:
        raise InvalidInputError("`audit verify` takes nothing more.", advice="Write `audit verify`.")
    check = await deps.check_trail()
    return render_verify(
        ok=check.ok,
        size=check.size,
        root=check.root,
        vkey=check.vkey,
        findings=check.findings,
        ref=asked.ref,
    )


async def _proof(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    words = parse(typed, flags=("share", "withhold"))
    if len(words.arguments) != 1:
        raise InvalidInputError("The proof of which change?", advice="Write `audit proof CHG-1`.")
    number = change_number(words.arguments[0])
    async with deps.desk.archive.reading() as look:
        change = await look.change(number)
    refused = await refused_reader("audit proof", asked, deps, change)
    if refused is not None:
        return refused
    names = (change.id, *(("--withhold",) if words.flag("withhold") else ()))
    asking = Asking("proof", names, asked.channel, asked.response_url, words.flag("share"))
    await ask_question(asking, caller=asked.caller, desk=deps.desk)
    return render_skeleton(f"Collecting what proves {change.id} …", asked.ref)


async def _search(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    return await search_trail(TrailPlace(join(typed)), asked, deps)


VERBS: Mapping[str, Answer] = {"verify": _verify, "proof": _proof, "search": _search, "export": ask_export}


async def _audit(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    name = typed[0].lower() if typed else "verify"
    if name not in VERBS:
        raise InvalidInputError(f"There is no `audit {name}`.", advice=did_you_mean(name, list(VERBS)))
    return await VERBS[name](typed[1:], asked, deps)


AUDIT = Command(
    "audit",
    f"audit verify · audit search {USAGE} · audit proof CHG-n [--withhold] · audit export {EXPORT_USAGE}",
    "Prove that the audit trail is whole; find entries, or take them; give a change as a file anybody can check.",
    _audit,
    (
        "`audit search` alone is everything, newest first; `type:change.*` is every type that begins so, "
        "`actor:me` is you, `from:7d` a week ago. A mention, a CHG-n or a type needs no key.",
        "Auditors, approvers and those who freeze may search and export; of a change its requester and owner take "
        "proof and export, too. Who looked is recorded.",
        "`audit export` sends entries as a file to your direct messages, without what people wrote in their own "
        f"words: jsonl (as they are signed), csv, cloudevents or ocsf; at most {MOST_ENTRIES:,}.",
        "`--withhold` leaves what people wrote in their own words out of the file; it proves as much.",
        "`--share` posts the proof in the channel instead of your direct messages. Who took it is recorded.",
    ),
)
