"""What searching the audit trail needs: indexes, nothing else; a large trail takes its time."""

from alembic import op

from storage.audit_schema import install_audit

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    on_postgres = op.get_bind().dialect.name == "postgresql"
    if on_postgres:
        op.execute("SET LOCAL statement_timeout = 0")
    install_audit(op.get_bind(), version=2)
    if on_postgres:
        op.execute("SET LOCAL statement_timeout = '5s'")
