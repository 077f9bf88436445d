"""Explanations of a change, as `change why` shows them."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from bot.domain.explanation import Explanation
from bot.ports.slack import Message
from bot.render.explanation import render_explanation

_REF = "01JDEXAMPLEREF"
EXPLANATION = Explanation(
    change="CHG-12",
    state="pending_approval",
    tier="production · high",
    rule="production · high: 2 approvals from approvers or security, each from another group, "
    "never from the requester. Once approved, the requester or approvers may apply it",
    because=(
        "scale is normal in production; it touches: cost, modifying",
        "raised to high by the rule “contracts”: a wrong answer is a <legal> matter",
    ),
    voted=(
        "<@U0BOB> approved; it counts (approvers)",
        "<@U0EVE> approved; it does not count: it has expired",
    ),
    needs="1 of 2 approvals count today. Missing: 1 more approval.",
    could=("U0CAROL", "U0DAN"),
    person="U0ERIN",
    answer="Allowed, as one of security, lent by <@U0DAN>.",
)
POLICY_EXAMPLES: dict[str, Callable[[], Message]] = {
    "explanation": partial(render_explanation, EXPLANATION, _REF),
    "explanation_denied": partial(
        render_explanation,
        replace(
            EXPLANATION,
            rule="denied: the policy has no rule for this",
            because=(),
            voted=(),
            needs="It can never be approved.",
            could=(),
            answer="Not allowed: the policy has no rule for production · high, so it is denied.",
        ),
        _REF,
    ),
}
