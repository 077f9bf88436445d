"""`snapshot`: answer a question with evidence, once, where it was asked; or take a snapshot of an incident."""

from time import perf_counter

from bot.domain.effect import Question
from bot.domain.errors import CountersignError, SlackRefusedError
from bot.domain.incident import incident_number
from bot.domain.people import Person, Standing, actor_of
from bot.domain.policy import Refused
from bot.domain.request_events import EvidenceRead
from bot.ports.archive import Cause
from bot.ports.slack import Message
from bot.render.answer import render_error, render_refused
from bot.usecases.find_people import FOR_AN_APPLY, find_people
from bot.usecases.take_snapshot import take_snapshot
from handlers.answers import ANSWERS
from handlers.dependencies import Dependencies
from handlers.seen import Seen
from handlers.shapes import Job


async def _run(key: str, deps: Dependencies) -> None:
    match key.split(":"):
        case [_, incident, n]:
            cause, number = deps.cause("snapshot"), incident_number(incident)
            await take_snapshot(
                number, int(n), readers=deps.readers, looks=deps.looks, desk=deps.desk, cause=cause
            )
        case _:
            await _answer_question(int(key.rsplit("-", 1)[1]), deps)


async def _answer_question(number: int, deps: Dependencies) -> None:
    async with deps.desk.archive.reading() as look:
        question = await look.question(number)
    if question is None:
        return
    try:
        message = await _answer(question, deps)
    except CountersignError as error:
        message = render_error(error, question.ref)
    await _say(question, message, deps)
    await deps.desk.archive.forget_question(number)


async def _answer(question: Question, deps: Dependencies) -> Message:
    people = await find_people({question.user}, desk=deps.desk, max_age=FOR_AN_APPLY)
    standing = people[question.user]
    if not standing.full_member:
        return render_refused(Refused(f"Not allowed: {standing.why_not}."), question.ref)
    started = perf_counter()
    seen = await ANSWERS[question.verb](question, deps)
    deps.observers.evidence(question.verb, perf_counter() - started)
    entry_id = await _remember(question, seen, standing, deps)
    if seen.packed is not None:
        async with deps.desk.archive.reading() as look:
            proof = await look.proof_of(entry_id)
        channel = question.channel if question.share else question.user
        files = seen.packed(proof, deps.vkey)
        await deps.messenger.upload(channel, files, comment=seen.comment or f"Evidence pack of {seen.about}")
    return seen.message


async def _remember(question: Question, seen: Seen, standing: Standing, deps: Dependencies) -> str:
    person = Person(question.user, question.team, entra_oid=standing.entra_oid)
    async with deps.desk.archive.transaction() as tx:
        event = seen.event
        if event is None:
            sha256 = await tx.keep_evidence(seen.body, kind=question.verb, now=deps.desk.clock.now())
            event = EvidenceRead(command=question.verb, alias=seen.about, evidence=sha256)
        return await tx.record(
            event, by=actor_of(person), cause=Cause("slack", question.ref, question.channel)
        )


async def _say(question: Question, message: Message, deps: Dependencies) -> None:
    if question.share:
        await deps.messenger.post(question.channel, message)
    elif question.response_url:
        try:
            await deps.messenger.respond(question.response_url, message, replace=True)
        except SlackRefusedError:
            await deps.messenger.ephemeral(question.channel, question.user, message)
    else:
        await deps.messenger.ephemeral(question.channel, question.user, message)


SNAPSHOT = Job("snapshot", _run)
