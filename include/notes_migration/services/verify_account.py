"""Verify one staged page against the CDP, read afresh; knows the CRM's shapes and nothing of the writer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from notes_migration.domain.attachments import storage_key
from notes_migration.domain.batching import StagedPage
from notes_migration.domain.differences import Difference, Kind
from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.ledger import AttachmentCounts, BatchCounts, OwnerCounts
from notes_migration.domain.notes import CrmNote
from notes_migration.domain.parsing import ParsedBatch, parse_batch
from notes_migration.domain.run import Run
from notes_migration.domain.verification import (
    Comparison,
    Expected,
    StoredFile,
    StoredNote,
    compare,
    reason_not_to_store,
)
from notes_migration.ports.batch_ledger import BatchLedger, BatchResult, FailedRecord, FailureLookup
from notes_migration.ports.clock import Clock
from notes_migration.ports.contacts import ContactDirectory
from notes_migration.ports.identity import OwnerDirectory
from notes_migration.ports.object_storage import ObjectStorage
from notes_migration.ports.staging import PageStaging
from notes_migration.ports.stored_notes import StoredNotes

HEADS_AT_ONCE = 8


@dataclass(slots=True)
class _Findings:
    """What becomes of each note of the page: one class each, and what differs."""

    ids: dict[str, list[str]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)
    linked: list[StoredFile] = field(default_factory=list)
    files_failed: Counter[str] = field(default_factory=Counter)
    by_label: int = 0

    def add(self, note_class: str, note_id: str) -> None:
        self.ids.setdefault(note_class, []).append(note_id)

    def fail(self, note_id: str, reason: ReasonCode) -> None:
        self.add("failed", note_id)
        self.reasons[reason] += 1

    def differ(self, note_id: str, *kinds: Kind) -> None:
        self.differences += [Difference(note_id, kind) for kind in sorted(kinds)]

    def result(self, duration_seconds: float) -> BatchResult:
        counted = {name: len(ids) for name, ids in self.ids.items()}
        present = counted.get("migrated", 0) + counted.get("already_present", 0)
        counts = BatchCounts(
            **counted,
            failed_by_reason=dict(self.reasons),
            attachments=AttachmentCounts(
                linked=len(self.linked),
                failed=self.files_failed.total(),
                bytes=sum(each.size or 0 for each in self.linked),
                failed_by_reason=dict(self.files_failed),
            ),
            owners=OwnerCounts(resolved=present - self.by_label, by_label=self.by_label),
            warnings=dict(self.warnings),
        )
        return BatchResult(counts, self.ids, round(duration_seconds, 3), self.differences)


@dataclass(frozen=True, slots=True)
class _Sources:
    """What the other systems say of the notes of a page, each asked once."""

    stored: Mapping[str, StoredNote]
    written: frozenset[str]
    records: Mapping[str, Sequence[FailedRecord]]
    contacts: Mapping[str, str]
    sso_ids: Mapping[str, str]
    owners_known: bool


@dataclass(frozen=True, slots=True)
class VerifyAccount:
    """Gathers from all sources, compares note by note, and asks storage for every linked file."""

    staging: PageStaging
    stored: StoredNotes
    results: BatchLedger
    failures: FailureLookup
    contacts: ContactDirectory
    owners: OwnerDirectory
    objects: ObjectStorage
    clock: Clock
    file_proxy_base_url: str

    def verify(self, run: Run, page: StagedPage) -> BatchResult:
        """Return the page's classes and differences, stored with the run's temporary results.

        Raises:
            FatalError: the page is gone. TransientError: a store did not answer.
        """
        began = self.clock.monotonic_seconds()
        parsed = parse_batch(
            self.staging.load(page), type_ids=run.settings.note_type_ids, now=self.clock.now()
        )
        sources, findings = self._gather(run, parsed), _Findings()
        if not sources.owners_known:
            findings.warnings["identity_unavailable"] += 1
        for note in parsed.notes:
            self._judge(run, note, sources, findings)
        for invalid in parsed.invalid:
            self._judge_unreadable(invalid.note_id, invalid.reason, sources, findings)
        if parsed.not_asked:
            findings.warnings["note_type_not_asked_for"] += parsed.not_asked
        result = findings.result(self.clock.monotonic_seconds() - began)
        self.results.store_result(run, page.batch, result)
        return result

    def _gather(self, run: Run, parsed: ParsedBatch) -> _Sources:
        owners = self.owners.resolve({note.creator_id for note in parsed.notes if note.creator_id})
        records: dict[str, list[FailedRecord]] = {}
        for record in self.failures.of_notes(run.cid, parsed.ids):
            records.setdefault(record.note_id, []).append(record)
        persons = {note.person_id for note in parsed.notes if note.person_id}
        return _Sources(
            stored=self.stored.read(parsed.ids),
            written=frozenset(self.results.written_before(run, parsed.ids)),
            records=records,
            contacts=self.contacts.of_persons(persons).contact_ids,
            sso_ids=owners.sso_ids,
            owners_known=owners.complete,
        )

    def _judge(self, run: Run, note: CrmNote, sources: _Sources, findings: _Findings) -> None:
        stored = sources.stored.get(note.note_id)
        contact_id = sources.contacts.get(note.person_id or "")
        if stored is None:
            self._judge_absent(note.note_id, reason_not_to_store(note, contact_id), sources, findings)
            return
        findings.add("migrated" if note.note_id in sources.written else "already_present", note.note_id)
        compared = compare(self._expected(run, note, contact_id, sources), stored)
        damaged = self._damaged(compared)
        findings.differ(note.note_id, *compared.kinds, *({Kind.OBJECT} if damaged else ()))
        findings.linked += compared.linked
        findings.files_failed.update(str(reason) for reason in compared.failed)
        findings.by_label += stored.owner_id is None

    def _judge_unreadable(
        self, note_id: str, reason: ReasonCode, sources: _Sources, findings: _Findings
    ) -> None:
        if note_id not in sources.stored:
            self._judge_absent(note_id, reason, sources, findings)
            return
        # It was readable when it was written: the CRM's note has changed since.
        findings.add("migrated" if note_id in sources.written else "already_present", note_id)
        findings.differ(note_id, Kind.CHANGED_AT_SOURCE)
        findings.by_label += sources.stored[note_id].owner_id is None

    @staticmethod
    def _judge_absent(
        note_id: str, reason: ReasonCode | None, sources: _Sources, findings: _Findings
    ) -> None:
        if note_id and note_id in sources.written:
            findings.add("erased_in_cdp", note_id)
            findings.differ(note_id, Kind.ERASED_IN_CDP)
            return
        known = [each.reason for each in sources.records.get(note_id, ()) if each.kind == "note"]
        because = known[0] if known else reason
        findings.fail(note_id, because or ReasonCode.INTERNAL_ERROR)
        if because is None:
            findings.differ(note_id, Kind.MISSING)

    def _expected(self, run: Run, note: CrmNote, contact_id: str | None, sources: _Sources) -> Expected:
        files = [each for each in sources.records.get(note.note_id, ()) if each.kind == "attachment"]
        base = self.file_proxy_base_url.rstrip("/")
        return Expected(
            note,
            contact_id,
            sources.sso_ids.get(note.creator_id or ""),
            owner_known=sources.owners_known,
            asset_urls={
                each.name: f"{base}/{storage_key(run.company_sso_id, note.note_id, each.name)}"
                for each in note.assets
            },
            files_failed={each.asset: each.reason for each in files if each.asset},
        )

    def _damaged(self, compared: Comparison) -> bool:
        """Whether storage lacks a linked file, or holds other bytes than were stored once."""
        if not compared.linked:
            return False
        with ThreadPoolExecutor(HEADS_AT_ONCE, thread_name_prefix="head") as pool:
            return not all(pool.map(self._is_intact, compared.linked))

    def _is_intact(self, file: StoredFile) -> bool:
        head = self.objects.head(file.url.removeprefix(f"{self.file_proxy_base_url.rstrip('/')}/"))
        return (
            head is not None
            and head.size == file.size
            and head.sha256 is not None
            and head.sha256 == head.noted_sha256
        )
