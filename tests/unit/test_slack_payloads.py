"""What a submitted modal says: secrets in typed text are masked, and what was chosen is as it was offered."""

from datetime import UTC, datetime
from typing import Any

from bot.domain.people import Person
from bot.ports.archive import Cause
from bot.usecases.desk import Caller
from handlers.shapes import Asked
from handlers.slack_payloads import submission_of

KEY = "0123456789abcdef" * 2
TUNED = f"gpt-4.1-mini-2025-04-14.ft-{KEY}"
ASKED = Asked(Caller(Person("U0ALICE", "T0"), Cause("slack", "ref")), "C0OPS")


def _values(**inputs: dict[str, Any]) -> dict[str, str]:
    state = {name: {"value": element} for name, element in inputs.items()}
    return dict(submission_of({"view": {"state": {"values": state}}}, ASKED).values)


def test_what_was_chosen_is_never_masked() -> None:
    said = _values(
        model={"selected_option": {"value": KEY}},
        owner={"selected_user": "U0OWNER"},
        impact={"selected_options": [{"value": "cost"}, {"value": KEY}]},
        start_at={"selected_date_time": int(datetime(2026, 11, 28, tzinfo=UTC).timestamp())},
    )
    assert said == {"model": KEY, "owner": "U0OWNER", "impact": f"{KEY},cost", "start_at": "1795824000"}


def test_a_key_that_was_typed_is_masked_and_a_fine_tuned_model_is_not() -> None:
    said = _values(reason={"value": f"{KEY} opens it"}, model={"value": TUNED})
    assert said == {"reason": "[redacted: key] opens it", "model": TUNED}
