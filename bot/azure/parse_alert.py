"""Azure Monitor's common alert schema to an alert, by allow-list: a field that is not named here goes no further."""

import json
import re
from datetime import datetime

from bot.azure import parse
from bot.domain.alert import Alert, AlertCondition
from bot.domain.errors import InvalidInputError
from bot.domain.json import Json

SCHEMA = "azureMonitorCommonAlertSchema"
MOST_TARGETS = 100
_ID = re.compile(r"/subscriptions/[0-9a-fA-F-]{36}/providers/Microsoft\.AlertsManagement/alerts/[\w-]{1,100}")
_ARM = re.compile(r"/subscriptions/[0-9a-fA-F-]{36}(/[A-Za-z0-9._()-]{1,260}){1,20}")
_OPERATORS = {"GreaterThan": "above", "GreaterThanOrEqual": "at or above", "LessThan": "below"}
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")
_FIX = "Turn on the common alert schema in the action group's webhook."


def read_alert(body: bytes) -> Alert:
    """Return the alert that a notification tells of.

    Raises:
        InvalidInputError: it is no JSON, or not in the common alert schema; the words name what is missing.
    Source: learn.microsoft.com, common alert schema
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidInputError("The body is no JSON.", advice=_FIX) from None
    if not isinstance(document, dict) or document.get("schemaId") != SCHEMA:
        raise InvalidInputError(f"The body is not in the schema {SCHEMA}.", advice=_FIX)
    data = parse.at(document, "data")
    essentials, context = parse.at(data, "essentials"), parse.at(data, "alertContext")
    condition = _condition(essentials)
    met = _met(context)
    return Alert(
        alert_id=_alert_id(essentials),
        condition=condition,
        rule=parse.word(essentials, "alertRule"),
        severity=parse.word(essentials, "severity"),
        at=_when(essentials, context, condition),
        resources=_resources(essentials),
        deployment=_dimension(met, "ModelDeploymentName"),
        figure=_figure(met),
        correlation=parse.word(context, "correlationId"),
    )


def _condition(essentials: parse.Raw) -> AlertCondition:
    said = essentials.get("monitorCondition")
    if said not in [str(each) for each in AlertCondition]:
        raise InvalidInputError("essentials.monitorCondition is neither Fired nor Resolved.", advice=_FIX)
    return AlertCondition(str(said))


def _alert_id(essentials: parse.Raw) -> str:
    said = essentials.get("alertId")
    if not isinstance(said, str) or not _ID.fullmatch(said):
        raise InvalidInputError("essentials.alertId is not the id of an alert.", advice=_FIX)
    return said.lower()


def _when(essentials: parse.Raw, context: parse.Raw, condition: AlertCondition) -> datetime:
    """Return when it was resolved where that is said; else when what it is about happened, or when it fired."""
    told = (
        essentials.get("resolvedDateTime"),
        context.get("eventTimestamp"),
        essentials.get("firedDateTime"),
    )
    for said in told[condition is AlertCondition.FIRED :]:
        found = parse.moment(said)
        if found is not None:
            return found
    raise InvalidInputError("essentials.firedDateTime is not a time.", advice=_FIX)


def _resources(essentials: parse.Raw) -> tuple[str, ...]:
    said = essentials.get("alertTargetIDs")
    if not isinstance(said, list) or len(said) > MOST_TARGETS:
        raise InvalidInputError(
            f"essentials.alertTargetIDs is not a list of at most {MOST_TARGETS}.", advice=_FIX
        )
    return tuple(
        dict.fromkeys(each.lower() for each in said if isinstance(each, str) and _ARM.fullmatch(each))
    )


def _met(context: parse.Raw) -> parse.Raw:
    """Return the first criterion that was met; empty where the alert has none, such as one of the activity log."""
    return next(iter(parse.items(parse.at(context, "condition"), "allOf")), {})


def _dimension(met: parse.Raw, name: str) -> str:
    found = (each for each in parse.items(met, "dimensions") if each.get("name") == name)
    return next((parse.word(each, "value") for each in found), "")


def _figure(met: parse.Raw) -> str:
    metric = parse.word(met, "metricName")
    if not metric:
        return ""
    value, limit = _number(met.get("metricValue")), _number(met.get("threshold"))
    status = _dimension(met, "StatusCode")
    how = _OPERATORS.get(parse.word(met, "operator"), "against")
    of = f" of HTTP {status}" if status else ""
    return f"{metric}{of} is {value or 'not said'}" + (f", {how} {limit}" if limit else "")


def _number(said: Json) -> str:
    if isinstance(said, bool) or not isinstance(said, int | float | str):
        return ""
    text = f"{said:g}" if isinstance(said, float) else str(said)
    return text if _NUMBER.fullmatch(text) else ""
