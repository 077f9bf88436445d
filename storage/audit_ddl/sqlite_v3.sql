-- The audit trail on SQLite, version 3: finding who an entry commits to. Frozen: a change here is a new version.

CREATE INDEX ix_audit_disclosed_actor ON audit_disclosure(json_extract(disclosure, '$[2]'), shard, seq)
WHERE path = '/actor.id';
