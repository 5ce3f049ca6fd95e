"""Those who are told of a run, in memory: Events and Alerts."""

from __future__ import annotations

from notes_migration.domain.ledger import Ledger
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.run import Run


class RecordedEvents:
    """`emitted`: name and fields, in order."""

    def __init__(self) -> None:
        self.emitted: list[tuple[str, dict[str, str | int | float | None]]] = []

    def emit(self, name: str, **fields: str | int | float | None) -> None:
        self.emitted.append((name, fields))

    def names(self) -> list[str]:
        return [name.removeprefix("crm_notes_migration_") for name, _ in self.emitted]


class RecordedAlerts:
    """`ended`: outcomes, in order."""

    def __init__(self) -> None:
        self.ended: list[Outcome] = []

    def run_ended(self, run: Run, outcome: Outcome, ledger: Ledger) -> None:
        self.ended.append(outcome)
