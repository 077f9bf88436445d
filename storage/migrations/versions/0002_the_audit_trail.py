"""The audit trail, from its frozen script."""

from alembic import op

from storage.audit_schema import install_audit

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    install_audit(op.get_bind())
