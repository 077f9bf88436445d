"""The two buttons under a look: share it in the channel, or look again."""

from bot.ports.slack import Block
from bot.render.blocks import actions, button

AS_SEEN = "Share it in this channel"
ANEW = "Look again and share it in this channel"


def look_buttons(value: str, *, shares: str = ANEW) -> list[Block]:
    """Return the buttons of a look, none without a value; `shares` is what a screen reader says of Share."""
    if not value:
        return []
    return actions(
        [
            button("Share", "evidence.share", value, style="primary", says=shares),
            button("Refresh", "evidence.refresh", value, says="Look again, read-only"),
        ]
    )
