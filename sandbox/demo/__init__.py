"""`make demo`: migrate synthetic accounts through a real Airflow, show it, and check every document."""

from sandbox.demo.command import demo

__all__ = ["demo"]
