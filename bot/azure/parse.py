"""Raw ARM JSON to values, by allow-list: a field that is not named here goes no further."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import TypeVar

from bot.azure.errors import AzureRefusedError
from bot.domain.deployment import (
    Account,
    AvailableModel,
    ContentFilter,
    Deployment,
    DeploymentRef,
    FilterRule,
    Model,
    RateLimit,
    Sku,
    SkuBounds,
    Usage,
)
from bot.domain.errors import InvalidInputError
from bot.domain.json import Json
from bot.domain.operation import project
from bot.domain.redaction import scrub

Raw = Mapping[str, Json]
T = TypeVar("T")
DEFAULT_UPGRADE = "OnceCurrentVersionExpired"
RUNNING = "Running"
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/ ()%+-]{0,199}")


def parsed(parse: Callable[[], T], what: str) -> T:
    """Return what `parse` makes of an answer.

    Raises:
        AzureRefusedError: the answer has not the shape that is documented.
    """
    try:
        return parse()
    except (KeyError, TypeError, ValueError, InvalidOperation, InvalidInputError):
        raise AzureRefusedError(f"Azure's answer about {what} cannot be read.") from None


def deployment(raw: Raw, account: Account, observed_at: datetime) -> Deployment:
    """Return a deployment; an upgrade option that is absent is Azure's default, said by name."""
    properties, system, sku = at(raw, "properties"), at(raw, "systemData"), at(raw, "sku")
    model = at(properties, "model")
    return Deployment(
        ref=DeploymentRef(account, required(raw, "name")),
        provisioning_state=word(properties, "provisioningState"),
        sku=Sku(required(sku, "name"), integer(sku, "capacity")),
        model=Model(
            required(model, "name"),
            word(model, "version"),
            word(model, "format") or "OpenAI",
            _arm_path(model.get("source")),
        ),
        content_filter=word(properties, "raiPolicyName"),
        upgrade_option=word(properties, "versionUpgradeOption") or DEFAULT_UPGRADE,
        running_state=word(properties, "deploymentState") or RUNNING,
        projection=project(
            {**raw, "properties": _with_state(properties), "tags": dict[str, Json](tags(raw))}
        ),
        observed_at=observed_at,
        tags=tags(raw),
        rate_limits=tuple(_rate_limit(item) for item in items(properties, "rateLimits")),
        created_at=moment(system.get("createdAt")),
        modified_at=moment(system.get("lastModifiedAt")),
    )


def sku_bounds(raw: Raw) -> SkuBounds:
    """Return what one SKU of a deployment accepts."""
    capacity = at(raw, "capacity")
    values = capacity.get("allowedValues")
    allowed = [value for value in values if isinstance(value, int)] if isinstance(values, list) else []
    return SkuBounds(
        name=required(at(raw, "sku"), "name"),
        minimum=integer(capacity, "minimum"),
        maximum=integer(capacity, "maximum"),
        step=integer(capacity, "step") or 1,
        allowed=tuple(sorted(allowed)),
    )


def usage(raw: Raw) -> Usage:
    """Return one quota line."""
    name = at(raw, "name")
    return Usage(
        name=required(name, "value"),
        label=word(name, "localizedValue"),
        current=number(raw["currentValue"]),
        limit=number(raw["limit"]),
    )


def available_model(raw: Raw) -> AvailableModel:
    """Return a model the account can deploy; `usage_names` is by lower-case SKU name."""
    base = at(raw, "baseModel")
    skus = items(raw, "skus")
    return AvailableModel(
        name=required(raw, "name"),
        version=word(raw, "version"),
        base_name=word(base, "name"),
        base_version=word(base, "version"),
        lifecycle=word(raw, "lifecycleStatus"),
        inference_ends=moment(at(raw, "deprecation").get("inference")),
        usage_names={word(sku, "name").lower(): word(sku, "usageName") for sku in skus},
        format=word(raw, "format") or "OpenAI",
        skus=tuple(sku_bounds({**sku, "sku": sku}) for sku in skus if "maximum" in at(sku, "capacity")),
    )


def content_filter(raw: Raw) -> ContentFilter:
    """Return a content filter policy, one rule per category and side, its blocklists included, sorted."""
    properties = at(raw, "properties")
    rules = sorted(
        [_filter_rule(item) for item in items(properties, "contentFilters")]
        + [_blocklist_rule(item) for item in items(properties, "customBlocklists")]
    )
    return ContentFilter(required(raw, "name"), word(properties, "mode"), tuple(rules))


def tags(raw: Raw) -> dict[str, str]:
    """Return a resource's tags; a value of a class of secrets is replaced, with a mark by which it compares."""
    found = at(raw, "tags")
    return {scrub(name)[0]: _scrubbed(value) for name, value in found.items() if isinstance(value, str)}


def at(raw: Raw, name: str) -> Raw:
    """Return the object under a name, empty when there is none."""
    value = raw.get(name)
    return value if isinstance(value, Mapping) else {}


def items(raw: Raw, name: str) -> list[Raw]:
    """Return the objects of the list under a name."""
    value = raw.get(name)
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def word(raw: Raw, name: str) -> str:
    """Return a name or state, empty when it is absent or is not of the plain letters such words have."""
    value = raw.get(name)
    return value if isinstance(value, str) and _WORD.fullmatch(value) else ""


def required(raw: Raw, name: str) -> str:
    """Return a word that must be there; raise ValueError when it is not."""
    value = word(raw, name)
    if not value:
        raise ValueError(name)
    return value


def integer(raw: Raw, name: str) -> int:
    """Return a whole number, 0 when it is absent; raise TypeError when it is something else."""
    value = raw.get(name)
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(name)
    return value


def number(value: Json) -> Decimal:
    """Return a number exactly as it was written; raise TypeError when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("number")
    return Decimal(str(value))


def moment(value: Json) -> datetime | None:
    """Return a time in UTC, None when it is absent or no time."""
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        return None
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def _with_state(properties: Raw) -> dict[str, Json]:
    """Return the properties with the state said by name: one that is absent is Running."""
    return {**properties, "deploymentState": word(properties, "deploymentState") or RUNNING}


def _rate_limit(raw: Raw) -> RateLimit:
    return RateLimit(word(raw, "key"), number(raw.get("count", 0)), int(number(raw.get("renewalPeriod", 0))))


def _filter_rule(raw: Raw) -> FilterRule:
    return FilterRule(
        word(raw, "name"),
        word(raw, "source").lower() or "both",
        is_blocking=raw.get("blocking") is True,
        threshold=word(raw, "severityThreshold"),
        is_enabled=raw.get("enabled") is True,
    )


def _blocklist_rule(raw: Raw) -> FilterRule:
    name, side = word(raw, "blocklistName"), word(raw, "source").lower() or "both"
    return FilterRule(f"Blocklist {name}".strip(), side, is_blocking=raw.get("blocking") is True)


def _scrubbed(text: str) -> str:
    clean, classes = scrub(text)
    return f"{clean} #{sha256(text.encode()).hexdigest()[:12]}" if classes else text


def _arm_path(value: Json) -> str:
    return value if isinstance(value, str) and re.fullmatch(r"/[A-Za-z0-9/._()-]{1,400}", value) else ""
