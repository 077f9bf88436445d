"""Every kind of job, by the role that runs it."""

from handlers.jobs.anchor import ANCHOR
from handlers.jobs.deliver import DELIVER
from handlers.jobs.execute import APPLY, POLL, READ_BACK
from handlers.jobs.glass import ESCALATE
from handlers.jobs.notify import REMIND
from handlers.jobs.permissions import PERMISSIONS
from handlers.jobs.precheck import PRECHECK
from handlers.jobs.reconcile import RECONCILE
from handlers.jobs.snapshot import SNAPSHOT
from handlers.jobs.timers import DIRECTORY, EXPIRE, VERIFY
from handlers.jobs.watch import WATCH
from handlers.shapes import ExecutorJob, Job

JOBS: tuple[Job, ...] = (
    DELIVER,
    SNAPSHOT,
    PRECHECK,
    VERIFY,
    EXPIRE,
    DIRECTORY,
    RECONCILE,
    WATCH,
    ESCALATE,
    REMIND,
    ANCHOR,
)
EXECUTOR_JOBS: tuple[ExecutorJob, ...] = (APPLY, POLL, READ_BACK, PERMISSIONS)
