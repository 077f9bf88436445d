"""Opening the modal in which the lead of an incident consents to a change that it holds."""

from bot.domain.incident_mode import BEFORE, may_consent
from bot.domain.policy import Refused
from bot.ports.slack import Message
from bot.render.answer import out_of_date_words, render_refused, render_text
from bot.render.change_view import ButtonValue
from bot.render.confirm_forms import Confirmation, render_confirm
from bot.usecases.consent_change import CONSENT, parties
from bot.usecases.decide_change import is_current, remember_refusal
from bot.usecases.find_people import FOR_A_DECISION, find_people
from bot.usecases.hold_for_incident import mode_of
from handlers.dependencies import Dependencies
from handlers.dialogs import refresh_card
from handlers.loading import load_view
from handlers.shapes import Asked

_FORWARD = (
    "As the lead of the incident you agree that this plan runs now, and its way back. It still needs its approvals, "
    "and everything is checked again before anything is sent."
)
_BACK = "As the lead of the incident you agree that this change is rolled back. Somebody who may asks for it then."


async def open_consent(value: ButtonValue, asked: Asked, deps: Dependencies) -> Message | None:
    """Open the modal `incident.consent.confirm`, or say why this person's consent would not count."""
    view = await load_view(value.number, deps)
    change, user = view.change, asked.caller.user
    if value.digest and not is_current(change, value.revision, value.digest):
        await refresh_card(change, deps)
        return render_text(out_of_date_words(change.id), asked.ref)
    people = await find_people({user, *parties(view.mode, change)}, desk=deps.desk, max_age=FOR_A_DECISION)
    async with deps.desk.archive.reading() as look:
        mode = await mode_of(change, people=people, look=look, desk=deps.desk)
    verdict = may_consent(change, mode, user)
    if isinstance(verdict, Refused):
        async with deps.desk.archive.transaction() as tx:
            await remember_refusal(tx, change, asked.caller, CONSENT, verdict.reason)
        return render_refused(verdict, asked.ref)
    forward = change.state in BEFORE
    confirmation = Confirmation(
        "incident.consent.confirm",
        "Consent as lead",
        "Consent",
        _FORWARD if forward else _BACK,
        backwards=not forward,
    )
    await deps.messenger.open_view(asked.trigger_id, render_confirm(view, confirmation, asked.ref))
    return None
