"""What failed, in memory: FailureRecords."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from notes_migration.domain.run import Run
from notes_migration.ports.batch_ledger import FailedRecord


@dataclass
class Seen:
    """A failure and how many attempts met it."""

    failure: FailedRecord
    attempts: int
    last: tuple[str, int]


class InMemoryFailures:
    """`seen`: one entry per account and failed thing."""

    def __init__(self) -> None:
        self.seen: dict[tuple[str, str, str, str | None], Seen] = {}

    def record(self, run: Run, failures: Sequence[FailedRecord]) -> None:
        for each in failures:
            key = (run.cid, each.kind, each.note_id, each.asset)
            now, before = (run.run_id, run.attempt), self.seen.get(key)
            attempts = before.attempts + (before.last != now) if before else 1
            self.seen[key] = Seen(each, attempts, now)

    def renew(self, run: Run, note_ids: Collection[str], failures: Sequence[FailedRecord]) -> None:
        kept = {(run.cid, each.kind, each.note_id, each.asset) for each in failures}
        over = {
            key for key in self.seen if key[0] == run.cid and key[1] != "note" and key[2] in set(note_ids)
        }
        self.seen = {key: each for key, each in self.seen.items() if key not in over - kept}
        self.record(run, failures)

    def remove(self, run: Run, repaired: Sequence[FailedRecord]) -> None:
        for each in repaired:
            self.seen.pop((run.cid, each.kind, each.note_id, each.asset), None)

    def clear(self, cid: str) -> None:
        self.seen = {key: each for key, each in self.seen.items() if key[0] != cid}

    def of_account(self, cid: str) -> list[FailedRecord]:
        return [each.failure for key, each in self.seen.items() if key[0] == cid]

    def of_notes(self, cid: str, note_ids: Collection[str]) -> list[FailedRecord]:
        return [each.failure for key, each in self.seen.items() if key[0] == cid and key[2] in set(note_ids)]

    def resolve(self, run: Run, note_ids: Collection[str]) -> None:
        gone = {(run.cid, "note", note_id, None) for note_id in note_ids}
        self.seen = {key: each for key, each in self.seen.items() if key not in gone}

    def reasons(self) -> dict[str, str]:
        """Return note id -> reason, of notes."""
        return {key[2]: str(each.failure.reason) for key, each in self.seen.items() if key[1] == "note"}
