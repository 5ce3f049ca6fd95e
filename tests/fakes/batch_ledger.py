"""Intents and results in memory: BatchLedger."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import reduce

from notes_migration.domain.ledger import BatchCounts, add_counts
from notes_migration.domain.run import Run
from notes_migration.ports.batch_ledger import BatchResult, PreparedNote


@dataclass
class _Batch:
    cid: str
    intent: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)
    prepared: dict[str, PreparedNote] = field(default_factory=dict)
    result: BatchResult | None = None


class InMemoryLedger:
    """Batches by run and name."""

    def __init__(self) -> None:
        self._batches: dict[tuple[str, str], _Batch] = {}

    def begin_attempt(self, run: Run) -> None:
        for batch in self._of(run).values():
            batch.result = None

    def intended(self, run: Run, note_ids: Collection[str]) -> set[str]:
        return self.all_intended(run) & set(note_ids)

    def written_before(self, run: Run, note_ids: Collection[str]) -> set[str]:
        written = (each.written for each in self._batches.values() if each.cid == run.cid)
        return set().union(*written) & set(note_ids)

    def store_intent(self, run: Run, batch: str, note_ids: Collection[str]) -> None:
        found = self._batches.setdefault((run.run_id, batch), _Batch(run.cid))
        found.intent |= set(note_ids)
        found.result = None

    def store_prepared(self, run: Run, batch: str, notes: Mapping[str, PreparedNote]) -> None:
        self._batches[run.run_id, batch].prepared |= notes

    def prepared(self, run: Run, note_ids: Collection[str]) -> dict[str, PreparedNote]:
        known = {key: each for batch in self._of(run).values() for key, each in batch.prepared.items()}
        return {key: known[key] for key in note_ids if key in known}

    def store_result(self, run: Run, batch: str, result: BatchResult) -> None:
        found = self._batches.setdefault((run.run_id, batch), _Batch(run.cid))
        found.result = result
        found.written |= set(result.ids.get("migrated", ()))

    def totals(self, run: Run) -> BatchCounts:
        return reduce(add_counts, (each.counts for each in self._results(run)), BatchCounts())

    def ids(self, run: Run, classes: Collection[str]) -> list[str]:
        return [key for each in self._results(run) for name in classes for key in each.ids.get(name, ())]

    def unsettled(self, run: Run) -> dict[str, set[str]]:
        found = self._of(run).items()
        return {name: set(each.intent) for name, each in found if each.intent and each.result is None}

    def all_intended(self, run: Run) -> set[str]:
        return set().union(*(each.intent for each in self._of(run).values()))

    def attachment_bytes(self, cid: str) -> int:
        results = (each.result for each in self._batches.values() if each.cid == cid)
        return sum(each.counts.attachments.bytes for each in results if each)

    def _of(self, run: Run) -> dict[str, _Batch]:
        return {name: each for (run_id, name), each in self._batches.items() if run_id == run.run_id}

    def _results(self, run: Run) -> list[BatchResult]:
        return [each.result for each in self._of(run).values() if each.result]
