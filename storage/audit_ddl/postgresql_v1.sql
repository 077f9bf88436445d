-- The audit trail on PostgreSQL, version 1. Frozen: a change here is a new version.
-- Every table is insert-only but audit_disclosure, whose rows may be erased.

CREATE SCHEMA IF NOT EXISTS audit;

CREATE TABLE audit.audit_entry(
  shard integer NOT NULL CHECK (shard >= 0),
  seq bigint NOT NULL CHECK (seq >= 0),
  body text NOT NULL CHECK (octet_length(body) <= 65535),
  leaf_hash bytea NOT NULL CHECK (octet_length(leaf_hash) = 32),
  id text GENERATED ALWAYS AS (body::json ->> 'id') STORED,
  type text GENERATED ALWAYS AS (body::json ->> 'type') STORED,
  ts text GENERATED ALWAYS AS (body::json ->> 'ts') STORED,
  change_id text GENERATED ALWAYS AS (body::json -> 'subject' ->> 'change') STORED,
  actor_id text GENERATED ALWAYS AS (body::json -> 'actor' ->> 'id') STORED,
  PRIMARY KEY (shard, seq)
);
CREATE UNIQUE INDEX ux_audit_id ON audit.audit_entry(id);
CREATE INDEX ix_audit_change ON audit.audit_entry(change_id, shard, seq);

CREATE TABLE audit.audit_tile(
  shard integer NOT NULL CHECK (shard >= 0),
  level integer NOT NULL CHECK (level >= 0),
  idx bigint NOT NULL CHECK (idx >= 0),
  hashes bytea NOT NULL CHECK (octet_length(hashes) = 8192),
  root bytea NOT NULL CHECK (octet_length(root) = 32),
  PRIMARY KEY (shard, level, idx)
);

CREATE TABLE audit.audit_checkpoint(
  shard integer NOT NULL CHECK (shard >= 0),
  size bigint NOT NULL CHECK (size > 0),
  note text NOT NULL,
  PRIMARY KEY (shard, size)
);

CREATE TABLE audit.audit_cosignature(
  shard integer NOT NULL,
  size bigint NOT NULL,
  signer text NOT NULL,
  line text NOT NULL,
  PRIMARY KEY (shard, size, signer)
);

CREATE TABLE audit.audit_anchor(
  shard integer NOT NULL,
  size bigint NOT NULL,
  kind text NOT NULL,
  ref text NOT NULL,
  at text NOT NULL,
  PRIMARY KEY (shard, size, kind)
);

CREATE TABLE audit.audit_disclosure(
  shard integer NOT NULL,
  seq bigint NOT NULL,
  path text NOT NULL,
  disclosure text NOT NULL,
  PRIMARY KEY (shard, seq, path)
);

CREATE TABLE audit.evidence_blob(
  sha256 text NOT NULL CHECK (length(sha256) = 64),
  media text NOT NULL,
  kind text NOT NULL,
  bytes integer NOT NULL CHECK (bytes = octet_length(body)),
  body bytea NOT NULL,
  created_at text NOT NULL,
  PRIMARY KEY (sha256)
);

CREATE FUNCTION audit.audit_refuse() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'restrict_violation', MESSAGE = 'append-only';
END
$$;

CREATE FUNCTION audit.audit_entry_check() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  next_seq bigint;
  last_hash text;
BEGIN
  SELECT seq + 1, encode(leaf_hash, 'hex') INTO next_seq, last_hash
    FROM audit.audit_entry WHERE shard = NEW.shard ORDER BY seq DESC LIMIT 1;
  IF NEW.seq IS DISTINCT FROM coalesce(next_seq, 0)
    OR (NEW.body::json ->> 'seq') IS DISTINCT FROM NEW.seq::text
    OR (NEW.body::json ->> 'prev') IS DISTINCT FROM coalesce(last_hash, repeat('0', 64))
    OR NEW.leaf_hash IS DISTINCT FROM sha256('\x00'::bytea || convert_to(NEW.body, 'UTF8'))
    OR EXISTS (SELECT 1 FROM audit.audit_entry WHERE shard > NEW.shard)
  THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'append-only: not the next entry';
  END IF;
  RETURN NEW;
END
$$;

CREATE FUNCTION audit.audit_tile_check() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF NEW.idx IS DISTINCT FROM (SELECT coalesce(max(idx) + 1, 0) FROM audit.audit_tile
    WHERE shard = NEW.shard AND level = NEW.level)
  THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'append-only: not the next tile';
  END IF;
  RETURN NEW;
END
$$;

CREATE FUNCTION audit.audit_checkpoint_check() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF NEW.size IS DISTINCT FROM (SELECT max(seq) + 1 FROM audit.audit_entry WHERE shard = NEW.shard)
    OR EXISTS (SELECT 1 FROM audit.audit_checkpoint WHERE shard = NEW.shard AND size >= NEW.size)
  THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'append-only: not the next checkpoint';
  END IF;
  RETURN NEW;
END
$$;

CREATE FUNCTION audit.audit_of_checkpoint() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM audit.audit_checkpoint WHERE shard = NEW.shard AND size = NEW.size)
  THEN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = 'there is no such checkpoint';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER audit_entry_next BEFORE INSERT ON audit.audit_entry
  FOR EACH ROW EXECUTE FUNCTION audit.audit_entry_check();
CREATE TRIGGER audit_tile_next BEFORE INSERT ON audit.audit_tile
  FOR EACH ROW EXECUTE FUNCTION audit.audit_tile_check();
CREATE TRIGGER audit_checkpoint_next BEFORE INSERT ON audit.audit_checkpoint
  FOR EACH ROW EXECUTE FUNCTION audit.audit_checkpoint_check();
CREATE TRIGGER audit_cosignature_next BEFORE INSERT ON audit.audit_cosignature
  FOR EACH ROW EXECUTE FUNCTION audit.audit_of_checkpoint();
CREATE TRIGGER audit_anchor_next BEFORE INSERT ON audit.audit_anchor
  FOR EACH ROW EXECUTE FUNCTION audit.audit_of_checkpoint();

CREATE TRIGGER audit_entry_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.audit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION audit.audit_refuse();
CREATE TRIGGER audit_tile_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.audit_tile
  FOR EACH STATEMENT EXECUTE FUNCTION audit.audit_refuse();
CREATE TRIGGER audit_checkpoint_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.audit_checkpoint
  FOR EACH STATEMENT EXECUTE FUNCTION audit.audit_refuse();
CREATE TRIGGER audit_cosignature_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.audit_cosignature
  FOR EACH STATEMENT EXECUTE FUNCTION audit.audit_refuse();
CREATE TRIGGER audit_anchor_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.audit_anchor
  FOR EACH STATEMENT EXECUTE FUNCTION audit.audit_refuse();
CREATE TRIGGER audit_disclosure_refuse BEFORE UPDATE OR TRUNCATE ON audit.audit_disclosure
  FOR EACH STATEMENT EXECUTE FUNCTION audit.audit_refuse();
CREATE TRIGGER evidence_blob_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.evidence_blob
  FOR EACH STATEMENT EXECUTE FUNCTION audit.audit_refuse();

ALTER TABLE audit.audit_entry ENABLE ALWAYS TRIGGER audit_entry_next;
ALTER TABLE audit.audit_tile ENABLE ALWAYS TRIGGER audit_tile_next;
ALTER TABLE audit.audit_checkpoint ENABLE ALWAYS TRIGGER audit_checkpoint_next;
ALTER TABLE audit.audit_cosignature ENABLE ALWAYS TRIGGER audit_cosignature_next;
ALTER TABLE audit.audit_anchor ENABLE ALWAYS TRIGGER audit_anchor_next;
ALTER TABLE audit.audit_entry ENABLE ALWAYS TRIGGER audit_entry_refuse;
ALTER TABLE audit.audit_tile ENABLE ALWAYS TRIGGER audit_tile_refuse;
ALTER TABLE audit.audit_checkpoint ENABLE ALWAYS TRIGGER audit_checkpoint_refuse;
ALTER TABLE audit.audit_cosignature ENABLE ALWAYS TRIGGER audit_cosignature_refuse;
ALTER TABLE audit.audit_anchor ENABLE ALWAYS TRIGGER audit_anchor_refuse;
ALTER TABLE audit.audit_disclosure ENABLE ALWAYS TRIGGER audit_disclosure_refuse;
ALTER TABLE audit.evidence_blob ENABLE ALWAYS TRIGGER evidence_blob_refuse;
