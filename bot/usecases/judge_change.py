"""Judge a change: the tier its plan has under the policy of now, and whether a template makes it a standard one."""

from bot.domain.change import Change, ChangeType
from bot.domain.configuration import Configuration
from bot.domain.people import Standing
from bot.domain.tiers import Judged, Planned, judge, misfits
from bot.usecases.plan_change import Checked


def tier_today(change: Change, checked: Checked, configuration: Configuration, requester: Standing) -> Judged:
    """Return the tier that a plan has on the state it was made on, under the policy of now, and why."""
    return judge(
        _seen(change, checked),
        change.request,
        groups=requester.groups,
        rules=configuration.tier_rules,
        templates=configuration.templates,
    )


def _seen(change: Change, checked: Checked) -> Planned:
    plan, facts, kind = checked.plan, checked.facts, checked.kind
    return Planned(change.environment, plan, kind.tier(plan, facts), kind.impact(plan, facts))


def not_standard(
    change: Change, checked: Checked, configuration: Configuration, requester: Standing
) -> tuple[str, ...]:
    """Return why a change that was asked for as a standard one is none."""
    named = change.request.template
    if change.request.type is not ChangeType.STANDARD and not named:
        return ()
    templates = [found for found in configuration.templates if found.name == named or not named]
    seen = _seen(change, checked)
    why = [misfits(found, seen, change.request, requester.groups) for found in templates]
    if not all(why):
        return ()
    words = "; ".join(f"{found.name}: {', '.join(no)}" for found, no in zip(templates, why, strict=True))
    known = words or "countersign.toml has none that could be meant"
    return (f"No template makes this a standard change ({known}). Ask for it as a normal one.",)
