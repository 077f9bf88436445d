"""`anchor`: publish the newest checkpoint outside the database, and say when an anchor proves the trail wrong."""

import structlog

from bot.domain.errors import AnchorContradictsError, CountersignError
from bot.render.answer import error_words, render_text
from bot.usecases.anchor_trail import anchor_trail
from handlers.dependencies import Dependencies
from handlers.shapes import Job

LOG = structlog.get_logger("anchor")


async def _run(key: str, deps: Dependencies) -> None:
    kind = key.removeprefix("anchor:")
    anchor = next((each for each in deps.anchors if each.kind == kind), None)
    if anchor is None:  # it was taken out of the configuration meanwhile
        return
    outcome = await anchor_trail(anchor, desk=deps.desk, cause=deps.cause("anchor"), cosigners=deps.cosigners)
    for name, error in outcome.unsigned:
        LOG.warning("anchor.unsigned", key=name, why=str(error))
    if isinstance(outcome.error, AnchorContradictsError):
        LOG.error("anchor.contradicts", anchor=kind, finding=outcome.error.code)
        if outcome.is_new:
            await _alarm(kind, outcome.error, deps)
    elif outcome.error is not None:
        LOG.warning("anchor.failed", anchor=kind, why=str(outcome.error))


async def _alarm(kind: str, error: AnchorContradictsError, deps: Dependencies) -> None:
    """Say in the audit channel that every change is stopped; the entry and the metric say it, too."""
    channel = deps.desk.configuration.audit_channel
    if not channel:
        return
    words = f"Every change is stopped: the anchor `{kind}` proves the audit trail wrong [{error.code}]. "
    try:
        message = render_text(words + error_words(error), deps.cause("anchor").ref)
        await deps.messenger.post(channel, message)
    except CountersignError:
        LOG.exception("anchor.alarm_not_posted")


ANCHOR = Job("anchor", _run)
