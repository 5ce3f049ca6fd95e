"""Say which system an error came from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from notes_migration.domain.errors import DependencyDown, MigrationError, ReasonCode


@contextmanager
def naming(dependency: str) -> Iterator[None]:
    """Turn DEPENDENCY_UNAVAILABLE that is raised inside into DependencyDown with the system's name.

    Raises:
        DependencyDown: as said; every other error goes through.
    """
    try:
        yield
    except DependencyDown:
        raise
    except MigrationError as error:
        if error.reason is not ReasonCode.DEPENDENCY_UNAVAILABLE:
            raise
        raise DependencyDown(dependency, error.message) from None
