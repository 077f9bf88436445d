-- The audit trail on SQLite, version 2: what searching needs beside the keys. Frozen: a change here is a new version.

CREATE INDEX ix_audit_actor ON audit_entry(actor_id, shard, seq);
CREATE INDEX ix_audit_type ON audit_entry(type, shard, seq);
CREATE INDEX ix_audit_resource ON audit_entry(lower(json_extract(body, '$.subject.resource')), shard, seq)
WHERE lower(json_extract(body, '$.subject.resource')) IS NOT NULL;
