"""What a replay reads: the notes that something is on record as failed of, and nothing else.

All other notes of the account keep their class: it is told anew from what is in the CDP, so that the
sums of a replay are of the whole account.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from notes_migration.domain.batching import StagedPage
from notes_migration.domain.errors import MigrationError, ReasonCode
from notes_migration.domain.ids import crm_id
from notes_migration.domain.ledger import BatchCounts
from notes_migration.domain.outcome import stops_reading
from notes_migration.domain.paging import IdRange
from notes_migration.domain.run import Run
from notes_migration.ports.batch_ledger import BatchLedger, BatchResult, FailedRecord, FailureLookup
from notes_migration.ports.crm import MAX_IDS, CrmSource
from notes_migration.ports.notes_store import NotesStore
from notes_migration.ports.run_records import RunRecords
from notes_migration.ports.staging import PageStaging
from notes_migration.services.kill_switch import KillSwitch

_log = structlog.get_logger(__name__)
CARRIED = "carried"
_DELIVERED = ("migrated", "already_present", "failed", "erased_in_cdp")


@dataclass(frozen=True, slots=True)
class PlanReplay:
    """Stands where a migration extracts; its one range is the whole account."""

    crm: CrmSource
    staging: PageStaging
    runs: RunRecords
    batches: BatchLedger
    failures: FailureLookup
    notes: NotesStore
    switch: KillSwitch

    def extract(self, run: Run, id_range: IdRange) -> list[StagedPage]:  # noqa: ARG002 - as ExtractRange
        """Return the staged pages; empty where nothing failed, or the run stops."""
        records = self.failures.of_account(run.cid)
        chosen = sorted({each.note_id for each in records if run.replays(each.reason)} - {""}, key=int)
        try:
            pages, delivered = self._stage(run, chosen)
        except MigrationError as error:
            reason = stops_reading(error)
            if reason is None:
                raise
            _log.warning("extract_failed", job_id=run.run_id, cid=run.cid, problem=error.message)
            self.runs.stop(run, reason)
            return []
        self._carry(run, records, asked=set(chosen), delivered=delivered)
        return pages

    def _stage(self, run: Run, chosen: Sequence[str]) -> tuple[list[StagedPage], set[str]]:
        pages: list[StagedPage] = []
        delivered: set[str] = set()
        for ids in _chunks(chosen):
            self.switch.require_on(run)
            notes = _asked_for(self.crm.by_ids(ids), ids)
            if not notes:
                continue
            delivered |= notes.keys()
            key = f"{run.staging_prefix}{run.attempt}/replay-{len(pages):05d}.json.gz"
            first, last = int(ids[0]), int(ids[-1])
            pages.append(self.staging.stage(key, list(notes.values()), first_id=first, last_id=last))
        return pages, delivered

    def _carry(
        self, run: Run, records: Sequence[FailedRecord], *, asked: Collection[str], delivered: Collection[str]
    ) -> None:
        """Store the classes of the notes that are not replayed, as one batch."""
        former = self.runs.find(run.replay_of) if run.replay_of else None
        known = self.batches.ids(former, _DELIVERED) if former else []
        rest = {note_id for note_id in known if note_id} - set(delivered)
        present = self.notes.existing(rest)
        erased = self.batches.written_before(run, rest - present)
        # What was asked for and not delivered has vanished at the source.
        failed = rest - present - erased - set(asked)
        reasons = {each.note_id: str(each.reason) for each in records if each.kind == "note"}
        by_reason = Counter(reasons.get(note_id, str(ReasonCode.INTERNAL_ERROR)) for note_id in failed)
        unreadable = known.count("")
        by_reason.update({str(ReasonCode.NOTE_INVALID): unreadable} if unreadable else {})
        counts = BatchCounts(
            already_present=len(present),
            erased_in_cdp=len(erased),
            failed=len(failed) + unreadable,
            failed_by_reason=dict(by_reason),
        )
        ids = {
            "already_present": sorted(present, key=int),
            "erased_in_cdp": sorted(erased, key=int),
            "failed": [*sorted(failed, key=int), *[""] * unreadable],
        }
        self.batches.store_result(run, CARRIED, BatchResult(counts, ids))


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + MAX_IDS] for start in range(0, len(ids), MAX_IDS))


def _asked_for(raw: Sequence[dict[str, Any]], ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return id -> note for the ids that were asked for, each once."""
    found: dict[str, dict[str, Any]] = {}
    for note in raw:
        note_id = crm_id(note.get("id"))
        if note_id in set(ids):
            found.setdefault(str(note_id), note)
    return found
