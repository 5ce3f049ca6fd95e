"""Fixtures for the whole tree; heavy imports stay inside, so that unit tests start at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sandbox.services import EmbeddedServices


OWN_AIRFLOW = ("test_demo", "test_sandbox_lifecycle")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep a module in one worker, and all that use the session's one Airflow in the first of them.

    The end-to-end tests wait for Airflow half of their time; beside them the other worker takes the rest.
    """
    for item in items:
        shares_airflow = "e2e" in item.path.parts and item.path.stem not in OWN_AIRFLOW
        item.add_marker(pytest.mark.xdist_group("airflow" if shares_airflow else item.path.stem))
    items.sort(key=lambda item: "e2e" not in item.path.parts)


@pytest.fixture(scope="session")
def embedded_services() -> Iterator[EmbeddedServices]:
    """Real MongoDB, Redis and S3 API, started once per test session; each test takes its own database."""
    from sandbox.services import EmbeddedServices

    with EmbeddedServices() as services:
        yield services
