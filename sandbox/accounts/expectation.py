"""Adds up what must have become of an account."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sandbox.accounts.assets import Assets
from sandbox.accounts.crm_notes import Draft, cdp_document
from sandbox.accounts.model import ExpectedOutcome


class Ledger:
    """Collects the expectation note by note, while the account is written."""

    def __init__(self, company_sso_id: str) -> None:
        self._company = company_sso_id
        self._documents: dict[str, dict[str, Any]] = {}
        self._objects: dict[str, str] = {}
        self._failed: dict[str, str] = {}
        self._failed_without_id: Counter[str] = Counter()
        self._files_failed: dict[str, str] = {}
        self._files_total = 0
        self._checkins = 0

    def expect(self, draft: Draft, contact_id: str) -> None:
        """The note must be stored for that contact."""
        document = cdp_document(draft, company_sso_id=self._company, contact_id=contact_id)
        self._documents[str(draft.note_id)] = document
        self._objects |= draft.assets.objects
        self._checkins += draft.has_checkin

    def fail(self, note_id: int, reason: str) -> None:
        """The note must not be stored, for that reason."""
        self._failed[str(note_id)] = reason

    def fail_without_id(self, reason: str) -> None:
        """A note without a readable id must not be stored, for that reason."""
        self._failed_without_id[reason] += 1

    def count_files(self, assets: Assets) -> None:
        """Count the files of a note in scope."""
        self._files_total += sum(len(entries) for entries in assets.entries.values())
        self._files_failed |= assets.failed

    def outcome(self, *, source_total: int, in_scope: int) -> ExpectedOutcome:
        """Return the sum: more than 1 % of failed notes halts a run, whatever else is right."""
        failed = len(self._failed) + self._failed_without_id.total()
        halted = 100 * failed > in_scope
        hundredths = 10_000 * len(self._documents) // in_scope if in_scope else 10_000
        return ExpectedOutcome(
            status="halted" if halted else "completed_success",
            reason_code="FAILURE_RATE_EXCEEDED" if halted else None,
            source_total=source_total,
            out_of_scope=source_total - in_scope,
            documents=self._documents,
            objects=self._objects,
            failed=self._failed,
            attachments_total=self._files_total,
            attachments_failed=self._files_failed,
            owners_by_label=sum(each["owner_id"] is None for each in self._documents.values()),
            checkins_dropped=self._checkins,
            match_pct=f"{hundredths // 100}.{hundredths % 100:02d}",
            failed_without_id=dict(self._failed_without_id),
        )
