"""Name who moved the other deployments of an account while a step ran, as far as the journal and the log know."""

from collections.abc import Sequence
from datetime import timedelta

from bot.domain.deployment import DeploymentRef
from bot.domain.json import Json
from bot.ports.archive import Look
from bot.usecases.step import Step

_BACK = timedelta(minutes=15)


async def movers(step: Step, names: Sequence[str], look: Look) -> dict[str, Json]:
    """Return, by deployment, the change or the caller that moved it; what nobody knows is left out."""
    effect = await look.effect(step.change, step.name)
    if effect is None:
        return {}
    since, found = effect.at - _BACK, dict[str, Json]()
    for name in names:
        key = DeploymentRef(step.target.ref.account, name).key
        ours = [each for each in await look.effects_on(key) if each.at >= since]
        seen = [each.caller for each in await look.unexplained_on(key, since) if each.caller]
        if ours:
            found[name] = f"CHG-{ours[-1].number}"
        elif seen:
            found[name] = seen[-1]
    return found
