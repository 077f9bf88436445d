"""Choose the kept baseline to compare with: the newest that has figures, or the one before a change."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.domain.baseline import Baseline, Kept
from bot.domain.change import change_number
from bot.domain.errors import NotFoundError
from bot.domain.json import Json
from bot.domain.kept_figures import KeptFigures, figures_gap, figures_of
from bot.ports.archive import Transaction
from bot.usecases.keep_baseline import HISTORY, projection_of

NEWEST = "baseline"


@dataclass(frozen=True)
class Reference:
    """A kept baseline with its figures and configuration; `passed` says which newer ones have no figures, and why."""

    baseline: Baseline
    figures: KeptFigures
    projection: Mapping[str, Json]
    passed: tuple[str, ...] = ()


def is_kept(against: str) -> bool:
    """Return whether `--vs` names what was kept, `baseline` or `CHG-n`; else it names a duration."""
    return against == NEWEST or against.startswith("CHG-")


async def choose_reference(arm_id: str, against: str, tx: Transaction) -> Reference:
    """Return the newest baseline with figures for `baseline`; for `CHG-n` the one kept when it was submitted.

    Raises:
        NotFoundError: none is kept, or none of those that are has figures; the words say which, and why.
    """
    kept = await tx.baselines(arm_id, HISTORY)
    wanted = kept if against == NEWEST else [each for each in kept if _is_before(each, against)]
    passed: list[str] = []
    for each in wanted:
        body = await tx.evidence(each.sha256)
        figures, gap = await _figures(each, body, tx)
        if figures is not None and body is not None:
            return Reference(each, figures, projection_of(body), tuple(passed))
        passed.append(f"{each.id} has no figures: {gap}.")
    raise NotFoundError(_nothing(against, passed), advice="Keep one now with `baseline <target>`.")


def _is_before(baseline: Baseline, change: str) -> bool:
    return baseline.change == change and baseline.kind is Kept.SUBMIT


async def _figures(baseline: Baseline, body: bytes | None, tx: Transaction) -> tuple[KeptFigures | None, str]:
    """Return a baseline's figures; of one kept at apply those of the validation window that followed it."""
    if body is None:
        return None, "its snapshot is not here"
    if baseline.kind is Kept.APPLY:
        return await _validated(baseline, tx)
    stored = json.loads(body).get("figures")
    return figures_of(stored), figures_gap(stored)


async def _validated(baseline: Baseline, tx: Transaction) -> tuple[KeptFigures | None, str]:
    change = await tx.change(change_number(baseline.change))
    named = change.outcome.get("figures")
    body = await tx.evidence(named) if isinstance(named, str) else None
    if body is None:
        return None, f"the validation window of {change.id} has not ended with figures"
    return figures_of(json.loads(body).get("after")), "its validation window could not be measured"


def _nothing(against: str, passed: Sequence[str]) -> str:
    if passed:
        return " ".join(passed)
    if against == NEWEST:
        return "No baseline is kept of this deployment."
    return f"No baseline of this deployment was kept at submit of {against}."
