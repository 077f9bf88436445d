-- The role Countersign runs as on Postgres: it adds to the audit trail and reads it, and owns nothing.
-- After each `countersign migrate`, as the role that owns the schema:
--   psql "$COUNTERSIGN_MIGRATION_DATABASE_URL" -f deploy/app_role.sql
-- Then give it a password (\password countersign_app) or a managed identity, and name it in COUNTERSIGN_DATABASE_URL.

DO $$
BEGIN
  CREATE ROLE countersign_app LOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL;
END
$$;

GRANT USAGE ON SCHEMA public, audit TO countersign_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO countersign_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO countersign_app;
REVOKE ALL ON ALL TABLES IN SCHEMA audit FROM countersign_app;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA audit TO countersign_app;
