"""What finding people needs where entries only commit to who they are: an index, nothing else."""

from alembic import op

from storage.audit_schema import install_audit

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    install_audit(op.get_bind(), version=3)
