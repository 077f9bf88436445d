"""Every click there is a door for."""

from handlers.actions.attest import ATTEST
from handlers.actions.comment import COMMENT, DECIDE
from handlers.actions.consent import CONSENT
from handlers.actions.decide import APPROVE, REJECT, UNAPPROVE
from handlers.actions.drift import OPEN_EXCEPT, OPEN_LIFT, PUT_BACK
from handlers.actions.evidence import REFRESH, SHARE
from handlers.actions.form import REDRAW
from handlers.actions.freeze import OPEN_FREEZE
from handlers.actions.glass import BREAK_GLASS, REVIEW_GLASS
from handlers.actions.incident import (
    DECLARE_ANYWAY,
    OPEN_DECLARE,
    OPEN_LEAD,
    OPEN_RESOLVE,
    OPEN_SEVERITY,
    OPEN_UPDATE,
    SHOW_TIMELINE,
    TAKE_SNAPSHOT,
)
from handlers.actions.offer import OFFER
from handlers.actions.plan import PLAN
from handlers.actions.steer import APPLY, OPEN, REVISE, ROLLBACK, WAIVE, WITHDRAW
from handlers.actions.trail import NEWER, OLDER
from handlers.actions.undo import AGAIN, RETIRE, UNDO
from handlers.shapes import Action

ACTIONS: tuple[Action, ...] = (
    APPROVE,
    REJECT,
    UNAPPROVE,
    DECIDE,
    COMMENT,
    PLAN,
    APPLY,
    ROLLBACK,
    WITHDRAW,
    REVISE,
    ATTEST,
    WAIVE,
    UNDO,
    RETIRE,
    AGAIN,
    OPEN,
    BREAK_GLASS,
    REVIEW_GLASS,
    CONSENT,
    OFFER,
    OPEN_FREEZE,
    REDRAW,
    REFRESH,
    SHARE,
    OPEN_EXCEPT,
    OPEN_LIFT,
    PUT_BACK,
    TAKE_SNAPSHOT,
    SHOW_TIMELINE,
    DECLARE_ANYWAY,
    OPEN_DECLARE,
    OPEN_UPDATE,
    OPEN_SEVERITY,
    OPEN_LEAD,
    OPEN_RESOLVE,
    OLDER,
    NEWER,
)
