"""Every modal there is a door for."""

from handlers.shapes import View
from handlers.views.change_comment import CHANGE_COMMENT
from handlers.views.change_decide import CHANGE_DECIDE
from handlers.views.change_request import CHANGE_REQUEST
from handlers.views.change_steer import APPLY, ATTEST, ROLLBACK, WITHDRAW
from handlers.views.drift_except import DRIFT_EXCEPT
from handlers.views.drift_lift import DRIFT_LIFT

VIEWS: tuple[View, ...] = (
    CHANGE_REQUEST,
    CHANGE_DECIDE,
    CHANGE_COMMENT,
    WITHDRAW,
    APPLY,
    ROLLBACK,
    ATTEST,
    DRIFT_EXCEPT,
    DRIFT_LIFT,
)
