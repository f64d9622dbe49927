"""The facts: tables, and plain functions that read and write them in the caller's transaction."""
