"""A replay counts the whole account: whatever became of its notes, every one is in exactly one class."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notes_migration.domain.conf import Mode
from notes_migration.domain.errors import FatalError, ReasonCode, TransientError
from notes_migration.domain.ledger import BatchCounts, Ledger
from notes_migration.domain.paging import IdRange
from notes_migration.domain.run import Run
from notes_migration.ports.batch_ledger import BatchResult, FailedRecord
from notes_migration.services.kill_switch import KillSwitch
from notes_migration.services.plan_replay import PlanReplay
from tests.fakes.batch_ledger import InMemoryLedger
from tests.fakes.clock import SteppedClock
from tests.fakes.crm import InMemoryCrm
from tests.fakes.failure_records import InMemoryFailures
from tests.fakes.feature_flag import InMemoryFlag
from tests.fakes.notes_store import InMemoryNotes
from tests.fakes.run_records import InMemoryRuns
from tests.fakes.staging import InMemoryStaging
from tests.support.builders import a_cdp_note, a_crm_note, a_run

FATES = ("present", "erased", "failed", "failed, no longer on record", "failed otherwise", "file failed")
EVERYTHING = IdRange(0, 1000)
REPLAYED, OTHER = ReasonCode.CONTACT_NOT_MAPPED, ReasonCode.NOTE_TOO_LONG


class Account:
    """An account after a migration in which each note met its fate."""

    def __init__(self, fates: dict[int, tuple[str, bool]]) -> None:
        """fates: id -> fate, and whether the CRM still has the note."""
        self.ledger, self.failures, self.notes, self.runs = (
            InMemoryLedger(),
            InMemoryFailures(),
            InMemoryNotes(),
            InMemoryRuns(),
        )
        self.former = a_run(in_scope=len(fates), out_of_scope=0)
        self.runs.start(self.former)
        self.crm = InMemoryCrm([a_crm_note(key) for key, (_, there) in fates.items() if there])
        self.staging = InMemoryStaging()
        classes: dict[str, list[str]] = {"migrated": [], "failed": []}
        for key, (fate, _) in fates.items():
            self._meet(str(key), fate, classes)
        counts = BatchCounts(migrated=len(classes["migrated"]), failed=len(classes["failed"]))
        self.ledger.store_result(self.former, "0", BatchResult(counts, classes))

    def _meet(self, note_id: str, fate: str, classes: dict[str, list[str]]) -> None:
        written = fate in {"present", "erased", "file failed"}
        classes["migrated" if written else "failed"].append(note_id)
        if fate in {"present", "file failed"}:
            self.notes.stored[note_id] = a_cdp_note(note_id)
        reasons = {"failed": REPLAYED, "failed otherwise": OTHER}
        if fate in reasons:
            self._record("note", note_id, None, reasons[fate])
        if fate == "file failed":
            self._record("attachment", note_id, "image-1", REPLAYED)

    def _record(self, kind: str, note_id: str, asset: str | None, reason: ReasonCode) -> None:
        self.failures.record(self.former, [FailedRecord(kind, note_id, asset, reason, "stage")])

    def replay(self, **changes: Any) -> tuple[Run, list[str]]:
        """Return the run, and the ids that its pages hold."""
        facts = {"run_id": "acme__2", "mode": Mode.REPLAY_FAILED, "replay_of": "acme__1", **changes}
        run = a_run(in_scope=self.former.in_scope, out_of_scope=0, **facts)
        self.runs.start(run)
        switch = KillSwitch(InMemoryFlag(), SteppedClock())
        plan = PlanReplay(self.crm, self.staging, self.runs, self.ledger, self.failures, self.notes, switch)
        pages = plan.extract(run, EVERYTHING)
        return run, [str(note["id"]) for page in pages for note in self.staging.load(page)]


@given(st.dictionaries(st.integers(1, 400), st.tuples(st.sampled_from(FATES), st.booleans()), max_size=250))
def test_given_any_account_when_a_replay_is_planned_then_every_note_is_carried_read_or_vanished(
    fates: dict[int, tuple[str, bool]],
) -> None:
    account = Account(fates)

    run, read = account.replay(reasons=(REPLAYED,))

    def of(*wanted: str, there: bool | None = None) -> set[str]:
        return {
            str(key)
            for key, (fate, is_there) in fates.items()
            if fate in wanted and there in {None, is_there}
        }

    assert set(read) == of("failed", "file failed", there=True)
    assert len(read) == len(set(read))
    counts = account.ledger.totals(run)
    assert counts.already_present == len(of("present") | of("file failed", there=False))
    assert counts.erased_in_cdp == len(of("erased"))
    assert counts.failed_by_reason.get(OTHER, 0) == len(of("failed otherwise"))
    assert counts.failed == len(of("failed otherwise", "failed, no longer on record"))
    assert sum(counts.failed_by_reason.values()) == counts.failed
    ledger = Ledger(run.in_scope, run.out_of_scope, counts)
    assert ledger.vanished_at_source == len(read) + len(of("failed", there=False))


def test_given_more_notes_than_one_call_takes_when_planned_then_each_is_read_once() -> None:
    account = Account({key: ("failed", True) for key in range(1, 251)})

    _, read = account.replay()

    assert sorted(read, key=int) == [str(key) for key in range(1, 251)]


@pytest.mark.parametrize("kind", [TransientError, FatalError])
def test_given_a_crm_that_fails_when_planned_then_the_run_stops_and_says_why(kind: type) -> None:
    account = Account({1: ("failed", True)})
    account.crm.failure = kind(ReasonCode.CRM_EXTRACT_FAILED, "down")

    run, read = account.replay()

    assert read == []
    found = account.runs.find(run.run_id)
    assert found is not None
    assert found.stopped is ReasonCode.CRM_EXTRACT_FAILED
