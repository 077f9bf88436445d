-- The audit trail on PostgreSQL, version 2: what searching needs beside the keys. Frozen: a change here is a new version.

CREATE INDEX ix_audit_actor ON audit.audit_entry(actor_id, shard, seq);
CREATE INDEX ix_audit_type ON audit.audit_entry(type, shard, seq);
CREATE INDEX ix_audit_resource ON audit.audit_entry(lower(body::json -> 'subject' ->> 'resource'), shard, seq)
  WHERE lower(body::json -> 'subject' ->> 'resource') IS NOT NULL;
