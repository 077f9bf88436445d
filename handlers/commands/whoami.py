"""`whoami`: what the directory and the policy say of the person who asks."""

from bot.domain.auditing import is_auditor
from bot.domain.command_line import parse
from bot.domain.configuration import Configuration
from bot.domain.people import Standing
from bot.domain.rule_words import rule_words
from bot.ports.slack import Message
from bot.render.answer import render_whoami
from bot.usecases.find_people import FOR_A_DECISION, find_people
from handlers.dependencies import Dependencies
from handlers.shapes import Asked, Command


async def _whoami(typed: tuple[str, ...], asked: Asked, deps: Dependencies) -> Message | None:
    parse(typed)
    user = asked.caller.user
    people = await find_people({user}, desk=deps.desk, max_age=FOR_A_DECISION)
    return render_whoami(people[user], rights=rights(people[user], deps.desk.configuration), ref=asked.ref)


def rights(standing: Standing, configuration: Configuration) -> list[str]:
    """Return what a person may do, one sentence each."""
    if standing.full_member and is_auditor(standing, configuration):
        return ["Read everything, the whole audit trail too; change nothing. What you read is recorded."]
    if not standing.full_member:
        return [f"Nothing here: {standing.why_not or 'you are not a full member of this workspace'}."]
    decides = [
        f"Decide · {rule_words(rule)}"
        for rule in configuration.rules.values()
        if standing.groups & set(rule.groups + rule.required_groups)
    ]
    breaks = [
        f"Break the glass · {rule.environment} · {rule.tier}"
        for rule in configuration.rules.values()
        if rule.break_glass and standing.groups & rule.deciding
    ]
    freezes = ["Add and lift freezes."] if standing.groups & set(configuration.freeze_groups) else []
    owns = [f"Own · {target.alias}" for target in configuration.targets if target.owner == standing.user]
    return [
        "Read evidence of every target.",
        "Request changes; never decide your own.",
        *decides,
        *breaks,
        *freezes,
        *owns,
    ]


WHOAMI = Command("whoami", "whoami", "Who you are here and what you may do.", _whoami)
