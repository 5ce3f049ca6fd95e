"""What guard looks at before anything is written: CollectionInspector and StorageProbe."""

from __future__ import annotations

from notes_migration.domain.errors import MigrationError


class StubInspector:
    """Says what it is told to."""

    def __init__(self) -> None:
        self.problem: str | None = None
        self.native: dict[str, set[str]] = {}

    def index_problem(self) -> str | None:
        return self.problem

    def native_field_types(self) -> dict[str, set[str]]:
        return self.native


class StubBucket:
    """A bucket that can be used unless `failure` is set."""

    def __init__(self) -> None:
        self.failure: MigrationError | None = None

    def check(self) -> None:
        if self.failure:
            raise self.failure
