-- The audit trail on SQLite, version 1. Frozen: a change here is a new version.
-- Every table is insert-only but audit_disclosure, whose rows may be erased.
-- WITHOUT ROWID, so that INSERT OR REPLACE finds no hidden key to replace by.

CREATE TABLE audit_entry(
  shard INTEGER NOT NULL CHECK(shard >= 0),
  seq INTEGER NOT NULL CHECK(seq >= 0),
  body TEXT NOT NULL CHECK(json_valid(body) AND length(CAST(body AS BLOB)) <= 65535),
  leaf_hash BLOB NOT NULL CHECK(length(leaf_hash) = 32),
  id TEXT GENERATED ALWAYS AS (json_extract(body, '$.id')) VIRTUAL,
  type TEXT GENERATED ALWAYS AS (json_extract(body, '$.type')) VIRTUAL,
  ts TEXT GENERATED ALWAYS AS (json_extract(body, '$.ts')) VIRTUAL,
  change_id TEXT GENERATED ALWAYS AS (json_extract(body, '$.subject.change')) VIRTUAL,
  actor_id TEXT GENERATED ALWAYS AS (json_extract(body, '$.actor.id')) VIRTUAL,
  PRIMARY KEY(shard, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX ux_audit_id ON audit_entry(id);
CREATE INDEX ix_audit_change ON audit_entry(change_id, shard, seq);

CREATE TABLE audit_tile(
  shard INTEGER NOT NULL CHECK(shard >= 0),
  level INTEGER NOT NULL CHECK(level >= 0),
  idx INTEGER NOT NULL CHECK(idx >= 0),
  hashes BLOB NOT NULL CHECK(length(hashes) = 8192),
  root BLOB NOT NULL CHECK(length(root) = 32),
  PRIMARY KEY(shard, level, idx)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_checkpoint(
  shard INTEGER NOT NULL CHECK(shard >= 0),
  size INTEGER NOT NULL CHECK(size > 0),
  note TEXT NOT NULL,
  PRIMARY KEY(shard, size)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_cosignature(
  shard INTEGER NOT NULL,
  size INTEGER NOT NULL,
  signer TEXT NOT NULL,
  line TEXT NOT NULL,
  PRIMARY KEY(shard, size, signer)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_anchor(
  shard INTEGER NOT NULL,
  size INTEGER NOT NULL,
  kind TEXT NOT NULL,
  ref TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY(shard, size, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit_disclosure(
  shard INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  path TEXT NOT NULL,
  disclosure TEXT NOT NULL,
  PRIMARY KEY(shard, seq, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE evidence_blob(
  sha256 TEXT NOT NULL CHECK(length(sha256) = 64),
  media TEXT NOT NULL,
  kind TEXT NOT NULL,
  bytes INTEGER NOT NULL CHECK(bytes = length(body)),
  body BLOB NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY(sha256)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER audit_entry_next BEFORE INSERT ON audit_entry
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq) + 1, 0) FROM audit_entry WHERE shard = NEW.shard)
  OR EXISTS(SELECT 1 FROM audit_entry WHERE shard > NEW.shard)
  OR EXISTS(SELECT 1 FROM audit_entry WHERE id = json_extract(NEW.body, '$.id'))
  OR json_extract(NEW.body, '$.seq') IS NOT NEW.seq
  OR json_extract(NEW.body, '$.prev') IS NOT (SELECT coalesce(
    (SELECT lower(hex(leaf_hash)) FROM audit_entry WHERE shard = NEW.shard AND seq = NEW.seq - 1),
    '0000000000000000000000000000000000000000000000000000000000000000'))
BEGIN SELECT RAISE(ABORT, 'append-only: not the next entry'); END;
CREATE TRIGGER audit_entry_update BEFORE UPDATE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER audit_entry_delete BEFORE DELETE ON audit_entry
BEGIN SELECT RAISE(ABORT, 'append-only'); END;

CREATE TRIGGER audit_tile_next BEFORE INSERT ON audit_tile
WHEN NEW.idx IS NOT (SELECT coalesce(max(idx) + 1, 0) FROM audit_tile
  WHERE shard = NEW.shard AND level = NEW.level)
BEGIN SELECT RAISE(ABORT, 'append-only: not the next tile'); END;
CREATE TRIGGER audit_tile_update BEFORE UPDATE ON audit_tile
BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER audit_tile_delete BEFORE DELETE ON audit_tile
BEGIN SELECT RAISE(ABORT, 'append-only'); END;

CREATE TRIGGER audit_checkpoint_next BEFORE INSERT ON audit_checkpoint
WHEN NEW.size IS NOT (SELECT max(seq) + 1 FROM audit_entry WHERE shard = NEW.shard)
  OR EXISTS(SELECT 1 FROM audit_checkpoint WHERE shard = NEW.shard AND size >= NEW.size)
BEGIN SELECT RAISE(ABORT, 'append-only: not the next checkpoint'); END;
CREATE TRIGGER audit_checkpoint_update BEFORE UPDATE ON audit_checkpoint
BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER audit_checkpoint_delete BEFORE DELETE ON audit_checkpoint
BEGIN SELECT RAISE(ABORT, 'append-only'); END;

CREATE TRIGGER audit_cosignature_next BEFORE INSERT ON audit_cosignature
WHEN EXISTS(SELECT 1 FROM audit_cosignature
    WHERE shard = NEW.shard AND size = NEW.size AND signer = NEW.signer)
  OR NOT EXISTS(SELECT 1 FROM audit_checkpoint WHERE shard = NEW.shard AND size = NEW.size)
BEGIN SELECT RAISE(ABORT, 'append-only: not a new cosignature'); END;
CREATE TRIGGER audit_cosignature_update BEFORE UPDATE ON audit_cosignature
BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER audit_cosignature_delete BEFORE DELETE ON audit_cosignature
BEGIN SELECT RAISE(ABORT, 'append-only'); END;

CREATE TRIGGER audit_anchor_next BEFORE INSERT ON audit_anchor
WHEN EXISTS(SELECT 1 FROM audit_anchor
    WHERE shard = NEW.shard AND size = NEW.size AND kind = NEW.kind)
  OR NOT EXISTS(SELECT 1 FROM audit_checkpoint WHERE shard = NEW.shard AND size = NEW.size)
BEGIN SELECT RAISE(ABORT, 'append-only: not a new anchor'); END;
CREATE TRIGGER audit_anchor_update BEFORE UPDATE ON audit_anchor
BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER audit_anchor_delete BEFORE DELETE ON audit_anchor
BEGIN SELECT RAISE(ABORT, 'append-only'); END;

CREATE TRIGGER audit_disclosure_next BEFORE INSERT ON audit_disclosure
WHEN EXISTS(SELECT 1 FROM audit_disclosure
  WHERE shard = NEW.shard AND seq = NEW.seq AND path = NEW.path)
BEGIN SELECT RAISE(ABORT, 'append-only: disclosed already'); END;
CREATE TRIGGER audit_disclosure_update BEFORE UPDATE ON audit_disclosure
BEGIN SELECT RAISE(ABORT, 'append-only'); END;

CREATE TRIGGER evidence_blob_next BEFORE INSERT ON evidence_blob
WHEN EXISTS(SELECT 1 FROM evidence_blob WHERE sha256 = NEW.sha256 AND body IS NOT NEW.body)
BEGIN SELECT RAISE(ABORT, 'append-only: other bytes under this digest'); END;
CREATE TRIGGER evidence_blob_update BEFORE UPDATE ON evidence_blob
BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER evidence_blob_delete BEFORE DELETE ON evidence_blob
BEGIN SELECT RAISE(ABORT, 'append-only'); END;
