"""`countersign.toml`, read and refused in words: unknown keys get a "did you mean", missing ones a name."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.domain.command_line import did_you_mean
from bot.domain.configuration import (
    Configuration,
    FieldRule,
    Freeze,
    Group,
    PrivacyPolicy,
    Timing,
    parse_duration,
)
from bot.domain.deployment import Account, DeploymentRef, Target
from bot.domain.errors import CountersignError, InvalidInputError
from bot.domain.field_names import field_path
from bot.domain.json import digest
from handlers.configuration_anchors import anchors_of
from handlers.configuration_incidents import incidents_of
from handlers.configuration_parts import FieldRulePart, FilePart, FreezePart, TargetPart
from handlers.configuration_policy import (
    delegations_of,
    known,
    may_request_of,
    rules_of,
    security_groups_of,
    templates_of,
    tier_rules_of,
    with_zone,
)
from handlers.configuration_sense import refuse_idle, refuse_nonsense
from handlers.configuration_words import in_words


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
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            f"{path} is not a text file.", advice="Name your countersign.toml; it is written in UTF-8."
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise InvalidInputError(f"{path} is not TOML: {error}.", advice="Mend the line it names.") from error
    try:
        return configuration_of(document)
    except ValidationError as error:
        raise in_words(error, path, document) from None
    except CountersignError as error:
        raise InvalidInputError(f"{path}: {error}", advice=error.advice) from error


def configuration_of(document: dict[str, Any]) -> Configuration:
    """Return the configuration a parsed document describes."""
    file = FilePart.model_validate(document)
    refuse_nonsense(file)
    accounts = tuple(Account(**part.model_dump()) for part in file.accounts)
    groups = {name: Group(name, frozenset(part.users), part.usergroup) for name, part in file.groups.items()}
    return Configuration(
        team_id=file.workspace.team_id,
        app_id=file.workspace.app_id,
        audit_channel=file.workspace.audit_channel,
        feed_channel=file.workspace.feed_channel,
        incident_channel_pattern=file.workspace.incident_channel_pattern,
        freeze_groups=known(file.workspace.freeze_groups, file.groups, "[workspace] freeze_groups", "group"),
        auditor_groups=known(
            file.workspace.auditor_groups, file.groups, "[workspace] auditor_groups", "group"
        ),
        shared_channels=frozenset(file.workspace.shared_channels),
        origin=file.audit.origin,
        accounts=accounts,
        targets=tuple(_target(part, accounts) for part in file.targets),
        groups=groups,
        rules=rules_of(file),
        may_request=may_request_of(file),
        freezes=tuple(_freeze(part, file) for part in file.freeze),
        timing=Timing(**{name: parse_duration(text) for name, text in file.timing.model_dump().items()}),
        policy_digest=digest(_policy_document(file)),
        entra_oids=_entra_oids(file),
        field_rules=tuple(_field_rule(part) for part in file.policy_rule),
        in_place=frozenset(name for name, part in file.policy.items() if part.in_place),
        security_groups=security_groups_of(file),
        templates=templates_of(file),
        delegations=delegations_of(file),
        tier_rules=tier_rules_of(file),
        anchors=anchors_of(file.anchors),
        high_water=file.audit.high_water,
        privacy=PrivacyPolicy(file.privacy.commit_actor_ids, file.privacy.shred_backups, file.privacy.keys),
        incidents=incidents_of(file.incidents, file.groups),
    )


def _entra_oids(file: FilePart) -> dict[str, str]:
    users = [person.user for person in file.people]
    twice = next((user for user in users if users.count(user) > 1), None)
    if twice is not None:
        raise InvalidInputError(
            f"people names {twice} twice.", advice="Keep the row with the right entra_oid."
        )
    return {person.user: person.entra_oid for person in file.people}


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
        dependents=tuple(part.dependents),
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


def _freeze(part: FreezePart, file: FilePart) -> Freeze:
    where = f"freeze {part.name}"
    start, end = with_zone(part.start, where), with_zone(part.end, where)
    refuse_idle(part, [target.alias for target in file.targets])
    override = known(part.override, file.groups, f"{where}: override", "group")
    return Freeze(part.name, start, end, tuple(part.targets), override)


def _policy_document(file: FilePart) -> Any:
    parts = {"policy", "groups", "people", "freeze", "timing", "templates", "delegation", "tier_rule"}
    kept = file.model_dump(mode="json", include=parts, exclude_unset=True)
    kept["freeze_groups"] = file.workspace.freeze_groups
    kept["auditor_groups"] = file.workspace.auditor_groups
    return {name: value for name, value in kept.items() if value}
