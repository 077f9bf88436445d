"""Direct messages after an apply."""

from bot.domain.change import ChangeState
from bot.ports.slack import Message
from bot.render.after_words import breach_words
from bot.render.blocks import actions, button, footer, say, section
from bot.render.change_view import ChangeView, button_value
from bot.render.texts import code, escape, is_channel, one_line

_STILL = frozenset({ChangeState.VERIFYING, ChangeState.AWAITING_ATTESTATION})


def render_breach(view: ChangeView, ref: str) -> Message:
    """Return that the rollback trigger was passed, with the button that rolls back while that can be done."""
    change = view.change
    words = breach_words(change)
    trigger = code(one_line(change.request.rollback_trigger), 200)
    where = f" The card is in <#{change.channel}>." if is_channel(change.channel) else ""
    told = f"*{change.id} passed its rollback trigger* {trigger} :rotating_light:\n{words}{where}"
    says = f"Roll back {change.id}: {view.action}"
    made = [button("Roll back…", "change.rollback", button_value(change), style="danger", says=says)]
    return say(
        f"{change.id} passed its rollback trigger: {escape(view.action, 300)}. {words}",
        [section(told), *actions(made if change.state in _STILL else []), footer(ref)],
    )
