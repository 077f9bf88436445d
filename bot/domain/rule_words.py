"""A rule of the policy as one sentence: how many approvals, from whom, and who applies what is approved."""

from collections.abc import Iterable

from bot.domain.configuration import Rule

_ROLES = {"requester": "the requester", "owner": "the owner"}


def rule_words(rule: Rule) -> str:
    """Return what must be approved by whom, as a person reads it."""
    among = _any(rule.groups) if rule.quorum else ""
    number = "no approval" if not rule.quorum else f"{rule.quorum} approval{'s' if rule.quorum > 1 else ''}"
    parts = [f"{rule.environment} · {rule.tier}: {number}{f' from {among}' if among else ''}"]
    if rule.distinct_groups:
        parts.append("each from another group")
    parts += [f"at least one from {group}" for group in rule.required_groups]
    if not set(rule.security_groups) <= set(rule.required_groups):
        parts.append(f"at least one from {_any(rule.security_groups)} because it touches security")
    if rule.mapped_only:
        parts.append("only from people with a row in [[people]]")
    if rule.quorum or len(parts) > 1:
        parts.append("never from the requester")
    return ", ".join(parts)


def rule_in_full(rule: Rule) -> str:
    """Return the same, and who may apply what is approved."""
    who = _any(_ROLES.get(name, name) for name in rule.may_apply)
    return f"{rule_words(rule)}{'. Once approved, ' if rule.quorum else '; '}{who or 'nobody'} may apply it"


def _any(names: Iterable[str]) -> str:
    """Return `a`, `a or b`, `a, b or c`; each name once."""
    *some, last = dict.fromkeys(names) or [""]
    return f"{', '.join(some)} or {last}" if some else last
