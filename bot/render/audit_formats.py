"""The forms in which entries leave the trail as one file."""

from collections.abc import Mapping

from bot.domain.command_line import did_you_mean
from bot.domain.errors import InvalidInputError
from bot.render.audit_ocsf import render_ocsf
from bot.render.audit_rows import Render, render_cloudevents, render_csv, render_jsonl

FORMATS: Mapping[str, Render] = {
    "jsonl": render_jsonl,
    "csv": render_csv,
    "cloudevents": render_cloudevents,
    "ocsf": render_ocsf,
}


def refuse_format(name: str, known: Mapping[str, object] = FORMATS) -> None:
    """Return if there is such a form; raise InvalidInputError with the nearest one otherwise."""
    if name not in known:
        raise InvalidInputError(f"There is no format {name!r}.", advice=did_you_mean(name, known))
