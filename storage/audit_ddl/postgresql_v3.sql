-- The audit trail on PostgreSQL, version 3: finding who an entry commits to. Frozen: a change here is a new version.

CREATE INDEX ix_audit_disclosed_actor ON audit.audit_disclosure((disclosure::json ->> 2), shard, seq)
  WHERE path = '/actor.id';
