"""When deployments of fine-tuned models retire: a versioned table, because it differs from the base model's date."""

from datetime import date

VERSION = "2026-11-22"
SOURCE = "Microsoft Learn, Azure OpenAI model retirements, the table of fine-tuned models"

DEPLOYMENTS_END: tuple[tuple[str, date], ...] = (
    ("gpt-4o-mini-2024-07-18", date(2027, 10, 1)),
    ("gpt-4o-2024-08-06", date(2027, 10, 1)),
    ("gpt-4.1-mini-2025-04-14", date(2027, 10, 14)),
    ("gpt-4.1-nano-2025-04-14", date(2027, 10, 14)),
    ("gpt-4.1-2025-04-14", date(2027, 10, 14)),
    ("o4-mini-2025-04-16", date(2027, 10, 16)),
)


def fine_tuned_end(model: str) -> date | None:
    """Return when deployments of this fine-tuned model retire; None when the table does not know its base."""
    for base, end in DEPLOYMENTS_END:
        if model.lower().startswith(f"{base}.ft-"):
            return end
    return None
