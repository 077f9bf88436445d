"""An alert that is about no target: it is told to the people of the trail, so that it is not lost."""

from bot.domain.alert import Alert
from bot.ports.slack import Message
from bot.render.blocks import fields, footer, header, say, section
from bot.render.texts import code, escape, one_line, when

_NEXT = (
    "*What to do* · Name the deployment in `[[targets]]` of countersign.toml, or take this rule out of the action "
    "group. Nothing was declared."
)


def render_unmapped(alert: Alert, ref: str) -> Message:
    """Return what fired, on which resources, and how to have it mapped."""
    resources = "\n".join(code(each.rsplit("/accounts/", 1)[-1], 150) for each in alert.resources[:5])
    told = [
        ("Rule", code(alert.rule or "not said", 150)),
        ("Severity", escape(alert.severity or "not said", 40)),
        ("Resources", resources or "none is named"),
        ("Deployment", code(alert.deployment, 80) if alert.deployment else "not said"),
        ("When", when(alert.at)),
    ]
    blocks = [
        header("Alert about nothing that is looked after"),
        section(escape(one_line(alert.words), 600)),
        *fields(told),
        section(_NEXT),
        footer(ref),
    ]
    return say(f"An alert of Azure Monitor is about no target. {escape(alert.words, 400)}", blocks)
