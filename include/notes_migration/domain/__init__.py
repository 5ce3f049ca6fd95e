"""The rules of the migration: pure, no clock, no network, no database."""
