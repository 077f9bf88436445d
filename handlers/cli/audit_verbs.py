"""Every verb of `countersign audit`: importing a file puts its verbs on the list."""

from handlers.cli import (
    audit_anchor,
    audit_commands,
    audit_erase,
    audit_export,
    audit_keep,
    audit_keygen,
    audit_pack,
    audit_prove,
    audit_show,
)
from handlers.cli.audit_commands import AUDIT

__all__ = [
    "AUDIT",
    "audit_anchor",
    "audit_commands",
    "audit_erase",
    "audit_export",
    "audit_keep",
    "audit_keygen",
    "audit_pack",
    "audit_prove",
    "audit_show",
]
