"""A report of a write that no change explains says who it was, or how to find that out."""

from dataclasses import replace

import pytest

from bot.render.unapproved import UNNAMED, UnapprovedView, render_unapproved
from tests.golden.values import REF, TARGET
from tests.golden.watch_values import FOUND

OID = FOUND.caller


@pytest.mark.parametrize(
    ("who", "said", "step"),
    [
        (OID, f"an Azure identity that nobody here is mapped to: `{OID}`", f"`az ad sp show --id {OID}`"),
        ("person-0123456789", "that nobody here is mapped to: `person-0123456789`", "has its address"),
        (UNNAMED, "an Azure identity that the activity log does not name", "Ask whoever did it why"),
        ("U0DAN", "*Who*\\n<@U0DAN>", "Ask whoever did it why"),
    ],
)
def test_who_wrote_is_said_in_words(who: str, said: str, step: str) -> None:
    shown = str(
        render_unapproved(UnapprovedView(replace(FOUND, caller=who), TARGET, who=who), ref=REF).blocks
    )
    assert said in shown
    assert step in shown
    assert ("entra_oid" in shown) is (who == OID)
