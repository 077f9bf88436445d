"""`countersign.toml`, read and refused in words: unknown keys get a "did you mean", missing ones a name."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.domain.change import Tier
from bot.domain.command_line import did_you_mean
from bot.domain.configuration import (
    Configuration,
    FieldRule,
    Freeze,
    Group,
    Rule,
    Timing,
    parse_duration,
)
from bot.domain.deployment import Account, DeploymentRef, Target
from bot.domain.errors import CountersignError, InvalidInputError
from bot.domain.field_names import field_path
from bot.domain.json import digest
from handlers.configuration_parts import (
    TABLES,
    FieldRulePart,
    FilePart,
    FreezePart,
    RulePart,
    TargetPart,
)

_SEE = "docs/configuration.md says what can stand there."


def read_configuration(path: Path) -> Configuration:
    """Return what the file says.

    Raises:
        InvalidInputError: it is missing, is not TOML, or says something that cannot be; the message names where.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInputError(
            f"{path} cannot be read.", advice="Set COUNTERSIGN_CONFIG to the path of your countersign.toml."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"{path} is not TOML: {error}.", advice="Mend the line it names.") from error
    try:
        return configuration_of(document)
    except ValidationError as error:
        raise _in_words(error, path) from None
    except CountersignError as error:
        raise InvalidInputError(f"{path}: {error}", advice=error.advice) from error


def configuration_of(document: dict[str, Any]) -> Configuration:
    """Return the configuration a parsed document describes."""
    file = FilePart.model_validate(document)
    accounts = tuple(Account(**part.model_dump()) for part in file.accounts)
    groups = {name: Group(name, frozenset(part.users), part.usergroup) for name, part in file.groups.items()}
    rules, may_request = _policy(file, frozenset(groups))
    in_place = frozenset(name for name, part in file.policy.items() if _in_place(name, part))
    return Configuration(
        team_id=file.workspace.team_id,
        app_id=file.workspace.app_id,
        audit_channel=file.workspace.audit_channel,
        feed_channel=file.workspace.feed_channel,
        incident_channel_pattern=file.workspace.incident_channel_pattern,
        origin=file.audit.origin,
        accounts=accounts,
        targets=tuple(_target(part, accounts) for part in file.targets),
        groups=groups,
        rules=rules,
        may_request=may_request,
        in_place=in_place,
        freezes=tuple(_freeze(part) for part in file.freeze),
        timing=Timing(**{name: parse_duration(text) for name, text in file.timing.model_dump().items()}),
        policy_digest=digest(_policy_document(file)),
        entra_oids={person.user: person.entra_oid for person in file.people},
        field_rules=tuple(_field_rule(part) for part in file.policy_rule),
    )


def _target(part: TargetPart, accounts: tuple[Account, ...]) -> Target:
    account = next((found for found in accounts if found.name == part.account), None)
    if account is None:
        known = did_you_mean(part.account, [found.name for found in accounts])
        raise InvalidInputError(f"target {part.alias} names the account {part.account!r}.", advice=known)
    return Target(
        alias=part.alias,
        ref=DeploymentRef(account, part.deployment),
        owner=part.owner,
        channel=part.channel,
        first_symptom=part.first_symptom,
        monthly_budget_usd=part.monthly_budget_usd,
        declared=part.declared,
        runbook={_known_field(name, part.alias): value for name, value in part.runbook.items()},
        serves=part.serves,
    )


def _known_field(name: str, where: str) -> str:
    try:
        field_path(name)
    except InvalidInputError as error:
        raise InvalidInputError(f"{where}: {error}", advice=error.advice) from None
    return name


def _field_rule(part: FieldRulePart) -> FieldRule:
    where = f"policy_rule {part.name}"
    values = tuple(part.value) if isinstance(part.value, list) else (part.value,)
    several = part.must == "one_of"
    if several != isinstance(part.value, list) or not values:
        raise InvalidInputError(
            f"{where}: one_of takes a list, the others one value.",
            advice='Write value = ["a", "b"] or value = 120.',
        )
    if part.must in ("at_least", "at_most") and (isinstance(values[0], bool | str)):
        raise InvalidInputError(f"{where}: {part.must} needs a number.", advice="Write value = 120.")
    return FieldRule(part.name, _known_field(part.field, where), part.must, values, tuple(part.targets))


def _freeze(part: FreezePart) -> Freeze:
    if part.start.tzinfo is None or part.end.tzinfo is None:
        raise InvalidInputError(
            f"freeze {part.name} has a time without a zone.", advice="Write +01:00 or Z after it."
        )
    return Freeze(part.name, part.start, part.end, tuple(part.targets), tuple(part.override))


def _in_place(environment: str, part: dict[str, Any]) -> bool:
    value = part.get("in_place", False)
    if not isinstance(value, bool):
        raise InvalidInputError(f"[policy.{environment}] in_place is true or false, not {value!r}.")
    return value


def _policy(
    file: FilePart, groups: frozenset[str]
) -> tuple[dict[tuple[str, Tier], Rule], dict[str, tuple[str, ...]]]:
    rules: dict[tuple[str, Tier], Rule] = {}
    may_request: dict[str, tuple[str, ...]] = {}
    for environment, tiers in file.policy.items():
        for name, body in tiers.items():
            if name == "may_request":
                may_request[environment] = tuple(str(group) for group in body)
            elif name == "in_place":
                continue
            elif name in set(Tier):
                rules[environment, Tier(name)] = _rule(environment, Tier(name), body, groups)
            else:
                raise InvalidInputError(
                    f"[policy.{environment}.{name}] is no tier.", advice=did_you_mean(name, list(Tier))
                )
    return rules, may_request


def _rule(environment: str, tier: Tier, body: dict[str, Any], groups: frozenset[str]) -> Rule:
    where = f"[policy.{environment}.{tier}]"
    try:
        part = RulePart.model_validate(body)
    except ValidationError as error:
        place, unknown, words = _telling(error)
        field = ".".join(place)
        advice = did_you_mean(field, RulePart.model_fields) if unknown else _SEE
        raise InvalidInputError(f"{where} {field}: {words}.", advice=advice) from None
    for name in (*part.groups, *part.required_groups):
        if name not in groups:
            raise InvalidInputError(f"{where} names the group {name!r}.", advice=did_you_mean(name, groups))
    durations = ("request_expires", "approval_expires")
    values = part.model_dump(exclude={*durations, "expires_warning"})
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return Rule(
        environment=environment,
        tier=tier,
        request_expires=parse_duration(part.request_expires),
        approval_expires=parse_duration(part.approval_expires),
        expires_warning=parse_duration(part.expires_warning) if part.expires_warning else None,
        **{**values, **lists},
    )


def _policy_document(file: FilePart) -> Any:
    kept = file.model_dump(mode="json", include={"policy", "groups", "people", "freeze", "timing"})
    return {name: value for name, value in kept.items() if value}


def _in_words(error: ValidationError, path: Path) -> InvalidInputError:
    place, unknown, words = _telling(error)
    inside = TABLES.get(place[0], FilePart) if len(place) > 1 else FilePart
    advice = did_you_mean(place[-1], inside.model_fields) if unknown else _SEE
    return InvalidInputError(f"{path}: {'.'.join(place)}: {words}.", advice=advice)


def _telling(error: ValidationError) -> tuple[list[str], bool, str]:
    """Return the mistake that says most: its place, whether it is an unknown key, and the words for it.

    That is a misspelt key rather than the one that is missing for it.
    """
    found = error.errors(include_url=False, include_input=False)
    first = next((item for item in found if item["type"] == "extra_forbidden"), found[0])
    return [str(part) for part in first["loc"]], first["type"] == "extra_forbidden", first["msg"]
