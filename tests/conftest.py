"""Fixtures for the whole tree; heavy imports stay inside, so that unit tests start at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sandbox.services import EmbeddedServices


@pytest.fixture(scope="session")
def embedded_services() -> Iterator[EmbeddedServices]:
    """Real MongoDB, Redis and S3 API, started once per test session; each test takes its own database."""
    from sandbox.services import EmbeddedServices

    with EmbeddedServices() as services:
        yield services
