"""Every shortcut there is a door for."""

from handlers.shapes import Shortcut
from handlers.shortcuts.approvals import MY_APPROVALS
from handlers.shortcuts.incident import ADD_TO_TIMELINE, DECLARE_INCIDENT
from handlers.shortcuts.request import REQUEST_CHANGE

SHORTCUTS: tuple[Shortcut, ...] = (REQUEST_CHANGE, MY_APPROVALS, DECLARE_INCIDENT, ADD_TO_TIMELINE)
