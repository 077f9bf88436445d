"""When deployments of fine-tuned models retire: a versioned table, because it differs from the base model's date."""

from datetime import date

VERSION = "2026-11-22"
SOURCE = "Microsoft Learn, Azure OpenAI model retirements, the table of fine-tuned models"
TABLE = f"{SOURCE}, version {VERSION}"
RULE = "Microsoft Learn, Azure OpenAI model versions"

DEPLOYMENTS_END: tuple[tuple[str, date], ...] = (
    ("gpt-4o-mini-2024-07-18", date(2027, 10, 1)),
    ("gpt-4o-2024-08-06", date(2027, 10, 1)),
    ("gpt-4.1-mini-2025-04-14", date(2027, 10, 14)),
    ("gpt-4.1-nano-2025-04-14", date(2027, 10, 14)),
    ("gpt-4.1-2025-04-14", date(2027, 10, 14)),
    ("o4-mini-2025-04-16", date(2027, 10, 16)),
)


def upgrade_judged(option: str, end: date, *, is_fine_tuned: bool) -> str:
    """Return what a version upgrade option means for the day on which the model retires.

    Source: RULE. Trained weights have no later version to go to.
    """
    remedy = "train on a later base model before" if is_fine_tuned else "deploy a later version before"
    if option == "NoAutoUpgrade":
        return f"stops answering on {end} ({option}): {remedy}"
    if is_fine_tuned:
        return (
            f"stops answering on {end}, as {option} cannot move trained weights to another version: {remedy}"
        )
    return f"Azure moves it to another version by {end} ({option}): answers can change, test them before"


def first_end(inference: date | None, deployment: date | None) -> str:
    """Return which of the two ends of a fine-tuned model comes first and why they differ; empty where they agree."""
    if inference is None or deployment is None or inference == deployment:
        return ""
    first, what = min((deployment, "the deployment retires"), (inference, "its inference ends"))
    return (
        f"{first}: {what}. Two lists: Azure's models say when a model's inference ends, "
        "the table of fine-tuned models when its deployments retire; prepare for the earlier"
    )


def fine_tuned_end(model: str) -> date | None:
    """Return when deployments of this fine-tuned model retire; None when the table does not know its base."""
    for base, end in DEPLOYMENTS_END:
        if model.lower().startswith(f"{base}.ft-"):
            return end
    return None
