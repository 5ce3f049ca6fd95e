"""Fixtures for the whole tree; heavy imports stay inside, so that unit tests start at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from xdist.scheduler import LoadScopeScheduling

    from sandbox.services import EmbeddedServices


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    """With `-n`, share out the tests as tests/support/parallel_order.py says."""
    from tests.support.parallel_order import UnitScheduling

    config.option.loadscopereorder = False
    return UnitScheduling(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """One after the other, the quick tests come first; in two processes, what takes longest."""
    if hasattr(config, "workerinput"):
        from tests.support.parallel_order import longest_first

        items.sort(key=lambda item: longest_first(item.nodeid))


@pytest.fixture(scope="session")
def embedded_services() -> Iterator[EmbeddedServices]:
    """Real MongoDB, Redis and S3 API, started once per test session; each test takes its own database."""
    from sandbox.services import EmbeddedServices

    with EmbeddedServices() as services:
        yield services
