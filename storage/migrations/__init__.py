"""The history of the schema, one for SQLite and Postgres.

It must never be rewritten once released: a step that was wrong is followed by another step.
"""
