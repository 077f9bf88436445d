"""Every shortcut there is a door for."""

from handlers.shapes import Shortcut
from handlers.shortcuts.approvals import MY_APPROVALS
from handlers.shortcuts.request import REQUEST_CHANGE

SHORTCUTS: tuple[Shortcut, ...] = (REQUEST_CHANGE, MY_APPROVALS)
