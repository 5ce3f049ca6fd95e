"""The glue between Airflow and notes_migration: connections become adapters, tasks become services."""
