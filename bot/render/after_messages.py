"""Direct messages after an apply."""

from bot.domain.change import Change, ChangeState
from bot.ports.slack import Message
from bot.render.after_words import breach_words
from bot.render.blocks import actions, button, footer, preformatted, rich_text, say, section
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


def render_note(change: Change, note: str, *, shared: bool, ref: str) -> Message:
    """Return the release note as its asker reads it; the whole of it is in the file."""
    where = "in this channel" if shared else "in your direct messages"
    said = f"The release note of {change.id} is {where}, as a Markdown file."
    return say(said, [section(said), rich_text(preformatted(note, 2500)), footer(ref)])


def render_old_one(view: ChangeView, old: str, ref: str) -> Message:
    """Return that the old deployment still stands beside the new one, with the form of the change that deletes it."""
    change = view.change
    said = (
        f"{change.id} is closed, and {code(old, 80)} still stands beside {code(change.written, 80)}. "
        "When nothing calls it any more, delete it by a change of its own; approval is needed as for any other."
    )
    says = f"Open the request form that deletes {old}"
    opens = button("Request its deletion…", "change.retire", button_value(change), says=says)
    return say(said, [section(said), *actions([opens]), footer(ref)])
