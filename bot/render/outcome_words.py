"""What a requester is told of how their change stands: its words, the next step, and the button that goes with it."""

from collections.abc import Mapping

from bot.domain.change import UNUSED

BUTTONS: Mapping[str, str] = {
    "changes_requested": "revise",
    "approved": "apply",
    **{state.value: "again" for state in UNUSED},
}
BY_PEOPLE = frozenset({"approved", "rejected", "changes_requested", "withdrawn"})
WITH_REASON = frozenset({"rejected", "changes_requested", "withdrawn", "superseded"})
OUTCOMES: Mapping[str, tuple[str, str]] = {
    "approved": ("is approved", "Nothing has been sent to Azure yet: apply it from its card."),
    "unapproved": (
        "waits for approval again",
        "Nothing has been sent to Azure. Talk to them, revise it, or remind the others with `/cs change nudge`.",
    ),
    "rejected": (
        "is rejected",
        "Nothing was changed. *Request again…* opens the form as it was, to answer the reason.",
    ),
    "changes_requested": ("is sent back for changes", "Press *Revise…*: everything you wrote is kept."),
    "expired": ("expired", "Nothing was changed. *Request again…* opens the form as it was."),
    "withdrawn": ("was withdrawn", "Nothing was changed."),
    "superseded": (
        "is superseded",
        "Nothing was sent. *Request again…* opens the form as it was, on the state of now.",
    ),
    "applied": ("is applied", "Azure shows what was approved; the validation signal is watched now."),
    "validated": ("was validated", "Its owner is asked to attest."),
    "failed": (
        "failed",
        "Look at its card: it says what can be done; *Roll back…* is there if anything was written.",
    ),
    "rolled_back": ("is rolled back", "The state of before is back; its owner is asked to attest that."),
}
