"""The calls a deployment answered lately, in words, for kinds that stop it."""

from bot.ports.registry import PlanFacts


def calls_words(facts: PlanFacts) -> str:
    """Return `1,204 calls in the last hour`, or that nobody counted them."""
    if facts.requests is None:
        return "an unknown number of calls in the last hour"
    return f"{facts.requests:,} call{'' if facts.requests == 1 else 's'} in the last hour"
