"""`countersign.toml` as values: accounts, targets, people, groups, policy, freezes and timing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from bot.domain.anchoring import AnchorPolicy
from bot.domain.change import Change, Impact, Tier
from bot.domain.command_line import did_you_mean
from bot.domain.delegation import Delegation
from bot.domain.deployment import Account, DeploymentRef, Target, parse_arm_id
from bot.domain.errors import InvalidInputError, NotFoundError
from bot.domain.incident_policy import IncidentPolicy
from bot.domain.json import Json
from bot.domain.tiers import Template, TierRule


@dataclass(frozen=True)
class Group:
    """People by name: a list of users, a Slack user group, or both."""

    name: str
    users: frozenset[str] = frozenset()
    usergroup: str = ""


@dataclass(frozen=True)
class Rule:
    """What one environment × tier demands. What has no rule is denied.

    `security_groups`: one of them must be among the approvals; set only for a change that touches security.
    `auto_rollback`: a breached rollback trigger starts the rollback by itself; `rollback_approvals`: how many others
    must confirm one that a person asks for. `mapped_only`: who has no row in [[people]] neither decides nor asks.
    """

    environment: str
    tier: Tier
    quorum: int
    groups: tuple[str, ...]
    request_expires: timedelta
    approval_expires: timedelta
    may_apply: tuple[str, ...]
    may_rollback: tuple[str, ...] = ()
    distinct_groups: bool = False
    required_groups: tuple[str, ...] = ()
    break_glass: bool = False
    expires_warning: timedelta | None = None
    security_groups: tuple[str, ...] = ()
    auto_rollback: bool = False
    rollback_approvals: int = 0
    mapped_only: bool = False

    @property
    def deciding(self) -> frozenset[str]:
        """Return every group whose people may decide."""
        return frozenset(self.groups + self.required_groups + self.security_groups)


@dataclass(frozen=True)
class Freeze:
    """A window in which nothing is applied to the targets it matches."""

    name: str
    start: datetime
    end: datetime
    targets: tuple[str, ...] = ("*",)
    override: tuple[str, ...] = ()

    def covers(self, alias: str, at: datetime) -> bool:
        """Return whether the freeze holds for this target at this time."""
        return self.start <= at < self.end and any(fnmatchcase(alias, pattern) for pattern in self.targets)


@dataclass(frozen=True)
class FieldRule:
    """What a field of the targets it matches must be: `must` is equals, one_of, at_least or at_most."""

    name: str
    field: str
    must: str
    values: tuple[Json, ...]
    targets: tuple[str, ...] = ("*",)

    def covers(self, alias: str) -> bool:
        """Return whether the rule holds for this target."""
        return any(fnmatchcase(alias, pattern) for pattern in self.targets)


@dataclass(frozen=True)
class Timing:
    """How long things take."""

    validation_window: timedelta = timedelta(minutes=30)
    observation_window: timedelta = timedelta(hours=2)
    evidence_max_age: timedelta = timedelta(minutes=15)
    doubt_grace: timedelta = timedelta(seconds=90)
    reconcile_every: timedelta = timedelta(minutes=5)


@dataclass(frozen=True)
class PrivacyPolicy:
    """What the trail keeps of people: entries commit to ids too; texts are sealed; the folder of the data keys."""

    commits_people: bool = False
    seals: bool = False
    keys: str = ""


@dataclass(frozen=True)
class Configuration:
    """Everything `countersign.toml` says. `policy_digest` is stored in every vote."""

    team_id: str
    app_id: str
    audit_channel: str
    origin: str
    accounts: tuple[Account, ...]
    targets: tuple[Target, ...]
    groups: Mapping[str, Group]
    rules: Mapping[tuple[str, Tier], Rule]
    may_request: Mapping[str, tuple[str, ...]]
    freezes: tuple[Freeze, ...]
    timing: Timing
    policy_digest: str
    entra_oids: Mapping[str, str] = field(default_factory=dict)
    feed_channel: str = ""
    incident_channel_pattern: str = ""
    field_rules: tuple[FieldRule, ...] = ()
    in_place: frozenset[str] = frozenset()
    freeze_groups: tuple[str, ...] = ()
    auditor_groups: tuple[str, ...] = ()
    shared_channels: frozenset[str] = frozenset()
    security_groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    templates: tuple[Template, ...] = ()
    delegations: tuple[Delegation, ...] = ()
    tier_rules: tuple[TierRule, ...] = ()
    anchors: AnchorPolicy = field(default_factory=AnchorPolicy)
    high_water: str = ""
    privacy: PrivacyPolicy = PrivacyPolicy()
    incidents: IncidentPolicy = field(default_factory=IncidentPolicy)

    def account(self, name: str) -> Account:
        """Return the account people call `name`, or whose Azure resource has that name."""
        for account in self.accounts:
            if name.lower() in (account.name.lower(), account.account.lower()):
                return account
        raise NotFoundError(
            f"There is no account called {name!r}.",
            advice=did_you_mean(name, [a.name for a in self.accounts]),
        )

    def target(self, alias: str) -> Target:
        """Return the target with this alias, or the only one whose deployment has this name."""
        for target in self.targets:
            if target.alias.lower() == alias.lower():
                return target
        named = [each for each in self.targets if each.ref.deployment.lower() == alias.lower()]
        if len(named) == 1:
            return named[0]
        if named:
            aliases = ", ".join(sorted(each.alias for each in named))
            raise NotFoundError(f"{alias!r} is deployed more than once.", advice=f"Name one of: {aliases}.")
        raise NotFoundError(
            f"There is no target called {alias!r}.",
            advice=did_you_mean(alias, [t.alias for t in self.targets]),
        )

    def find(self, text: str) -> DeploymentRef:
        """Return the deployment that an alias, its own name, `account/deployment` or an ARM id names.

        Raises:
            NotFoundError: no account or target of that name is configured.
            InvalidInputError: the text begins like an ARM id and is none.
        """
        if text.startswith("/"):
            subscription, group, name, deployment = parse_arm_id(text)
            account = self.account(name)
            if (subscription, group.lower()) != (
                account.subscription.lower(),
                account.resource_group.lower(),
            ):
                raise NotFoundError("That deployment is in an account this app does not look after.")
            return DeploymentRef(account, deployment)
        if "/" in text:
            name, _, deployment = text.partition("/")
            return DeploymentRef(self.account(name), deployment)
        return self.target(text).ref

    def target_of(self, ref: DeploymentRef) -> Target | None:
        """Return the target that aliases this deployment, if one does."""
        return next((target for target in self.targets if target.ref.key == ref.key), None)

    def rule(self, environment: str, tier: Tier) -> Rule | None:
        """Return the rule of this environment and tier; None means denied."""
        return self.rules.get((environment, tier))

    def rule_for(self, change: Change) -> Rule | None:
        """Return what this change needs: its tier's rule, and the security groups where it touches security."""
        rule = self.rule(change.environment, change.tier)
        if rule is None or Impact.SECURITY not in change.touches:
            return rule
        return replace(rule, security_groups=self.security_groups.get(change.environment, ()))


def parse_duration(text: str) -> timedelta:
    """Return the duration that `90s`, `30m`, `4h`, `7d` or `2w` says.

    Raises:
        InvalidInputError: it says none.
    """
    units = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
    number, unit = text.strip()[:-1], text.strip()[-1:].lower()
    if unit not in units or not (number.isascii() and number.isdigit()) or len(number) > 6:
        raise InvalidInputError(f"{text!r} is not a duration.", advice="Write it as 90s, 30m, 4h, 7d or 2w.")
    return timedelta(seconds=int(number) * units[unit])
