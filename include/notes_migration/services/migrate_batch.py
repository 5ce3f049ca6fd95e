"""One batch of notes: what is missing in the CDP is made and written, exactly once.

Route of a note: scope, exists, contact, content, owner, attachments, write (contracts, section 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from notes_migration.domain.attachments import AssetOutcome
from notes_migration.domain.batching import StagedPage
from notes_migration.domain.content import normalize_html
from notes_migration.domain.content.emptied import emptied
from notes_migration.domain.documents import CdpNote, to_cdp_note
from notes_migration.domain.errors import FatalError, ReasonCode, RejectedNote, TransientError
from notes_migration.domain.ledger import Ledger
from notes_migration.domain.notes import CrmNote
from notes_migration.domain.owners import choose_owner
from notes_migration.domain.parsing import ParsedBatch, parse_batch
from notes_migration.domain.run import Run
from notes_migration.ports.account_registry import AccountRegistry
from notes_migration.ports.batch_ledger import BatchLedger, BatchResult, FailedRecord, FailureRecords
from notes_migration.ports.clock import Clock
from notes_migration.ports.contacts import ContactDirectory
from notes_migration.ports.events import Events
from notes_migration.ports.identity import OwnerDirectory
from notes_migration.ports.notes_store import NotesStore
from notes_migration.ports.staging import PageStaging
from notes_migration.services.batch_tally import BatchTally

WRITE_PAUSES_SECONDS = (1.0, 3.0, 9.0)


class Relinker(Protocol):
    """Copies the files of notes into the CDP's storage (services/relink_attachments.py)."""

    def relink(
        self, notes: Sequence[CrmNote], *, quota_left_bytes: int
    ) -> dict[str, tuple[AssetOutcome, ...]]:
        """Return note id -> one outcome per asset; never raises for one asset."""
        ...


@dataclass(frozen=True, slots=True)
class _Draft:
    """A note that will be written, as far as it is made."""

    note: CrmNote
    contact_id: str
    html: str


@dataclass(frozen=True, slots=True)
class MigrateBatch:
    """Gathers, decides and writes one staged page. Safe to repeat after a crash at any point."""

    accounts: AccountRegistry
    batches: BatchLedger
    failures: FailureRecords
    staging: PageStaging
    notes: NotesStore
    contacts: ContactDirectory
    owners: OwnerDirectory
    relinker: Relinker
    events: Events
    clock: Clock

    def migrate(self, run: Run, page: StagedPage) -> BatchResult:
        """Return the batch's result, stored.

        Raises:
            FatalError: the run may no longer write (the fence), or the page is gone.
            TransientError: a store did not answer.
        """
        began = self.clock.monotonic_seconds()
        self._require_active(run)
        tally = BatchTally()
        parsed = parse_batch(
            self.staging.load(page), type_ids=run.settings.note_type_ids, now=self.clock.now()
        )
        missing = self._missing(run, parsed, tally)
        drafts = self._drafts(missing, tally)
        self.batches.store_intent(run, page.batch, [draft.note.note_id for draft in drafts])
        documents = self._documents(run, drafts, tally)
        self.batches.store_prepared(run, page.batch, tally.prepared)
        self._require_active(run)
        # Before the write: a retry after a crash meets the notes as written and looks at no file again.
        self.failures.renew(run, [each.legacy_crm_note_id for each in documents], _nameable(tally.failures))
        self._write(documents, tally)
        result = tally.result(self.clock.monotonic_seconds() - began)
        self._record(run, page, result, tally)
        return result

    def _require_active(self, run: Run) -> None:
        if not self.accounts.is_active(run):
            raise FatalError(
                ReasonCode.INTERNAL_ERROR,
                "this run is over or another has taken the account: nothing was written; "
                "start a new run, or clear the whole run",
            )

    def _missing(self, run: Run, parsed: ParsedBatch, tally: BatchTally) -> list[CrmNote]:
        """Return the readable notes that the CDP lacks; everything else gets its class here."""
        present = self.notes.existing(parsed.ids)
        resumed = self.batches.intended(run, present)
        erased = self.batches.written_before(run, set(parsed.ids) - present)
        tally.migrated += sorted(resumed, key=int)
        tally.prepared |= self.batches.prepared(run, resumed)
        tally.already_present += sorted(present - resumed, key=int)
        tally.erased += sorted(erased, key=int)
        for each in parsed.invalid:
            if each.note_id not in present | erased:
                tally.fail(each.note_id, each.reason, "scope")
        if parsed.not_asked:
            tally.warnings["note_type_not_asked_for"] += parsed.not_asked
        return [note for note in parsed.notes if note.note_id not in present | erased]

    def _drafts(self, missing: Sequence[CrmNote], tally: BatchTally) -> list[_Draft]:
        lookup = self.contacts.of_persons({note.person_id for note in missing if note.person_id})
        if lookup.ambiguous:
            tally.warnings["several_contacts_for_a_person"] += lookup.ambiguous
        drafts = []
        for note in missing:
            contact_id = lookup.contact_ids.get(note.person_id or "")
            if contact_id is None:
                tally.fail(note.note_id, ReasonCode.CONTACT_NOT_MAPPED, "contact")
                continue
            try:
                content = normalize_html(note.html)
            except RejectedNote as rejected:
                tally.fail(note.note_id, rejected.reason, "content")
                continue
            if emptied(note.html, content.html):
                tally.fail(note.note_id, ReasonCode.NOTE_EMPTIED, "content")
                continue
            tally.warnings.update(content.warnings)
            drafts.append(_Draft(note, contact_id, content.html))
        return drafts

    def _documents(self, run: Run, drafts: Sequence[_Draft], tally: BatchTally) -> list[CdpNote]:
        if not drafts:
            return []
        owners = self.owners.resolve({draft.note.creator_id for draft in drafts if draft.note.creator_id})
        if not owners.complete:
            tally.warnings["identity_unavailable"] += 1
        quota_left = run.settings.attachment_quota_bytes - self.batches.attachment_bytes(run.cid)
        outcomes = self.relinker.relink([draft.note for draft in drafts], quota_left_bytes=quota_left)
        documents = []
        for draft in drafts:
            note, assets = draft.note, outcomes.get(draft.note.note_id, ())
            owner = choose_owner(
                note.creator_id,
                note.creator_name,
                sso_ids=owners.sso_ids,
                default_label=run.settings.unresolved_owner_label,
            )
            tally.prepare(note, owner, assets)
            documents.append(
                to_cdp_note(
                    note,
                    company_sso_id=run.company_sso_id,
                    contact_id=draft.contact_id,
                    html=draft.html,
                    owner=owner,
                    attachments=tuple(each.attachment for each in assets if each.attachment is not None),
                )
            )
        return documents

    def _write(self, documents: Sequence[CdpNote], tally: BatchTally) -> None:
        refused = self._insert(documents)
        for document in documents:
            if document.legacy_crm_note_id in refused:
                tally.fail(document.legacy_crm_note_id, ReasonCode.BATCH_WRITE_FAILED, "write")
            else:
                tally.migrated.append(document.legacy_crm_note_id)

    def _insert(self, documents: Sequence[CdpNote]) -> set[str]:
        """Write, again after a pause where the store did not answer; what stays missing is refused."""
        for pause in (0.0, *WRITE_PAUSES_SECONDS):
            if pause:
                self.clock.pause(pause)
            try:
                return self.notes.insert_missing(documents)
            except TransientError:
                continue
        ids = {document.legacy_crm_note_id for document in documents}
        return ids - self.notes.existing(ids)

    def _record(self, run: Run, page: StagedPage, result: BatchResult, tally: BatchTally) -> None:
        self.failures.record(run, _nameable(tally.failures))
        # Also of those that were there: a try may have died between writing a note and this.
        self.failures.resolve(run, [*tally.migrated, *tally.already_present])
        self.batches.store_result(run, page.batch, result)
        self._emit(run, result, tally)

    def _emit(self, run: Run, result: BatchResult, tally: BatchTally) -> None:
        names = {"note": "note_failed", "attachment": "attachment_failed", "owner": "owner_not_resolved"}
        for failure in tally.failures:
            self.events.emit(
                f"crm_notes_migration_{names[failure.kind]}",
                legacy_crm_note_id=failure.note_id,
                asset=failure.asset,
                reason_code=failure.reason,
            )
        for note_id, prepared in tally.prepared.items():
            if prepared.checkin_dropped:
                self.events.emit("crm_notes_migration_checkin_dropped", legacy_crm_note_id=note_id)
        self.events.emit(
            "crm_notes_migration_batch_completed",
            notes_processed=result.counts.processed,
            notes_total=run.in_scope,
            # Of this batch, by the run's divisor: what the batches say adds up to the run's own rate.
            failure_rate=Ledger(run.in_scope, run.out_of_scope, result.counts).failure_rate,
            duration_seconds=result.duration_seconds,
        )


def _nameable(failures: Sequence[FailedRecord]) -> list[FailedRecord]:
    """Return what can be kept under an id."""
    return [each for each in failures if each.note_id]
