"""Which tests share a process when `make test` runs two: one Airflow must never be started twice.

End-to-end tests wait for Airflow about half of their time, so a second process does all others meanwhile.
The unit of work is a module (its fixtures are built once); the modules that use the shared Airflow of
tests/e2e/conftest.py are one unit together, and the first one to be given out, as it takes longest.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

SHARED_AIRFLOW = "the shared Airflow"
OWN_AIRFLOW = ("test_demo.py", "test_sandbox_lifecycle.py")
"""End-to-end modules that start and stop a sandbox of their own."""


def unit_of_work(node_id: str) -> str:
    """The unit that a test belongs to: the shared Airflow, or else its module."""
    module = node_id.split("::", 1)[0]
    shares = module.startswith("tests/e2e/") and not module.endswith(OWN_AIRFLOW)
    return SHARED_AIRFLOW if shares else module


def longest_first(node_id: str) -> bool:
    """A sort key: the unit of the shared Airflow before all others, which keep their order."""
    return unit_of_work(node_id) != SHARED_AIRFLOW


class UnitScheduling(LoadScopeScheduling):
    """Gives whole units to processes, in the order of collection and not by their number of tests."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of_work(nodeid)
