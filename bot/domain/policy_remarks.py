"""What is doubtful in a policy that works: it may be meant, and somebody should say so."""

from collections.abc import Iterable, Mapping

from bot.domain.anchoring import NOT_ANCHORED
from bot.domain.change import Tier
from bot.domain.configuration import Configuration, Rule
from bot.domain.people import Standing

_PRODUCTION = "production"


def remarks(configuration: Configuration, seen: Mapping[str, Standing]) -> Iterable[tuple[str, str]]:
    """Return what each remark is about, and its words; `seen` are the people whom Slack has told of."""
    if not configuration.anchors.places:
        yield "anchors", f"{NOT_ANCHORED} docs/anchors.md has one of each"
    yield from _environments(configuration)
    yield from (_unapproved(rule) for rule in configuration.rules.values() if _asks_nobody(rule))
    yield from _owners(configuration, seen)
    yield from _channels(configuration)


def _environments(configuration: Configuration) -> Iterable[tuple[str, str]]:
    environments = {environment for environment, _ in configuration.rules}
    for name in sorted(environments - set(configuration.security_groups)):
        words = "no security_groups: what touches security is decided by its tier's rule alone"
        yield f"environment {name}", words
    for name in sorted(environments - {account.environment for account in configuration.accounts}):
        yield f"environment {name}", "no account is in it, so its rules are never used"


def _asks_nobody(rule: Rule) -> bool:
    careful = rule.environment == _PRODUCTION or rule.tier is not Tier.NORMAL
    return rule.quorum == 0 and rule.tier is not Tier.STANDARD and careful


def _unapproved(rule: Rule) -> tuple[str, str]:
    return f"{rule.environment} · {rule.tier}", "quorum = 0: a change is applied without anybody's approval"


def _owners(configuration: Configuration, seen: Mapping[str, Standing]) -> Iterable[tuple[str, str]]:
    named = set(configuration.entra_oids).union(*(group.users for group in configuration.groups.values()))
    for owner in dict.fromkeys(target.owner for target in configuration.targets):
        aliases = ", ".join(target.alias for target in configuration.targets if target.owner == owner)
        found = seen.get(owner)
        if found is None and owner not in named:
            words = (
                "no [[people]] row or group names this id, and Slack was never asked about it: is it right?"
            )
            yield f"owner <@{owner}> of {aliases}", words
        elif found is not None and not found.full_member:
            yield f"owner <@{owner}> of {aliases}", "is not a full member, so nobody can attest to a change"


def _channels(configuration: Configuration) -> Iterable[tuple[str, str]]:
    if not configuration.audit_channel:
        yield "audit_channel", "none is named, so no channel is told what was decided"
    channels = dict.fromkeys(target.channel for target in configuration.targets)
    if channels:
        yield "channels", f"whether the app may post there is not looked at here: {', '.join(channels)}"
