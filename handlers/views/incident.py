"""The forms of an incident, submitted: declared, updated, steered, resolved."""

import json

from bot.domain.errors import InvalidInputError, NotFoundError
from bot.domain.incident import ChannelState, incident_number, read_severity
from bot.domain.incident_names import channel_name
from bot.domain.policy import Refused
from bot.domain.redaction import clean
from bot.render.answer import error_words
from bot.render.incident_forms import render_resolve_form
from bot.render.incident_words import render_declared, updated_words
from bot.render.notice import render_notice_view
from bot.render.texts import ago
from bot.usecases import steer_incident as steer
from bot.usecases.declare_incident import AlreadyDeclared
from bot.usecases.find_people import FOR_A_DECISION, find_people
from bot.usecases.pin_message import pin_message
from bot.usecases.resolve_incident import open_checks, resolve_incident
from handlers.dependencies import Dependencies
from handlers.incident_pins import pinned_of
from handlers.incident_verbs import Wish, declare_wish
from handlers.incident_verbs_steer import assigned
from handlers.incident_verbs_tell import updated
from handlers.shapes import FieldErrors, Replace, Submission, View, ViewAnswer


async def _declare(submission: Submission, deps: Dependencies) -> ViewAnswer:
    values, kept = submission.values, _metadata(submission)
    ways, target = submission.chosen.get("ways", frozenset()), values.get("target", "")
    wish = Wish(
        clean(values.get("title", "")),
        values.get("severity", ""),
        (target,) if target else (),
        kept.get("channel", ""),
        kept.get("origin", ""),
        drill="drill" in ways,
        anyway="anyway" in ways,
    )
    try:
        answer = await declare_wish(wish, submission.asked, deps)
    except InvalidInputError as error:
        return FieldErrors({"title": error_words(error)})
    if isinstance(answer, AlreadyDeclared):
        there, since = answer.incident, ago(answer.incident.declared_at, deps.desk.clock.now())
        words = f"{there.id} was declared {since} on that target. Work there, or tick Declare another."
        return FieldErrors({"title": words})
    name = channel_name(answer, deps.desk.configuration.incident_channel_pattern)
    said = render_declared(answer, name, submission.asked.ref)
    return Replace(render_notice_view(f"{answer.id} is declared", said.text, submission.asked.ref))


async def _update(submission: Submission, deps: Dependencies) -> ViewAnswer:
    words, next_ = clean(submission.values.get("words", "")), submission.values.get("next", "")
    try:
        kept = await updated(_number(submission), words, next_, submission.asked, deps)
    except InvalidInputError as error:
        return FieldErrors({"next" if words and next_ else "words": error_words(error)})
    if kept.channel_state is ChannelState.OPEN:
        return None
    return Replace(render_notice_view("Kept on the timeline", updated_words(kept), submission.asked.ref))


async def _severity(submission: Submission, deps: Dependencies) -> ViewAnswer:
    severity = read_severity(submission.values.get("severity", ""))
    async with deps.desk.archive.transaction() as tx:
        await steer.change_severity(
            _number(submission), severity, caller=submission.asked.caller, tx=tx, desk=deps.desk
        )
    return None


async def _lead(submission: Submission, deps: Dependencies) -> ViewAnswer:
    person = submission.values.get("lead", "")
    try:
        answer = await assigned(_number(submission), steer.LEAD, person, submission.asked, deps)
    except (InvalidInputError, NotFoundError) as error:
        return FieldErrors({"lead": error_words(error)})
    if isinstance(answer, Refused):
        return Replace(render_notice_view("Not done", answer.words, submission.asked.ref))
    return None


async def _resolve(submission: Submission, deps: Dependencies) -> ViewAnswer:
    asked = submission.asked
    number, words = _number(submission), clean(submission.values.get("resolution", ""))
    people = await find_people({asked.caller.user}, desk=deps.desk, max_age=FOR_A_DECISION)
    if "anyway" not in submission.chosen.get("anyway", frozenset()):
        async with deps.desk.archive.reading() as look:
            incident = await look.incident(number)
            checks = await open_checks(incident, look)
        if checks:
            return Replace(render_resolve_form(incident, checks, words, asked.ref))
    async with deps.desk.archive.transaction() as tx:
        answer = await resolve_incident(
            number, words, caller=asked.caller, people=people, tx=tx, desk=deps.desk
        )
    if isinstance(answer, Refused):
        return Replace(render_notice_view("Not done", answer.words, asked.ref))
    said = f"{answer.id} is resolved. `/cs incident export {answer.id}` gives the post-incident review."
    return Replace(render_notice_view("Resolved", said, asked.ref))


async def _pin(submission: Submission, deps: Dependencies) -> ViewAnswer:
    pinned, asked = pinned_of(submission.metadata), submission.asked
    number = incident_number(submission.values.get("incident", ""))
    async with deps.desk.archive.transaction() as tx:
        await pin_message(number, pinned, caller=asked.caller, tx=tx)
    return None


def _number(submission: Submission) -> int:
    return incident_number(_metadata(submission).get("incident", ""))


def _metadata(submission: Submission) -> dict[str, str]:
    try:
        found = json.loads(submission.metadata or "{}")
        return {str(name): str(value) for name, value in found.items()}
    except (ValueError, AttributeError) as error:
        raise InvalidInputError("This form is out of date.", advice="Open it again.") from error


INCIDENT_DECLARE = View("incident.declare", _declare)
INCIDENT_UPDATE = View("incident.update", _update)
INCIDENT_SEVERITY = View("incident.severity", _severity)
INCIDENT_LEAD = View("incident.lead", _lead)
INCIDENT_PIN = View("incident.pin", _pin)
INCIDENT_RESOLVE = View("incident.resolve", _resolve)
