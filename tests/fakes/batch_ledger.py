"""Intents and results in memory: BatchLedger, RemovalLedger and IntendedNotes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
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
    removing: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    kept_bytes: int | None = None
    rolled_back: bool = False
    mended: set[str] = field(default_factory=set)


class InMemoryLedger:
    """Batches by run and name."""

    def __init__(self) -> None:
        self._batches: dict[tuple[str, str], _Batch] = {}

    def begin_attempt(self, run: Run) -> None:
        for batch in self._of(run).values():
            if not batch.mended:
                batch.result, batch.rolled_back = None, False

    def intended(self, run: Run, note_ids: Collection[str]) -> set[str]:
        return self.all_intended(run) & set(note_ids)

    def written_before(self, run: Run, note_ids: Collection[str]) -> set[str]:
        batches = [each for each in self._batches.values() if each.cid == run.cid]
        written = set[str]().union(*(each.written for each in batches))
        return (written - set[str]().union(*(each.removing for each in batches))) & set(note_ids)

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
        found.mended |= set(result.mended)
        found.written |= set(result.ids.get("migrated", ()))

    def mended_elsewhere(self, run: Run, batch: str, things: Collection[str]) -> set[str]:
        others = [
            each
            for (run_id, name), each in self._batches.items()
            if each.cid == run.cid and not each.rolled_back and (run_id, name) != (run.run_id, batch)
        ]
        return set[str]().union(*(each.mended for each in others)) & set(things)

    def mended_by(self, run_id: str) -> set[str]:
        return set[str]().union(*(each.mended for key, each in self._batches.items() if key[0] == run_id))

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
        found = [each for each in self._batches.values() if each.cid == cid and not each.rolled_back]
        results = [each.result for each in found if each.kept_bytes is None]
        kept = sum(each.kept_bytes or 0 for each in found)
        return kept + sum(each.counts.attachments.bytes for each in results if each)

    def intended_by(self, cid: str) -> dict[str, frozenset[datetime]]:
        batches = [each for each in self._batches.values() if each.cid == cid]
        found: dict[str, set[datetime]] = {}
        for batch in batches:
            for note_id in batch.intent | batch.prepared.keys():
                noted = batch.prepared.get(note_id, PreparedNote()).updated_at
                found.setdefault(note_id, set()).update({noted} if noted else ())
        return {note_id: frozenset(stamps) for note_id, stamps in found.items()}

    def store_removal(self, run: Run, batch: str, note_ids: Collection[str]) -> None:
        self._batches.setdefault((run.run_id, batch), _Batch(run.cid)).removing |= set(note_ids)

    def pending(self, run: Run) -> dict[str, set[str]]:
        return {name: set(each.removing) for name, each in self._of(run).items() if each.removing}

    def settle_removal(self, run: Run, batch: str, removed: Collection[str]) -> None:
        for each in self._batches.values():
            if each.cid == run.cid:
                each.written -= set(removed)
        settled = self._batches[run.run_id, batch]
        settled.removing, settled.removed = set(), settled.removed | set(removed)

    def removed(self, run: Run) -> int:
        return len(set[str]().union(*(each.removed for each in self._of(run).values())))

    def keep_bytes(self, run: Run, count: int) -> None:
        self._batches.setdefault((run.run_id, "kept"), _Batch(run.cid)).kept_bytes = count
        for (run_id, _), each in self._batches.items():
            each.rolled_back |= each.cid == run.cid and run_id != run.run_id

    def _of(self, run: Run) -> dict[str, _Batch]:
        return {name: each for (run_id, name), each in self._batches.items() if run_id == run.run_id}

    def _results(self, run: Run) -> list[BatchResult]:
        return [each.result for each in self._of(run).values() if each.result]
