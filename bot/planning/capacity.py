"""Capacity, which several kinds ask for: its field, how it is read, what SKUs and quota allow."""

from collections.abc import Mapping
from decimal import Decimal

from bot.domain.deployment import AvailableModel, Deployment, SkuBounds, Usage
from bot.domain.errors import InvalidInputError
from bot.domain.json import Json
from bot.domain.operation import Plan
from bot.ports.registry import Field, PlanFacts

MOST_UNITS = 999_999


def capacity_field(live: Deployment | None, label: str = "New capacity") -> Field:
    """Return the field, pre-filled with the capacity of now."""
    now = f" Now: {live.sku.capacity}." if live else ""
    hint = f"Units of the SKU; on Standard, 1 unit is 1,000 tokens per minute.{now}"
    return Field("capacity", label, hint, str(live.sku.capacity) if live else "", is_number=True)


def read_capacity(values: Mapping[str, str]) -> int:
    """Return the capacity that was typed, in units.

    Raises:
        InvalidInputError: it is not a whole number above zero, or more than any SKU has.
    """
    text = values.get("capacity", "").strip().replace(",", "")
    if not (text.isascii() and text.isdigit()) or not text.strip("0"):
        raise InvalidInputError(
            "Write the new capacity as a whole number of units, such as 150.", field="capacity"
        )
    if len(text) > len(str(MOST_UNITS)) or int(text) > MOST_UNITS:
        raise InvalidInputError(
            f"At most {MOST_UNITS:,} units can be asked for. Write a smaller number, such as 150.",
            field="capacity",
        )
    return int(text)


def outside_bounds(plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
    """Return why the SKU does not take the capacity after the plan, with the fix."""
    name, wanted = sku_of(plan.after)
    model = listed_model(plan.after, facts)
    known = (*(model.skus if model else ()), *facts.skus)
    bounds = next((sku for sku in known if sku.name.lower() == name.lower()), None)
    return _outside(bounds, wanted) if bounds else ()


def over_quota(plan: Plan, facts: PlanFacts) -> tuple[str, ...]:
    """Return why the region's quota does not hold what the plan adds to it, with the fix."""
    line, was = quota_line(plan.after, facts), quota_line(plan.before, facts)
    (_, units), (_, had) = sku_of(plan.after), sku_of(plan.before)
    rise = units - had if line == was else units
    if line is None or rise <= 0 or Decimal(rise) <= line.left:
        return ()
    return (
        f"Quota {line.name} has {line.left:f} of {line.limit:f} units left and this needs {rise} more. "
        f"Ask for at most {line.left:f} more, free capacity elsewhere in the region, "
        "or request quota at aka.ms/oai/stuquotarequest.",
    )


def quota_line(projection: Mapping[str, Json], facts: PlanFacts) -> Usage | None:
    """Return the quota line that a deployment of this projection draws from, None when Azure names none."""
    model = listed_model(projection, facts)
    if model is None:
        return None
    wanted = model.usage_names.get(sku_of(projection)[0].lower(), "").lower()
    return next((usage for usage in facts.quota if usage.name.lower() == wanted), None)


def listed_model(projection: Mapping[str, Json], facts: PlanFacts) -> AvailableModel | None:
    """Return the projection's model as the account lists it, None when it does not."""
    name, version = model_of(projection)
    return next(
        (
            each
            for each in facts.models
            if each.name.lower() == name.lower() and version in ("", each.version)
        ),
        None,
    )


def sku_of(projection: Mapping[str, Json]) -> tuple[str, int]:
    """Return the SKU's name and capacity in a projection; empty and 0 when it has none."""
    sku = projection.get("sku")
    found = sku if isinstance(sku, Mapping) else {}
    capacity = found.get("capacity")
    return str(found.get("name") or ""), capacity if isinstance(capacity, int) else 0


def model_of(projection: Mapping[str, Json]) -> tuple[str, str]:
    """Return the model's name and version in a projection; empty when it has none."""
    properties = projection.get("properties")
    model = properties.get("model") if isinstance(properties, Mapping) else None
    found = model if isinstance(model, Mapping) else {}
    return str(found.get("name") or ""), str(found.get("version") or "")


def _outside(bounds: SkuBounds, wanted: int) -> tuple[str, ...]:
    if bounds.allowed and wanted not in bounds.allowed:
        allowed = ", ".join(str(value) for value in bounds.allowed)
        return (f"{bounds.name} accepts only these capacities: {allowed}. Choose one of them.",)
    if not bounds.minimum <= wanted <= bounds.maximum:
        return (
            f"{bounds.name} accepts {bounds.minimum} to {bounds.maximum} units. Choose a capacity in between.",
        )
    if bounds.step > 1 and (wanted - bounds.minimum) % bounds.step:
        return (f"{bounds.name} goes in steps of {bounds.step} from {bounds.minimum}. Choose a multiple.",)
    return ()
