"""Every modal there is a door for."""

from handlers.shapes import View
from handlers.views.break_glass import BREAK_GLASS, BREAK_GLASS_CONFIRM
from handlers.views.change_comment import CHANGE_COMMENT
from handlers.views.change_decide import CHANGE_DECIDE
from handlers.views.change_request import CHANGE_REQUEST
from handlers.views.change_steer import APPLY, ATTEST, ROLLBACK, WITHDRAW
from handlers.views.change_unapprove import UNAPPROVE
from handlers.views.change_waive import WAIVE
from handlers.views.drift_except import DRIFT_EXCEPT
from handlers.views.drift_lift import DRIFT_LIFT
from handlers.views.freeze import FREEZE_ADD, FREEZE_LIFT
from handlers.views.glass_review import GLASS_REVIEW
from handlers.views.incident import (
    INCIDENT_DECLARE,
    INCIDENT_LEAD,
    INCIDENT_PIN,
    INCIDENT_RESOLVE,
    INCIDENT_SEVERITY,
    INCIDENT_UPDATE,
)
from handlers.views.incident_consent import CONSENT

VIEWS: tuple[View, ...] = (
    CHANGE_REQUEST,
    CHANGE_DECIDE,
    CHANGE_COMMENT,
    WITHDRAW,
    APPLY,
    ROLLBACK,
    ATTEST,
    WAIVE,
    UNAPPROVE,
    DRIFT_EXCEPT,
    DRIFT_LIFT,
    BREAK_GLASS,
    BREAK_GLASS_CONFIRM,
    GLASS_REVIEW,
    CONSENT,
    FREEZE_ADD,
    FREEZE_LIFT,
    INCIDENT_DECLARE,
    INCIDENT_UPDATE,
    INCIDENT_SEVERITY,
    INCIDENT_LEAD,
    INCIDENT_RESOLVE,
    INCIDENT_PIN,
)
