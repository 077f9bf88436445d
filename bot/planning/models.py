"""Models and SKUs, which several kinds ask for: their fields, how they are read, what can be deployed."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta

from bot.domain.deployment import AvailableModel
from bot.domain.errors import InvalidInputError
from bot.domain.json import Json
from bot.domain.operation import Plan
from bot.domain.retirements import fine_tuned_end
from bot.planning.capacity import listed_model, model_of, sku_of
from bot.planning.projections import properties_of
from bot.ports.registry import Field, Offer, PlanFacts

RETIRING = timedelta(days=30)
SKUS = (
    "Standard",
    "GlobalStandard",
    "DataZoneStandard",
    "DeveloperTier",
    "ProvisionedManaged",
    "GlobalProvisionedManaged",
    "DataZoneProvisionedManaged",
)
PAUSABLE = frozenset({"standard", "globalstandard", "datazonestandard"})
_LONGEST = 150


def model_field(offer: Offer, *, required: bool = True, initial: str = "") -> Field:
    """Return the field, a menu of what the account can deploy where that was read; fine-tuned models first."""
    now = f" Now: {offer.live.model.name}." if offer.live else ""
    names = [each.name for each in sorted(offer.models, key=lambda each: (not each.base_name, each.name))]
    hint = f"A model that this account can deploy.{now}"
    return Field("model", "Model", hint, initial, options=_once(names), required=required)


def version_field(offer: Offer, *, required: bool = True, initial: str = "") -> Field:
    """Return the field, a menu of the versions there are."""
    now = f" Now: {offer.live.model.version}." if offer.live else ""
    hint = f"The version of that model; a fine-tuned model has version 1.{now}"
    versions = sorted(each.version for each in offer.models if each.version)
    return Field("version", "Model version", hint, initial, options=_once(versions), required=required)


def sku_field(offer: Offer, *, required: bool = True, initial: str = "") -> Field:
    """Return the field, a menu of the SKUs the deployment could have, or of those its region offers."""
    now = f" Now: {offer.live.sku.name}." if offer.live else ""
    names = [sku.name for sku in offer.skus] or [sku.name for each in offer.models for sku in each.skus]
    options = _once(sorted(names)) or SKUS
    return Field("sku", "SKU", f"How capacity is bought.{now}", initial, options=options, required=required)


def read_model(values: Mapping[str, str]) -> dict[str, Json]:
    """Return `{"model": …, "version": …}`; raise InvalidInputError naming the field that is empty."""
    return {name: read_word(values, name, f"Choose the {words}.") for name, words in _MODEL_WORDS}


def read_sku(values: Mapping[str, str]) -> str:
    """Return the SKU as Azure spells it; raise InvalidInputError when it is no SKU of deployments."""
    typed = read_word(values, "sku", f"Choose a SKU: {', '.join(SKUS)}.").lower()
    known = next((name for name in SKUS if name.lower() == typed), "")
    if not known:
        raise InvalidInputError(f"Choose a SKU: {', '.join(SKUS)}.", field="sku")
    return known


def read_word(values: Mapping[str, str], block: str, words: str) -> str:
    """Return one word without spaces; raise InvalidInputError with these words beside the field."""
    typed = values.get(block, "").strip()
    if not typed or len(typed) > _LONGEST or any(char.isspace() or not char.isprintable() for char in typed):
        raise InvalidInputError(words, field=block)
    return typed


def with_model(projection: Mapping[str, Json], name: Json, version: Json) -> dict[str, Json]:
    """Return the projection with another model of the same format; where the old one came from is left out."""
    properties = properties_of(projection)
    model = properties.get("model")
    known = model.get("format") if isinstance(model, Mapping) else None
    other: dict[str, Json] = {"format": known or "OpenAI", "name": name, "version": version}
    return {**projection, "properties": {**properties, "model": other}}


def undeployable(projection: Mapping[str, Json], facts: PlanFacts) -> tuple[str, ...]:
    """Return why Azure would not deploy the model of a projection, each with its fix."""
    name, version = model_of(projection)
    model = listed_model(projection, facts)
    if model is None:
        return (
            f"The account cannot deploy {name} version {version}. Choose a model and version that Azure lists "
            "for it; a model trained elsewhere has to be copied here first.",
        )
    return (*_another_format(projection, model), *_retiring(model, facts))


def not_offered(projection: Mapping[str, Json], facts: PlanFacts) -> tuple[str, ...]:
    """Return that the model cannot be deployed with the SKU of a projection, with what it can."""
    model, (sku, _) = listed_model(projection, facts), sku_of(projection)
    if model is None:
        return ()
    offered = {each.name.lower(): each.name for each in model.skus} or {
        name: name for name in model.usage_names
    }
    if not offered or sku.lower() in offered:
        return ()
    names = ", ".join(sorted(offered.values()))
    return (f"{model.name} is not offered with {sku} here. Choose one of: {names}.",)


def same_model(plan: Plan) -> bool:
    """Return whether the plan leaves the model as it is."""
    return model_of(plan.before) == model_of(plan.after)


def _another_format(projection: Mapping[str, Json], model: AvailableModel) -> tuple[str, ...]:
    found = properties_of(projection).get("model")
    asked = str(found.get("format") or "") if isinstance(found, Mapping) else ""
    if asked.lower() == model.format.lower():
        return ()
    return (f"{model.name} is of the format {model.format}, not {asked}. Choose a model of the same format.",)


def _retiring(model: AvailableModel, facts: PlanFacts) -> tuple[str, ...]:
    table = fine_tuned_end(model.name)
    end = datetime.combine(table, time(), UTC) if table else model.inference_ends
    if model.lifecycle.lower() == "deprecated":
        return (f"{model.name} is deprecated: Azure deploys it no more. Choose another model.",)
    if end is None or facts.now is None or end - facts.now > RETIRING:
        return ()
    return (f"{model.name} retires on {end:%Y-%m-%d}, within 30 days. Choose a model that stays longer.",)


def _once(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))


_MODEL_WORDS = (("model", "model"), ("version", "version of the model"))
