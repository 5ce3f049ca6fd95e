"""One page of a replay: what can now be written is, and what notes lack that are there is added.

The migration's own batch comes first; it writes absent notes and leaves the others alone. Then files
that failed are fetched again and labels become owners, in documents that nobody has edited since.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from notes_migration.domain.attachments import AssetOutcome, storage_key
from notes_migration.domain.batching import StagedPage
from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration.domain.ledger import AttachmentCounts, BatchCounts, OwnerCounts
from notes_migration.domain.notes import CrmNote
from notes_migration.domain.parsing import parse_batch
from notes_migration.domain.run import Run
from notes_migration.domain.verification import StoredNote
from notes_migration.ports.account_registry import AccountRegistry
from notes_migration.ports.batch_ledger import (
    BatchLedger,
    BatchResult,
    FailedRecord,
    FailureLookup,
    FailureRecords,
)
from notes_migration.ports.clock import Clock
from notes_migration.ports.identity import OwnerDirectory
from notes_migration.ports.note_repairs import NoteRepairs, Repair
from notes_migration.ports.staging import PageStaging
from notes_migration.ports.stored_notes import StoredNotes
from notes_migration.services.migrate_batch import Relinker

Outcomes = Mapping[str, Sequence[AssetOutcome]]


@dataclass(slots=True)
class _Work:
    """A page's notes that lack something, by id, and what they lack."""

    notes: dict[str, CrmNote] = field(default_factory=dict)
    records: list[FailedRecord] = field(default_factory=list)

    def of(self, note_id: str, kind: str) -> list[FailedRecord]:
        return [each for each in self.records if (each.note_id, each.kind) == (note_id, kind)]


@dataclass(frozen=True, slots=True)
class ReplayBatch:
    """Idempotent: what is repaired is found so, and is counted from the records that are still there."""

    migrate: Callable[[Run, StagedPage], BatchResult]
    accounts: AccountRegistry
    batches: BatchLedger
    failures: FailureRecords
    lookup: FailureLookup
    staging: PageStaging
    stored: StoredNotes
    repairs: NoteRepairs
    owners: OwnerDirectory
    relinker: Relinker
    clock: Clock
    file_proxy_base_url: str

    def replay(self, run: Run, page: StagedPage) -> BatchResult:
        """Return the result of the migration's own batch; repairs are counted in batches beside it.

        Raises:
            FatalError: the run may no longer write (the fence), or the page is gone.
            TransientError: a store did not answer.
        """
        result = self.migrate(run, page)
        written = frozenset(result.ids.get("migrated", ()))
        work = self._work(run, page)
        before = self.stored.read(work.notes)
        lacking = {key: note for key, note in work.notes.items() if _untouched(note, before.get(key))}
        outcomes = self._fetch(run, work, {key: lacking[key] for key in lacking.keys() - written}, before)
        self._apply(run, work, lacking, outcomes)
        self._settle(run, page, work, outcomes, written)
        return result

    def _work(self, run: Run, page: StagedPage) -> _Work:
        raw = self.staging.load(page)
        parsed = parse_batch(raw, type_ids=run.settings.note_type_ids, now=self.clock.now())
        notes = {note.note_id: note for note in parsed.notes}
        found = self.lookup.of_notes(run.cid, notes)
        records = [each for each in found if each.kind != "note" and run.replays(each.reason)]
        return _Work({each.note_id: notes[each.note_id] for each in records}, records)

    def _fetch(
        self, run: Run, work: _Work, notes: Mapping[str, CrmNote], stored: Mapping[str, StoredNote]
    ) -> Outcomes:
        """Fetch the files that failed and are still not linked."""
        wanted = []
        for note_id, note in notes.items():
            failed = {each.asset for each in work.of(note_id, "attachment")}
            linked = {file.url for file in stored[note_id].files}
            assets = [
                each
                for each in note.assets
                if each.name in failed and self._url(run, note_id, each.name) not in linked
            ]
            wanted.append(replace(note, assets=tuple(assets)))
        quota_left = run.settings.attachment_quota_bytes - self.batches.attachment_bytes(run.cid)
        return self.relinker.relink(wanted, quota_left_bytes=quota_left) if wanted else {}

    def _apply(self, run: Run, work: _Work, notes: Mapping[str, CrmNote], outcomes: Outcomes) -> None:
        labelled = [note for key, note in notes.items() if work.of(key, "owner")]
        sso_ids = self.owners.resolve({each.creator_id for each in labelled if each.creator_id}).sso_ids
        if not self.accounts.is_active(run):
            raise FatalError(
                ReasonCode.INTERNAL_ERROR,
                "this run is over or another has taken the account; start a new run",
            )
        owners = {each.note_id: sso_ids.get(each.creator_id or "") for each in labelled}
        for note_id, note in notes.items():
            attachments = [each.attachment for each in outcomes.get(note_id, ()) if each.attachment]
            owner_id = owners.get(note_id)
            if attachments or owner_id:
                self.repairs.apply(Repair(note_id, note.updated_at, attachments, owner_id))

    def _settle(
        self, run: Run, page: StagedPage, work: _Work, outcomes: Outcomes, written: frozenset[str]
    ) -> None:
        """Count what is right now and what failed again; the records of what is right go last."""
        after = self.stored.read(work.notes)
        mended = [each for each in work.records if self._is_right(run, each, after.get(each.note_id))]
        # Of each attempt one, and kept: once the records are gone, another try finds nothing mended.
        batch = f"{page.batch}-mended-{run.attempt}"
        names = {_name(each): each for each in mended if each.note_id not in written}
        # A replay that died between this and the removal of the records has counted them.
        for name in self.batches.mended_elsewhere(run, batch, names):
            del names[name]
        if names:
            counts = self._mended(run, list(names.values()), after)
            self.batches.store_result(run, batch, BatchResult(counts, mended=list(names)))
        again = _failed_again(outcomes)
        reasons = Counter(str(each.reason) for each in again)
        failed = AttachmentCounts(failed=reasons.total(), failed_by_reason=dict(reasons))
        self.batches.store_result(run, f"{page.batch}-failed", BatchResult(BatchCounts(attachments=failed)))
        self.failures.record(run, again)
        self.failures.remove(run, mended)

    def _mended(
        self, run: Run, mended: Sequence[FailedRecord], after: Mapping[str, StoredNote]
    ) -> BatchCounts:
        files = [each for each in mended if each.kind == "attachment"]
        urls = {self._url(run, each.note_id, each.asset or "") for each in files}
        sizes = [file.size or 0 for note in after.values() for file in note.files if file.url in urls]
        return BatchCounts(
            attachments=AttachmentCounts(linked=len(files), bytes=sum(sizes)),
            owners=OwnerCounts(resolved=len(mended) - len(files)),
        )

    def _is_right(self, run: Run, record: FailedRecord, stored: StoredNote | None) -> bool:
        if stored is None:
            return False
        if record.kind == "owner":
            return stored.owner_id is not None
        return self._url(run, record.note_id, record.asset or "") in {file.url for file in stored.files}

    def _url(self, run: Run, note_id: str, asset: str) -> str:
        key = storage_key(run.company_sso_id, note_id, asset)
        return f"{self.file_proxy_base_url.rstrip('/')}/{key}"


def _name(record: FailedRecord) -> str:
    return ":".join(part for part in (record.kind, record.note_id, record.asset) if part)


def _untouched(note: CrmNote, stored: StoredNote | None) -> bool:
    return stored is not None and not stored.is_deleted and stored.updated_at == note.updated_at


def _failed_again(outcomes: Outcomes) -> list[FailedRecord]:
    return [
        FailedRecord("attachment", note_id, each.asset, each.reason, "attachments")
        for note_id, found in outcomes.items()
        for each in found
        if each.reason is not None
    ]
