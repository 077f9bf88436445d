"""Another target or kind in the request form: a job reads what is live and draws the form again."""

from bot.ports.slack import Message
from handlers.dependencies import Dependencies
from handlers.shapes import Action, Click
from handlers.slack_payloads import draft_number


async def _redraw(click: Click, deps: Dependencies) -> Message | None:
    kind, target = click.values.get("kind", ""), click.values.get("target", "")
    if click.view_id and kind and target:
        async with deps.desk.archive.transaction() as tx:
            draft = "".join(f":{number}" for number in [draft_number(click.metadata)] if number)
            await tx.enqueue("precheck", f"precheck:form:{click.view_id}:{kind}:{target}{draft}")
    return None


REDRAW = Action("value", _redraw)
