"""What the board reads, valid as it comes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from notes_migration.domain.accounts import AccountRecord
from notes_migration.domain.certificate import Certificate, certify
from notes_migration.domain.conf import Mode
from notes_migration.domain.differences import Difference, Kind
from notes_migration.domain.ledger import AttachmentCounts, BatchCounts, Ledger
from notes_migration.domain.states import RunState
from notes_migration.ports.board import SeenAccount, SeenRun
from tests.support.builders import NOW, a_run


def a_seen_run(**changes: Any) -> SeenRun:
    """Return a run of `acme`: 100 notes in scope, 90 written, 2 failed, 8 there before; 5 files failed."""
    counts = BatchCounts(
        migrated=90,
        already_present=8,
        failed=2,
        failed_by_reason={"NOTE_TOO_LONG": 2},
        attachments=AttachmentCounts(linked=20, failed=5, failed_by_reason={"ATTACHMENT_TOO_LARGE": 5}),
    )
    run = SeenRun(
        run_id="acme__1",
        company_sso_id="acme-company",
        mode="migrate",
        triggered_by="sari",
        state=RunState.HALTED,
        reason_code="FAILURE_RATE_EXCEEDED",
        started_at=NOW,
        finished_at=NOW,
        ledger=Ledger(100, 10, counts),
    )
    return replace(run, **changes)


def a_seen_account(state: RunState = RunState.HALTED, *, cid: str = "acme", **run: Any) -> SeenAccount:
    """Return an account in this state whose last run is in the same."""
    last = a_seen_run(run_id=f"{cid}__1", state=state, company_sso_id=f"{cid}-company", **run)
    ended = state.terminal
    record = AccountRecord(
        cid,
        last.company_sso_id,
        state,
        active_run_id=None if ended else last.run_id,
        last_run_id=last.run_id,
        finished_at=NOW if ended else None,
    )
    return SeenAccount(record, last)


def a_certificate(*differences: tuple[str, Kind], verified_at: datetime = NOW) -> Certificate:
    """Return a certificate of `acme`, made by `acme__2` over the counts of `a_seen_run`."""
    found = [Difference(note_id, kind) for note_id, kind in differences]
    run = a_run(run_id="acme__2", mode=Mode.VERIFY)
    return certify(run, a_seen_run().ledger, found, present=["51"], added_since=0, now=verified_at)
