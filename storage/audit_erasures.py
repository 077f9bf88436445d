"""What the trail says was erased: which texts, by shard, entry and path."""

import json

from storage.audit_reader import AuditReader, raw_bytes

Place = tuple[int, int, str]
_ERASURES = "SELECT body FROM {}audit_entry WHERE type = 'privacy.erased'"


def erased_paths(reader: AuditReader) -> set[Place]:
    """Return where texts were erased; an entry that cannot be read says nothing, and the walk finds it."""
    found: set[Place] = set()
    for (body,) in reader.rows(_ERASURES):
        try:
            said = json.loads(raw_bytes(body))["data"]["erased"]
            found |= {(each["shard"], each["seq"], each["path"]) for each in said}
        except (ValueError, LookupError, TypeError):
            continue
    return found
