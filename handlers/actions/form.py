"""Another target or kind in the request form: a job reads what is live and draws the form again."""

from bot.ports.slack import Message
from handlers.dependencies import Dependencies
from handlers.shapes import Action, Click
from handlers.slack_payloads import number_in


async def _redraw(click: Click, deps: Dependencies) -> Message | None:
    kind, target = click.values.get("kind", ""), click.values.get("target", "")
    if click.view_id and kind and target:
        async with deps.desk.archive.transaction() as tx:
            draft = "".join(f":{number}" for number in [number_in(click.metadata, "number")] if number)
            if incident := number_in(click.metadata, "incident"):
                key = f"precheck:repair:{click.view_id}:INC-{incident}:{kind}:{target}"
            else:
                key = f"precheck:form:{click.view_id}:{kind}:{target}{draft}"
            await tx.enqueue("precheck", key)
    return None


REDRAW = Action("value", _redraw)
