"""Moves one account's CRM contact notes into the CDP. Knows nothing of Airflow (docs/architecture.md)."""

__version__ = "0.1.0"
