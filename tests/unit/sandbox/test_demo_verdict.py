"""The demo believes nothing: each deviation from the expectation is a line that names it."""

from __future__ import annotations

import dataclasses
import io
import time
from typing import Any, cast

import pytest
from rich.console import Console

from sandbox.accounts.model import Account, ExpectedOutcome
from sandbox.demo.checks import first_run_problems, rerun_problems
from sandbox.demo.following import FollowedRun, RunsTooLong, follow
from sandbox.demo.results import by_reason, percentage, results_table
from sandbox.demo.world import DemoWorld, Evidence, Triggered

EXPECTED = ExpectedOutcome(
    status="completed_success",
    reason_code=None,
    source_total=5,
    out_of_scope=2,
    documents={"1": {}, "2": {}},
    objects={},
    failed={"3": "NOTE_TOO_LONG"},
    attachments_total=4,
    attachments_failed={"1/9": "ATTACHMENT_TYPE_MISMATCH"},
    owners_by_label=1,
    checkins_dropped=0,
    match_pct="66.66",
)
COUNTS = {
    "migrated": 2,
    "already_present": 0,
    "failed": 1,
    "vanished_at_source": 0,
    "erased_in_cdp": 0,
    "out_of_scope": 2,
}
RECORD: dict[str, Any] = {
    "status": "completed_success",
    "reason_code": None,
    "source_total": 5,
    "counts": COUNTS,
    "failed_by_reason": {"NOTE_TOO_LONG": 1},
    "attachments": {"total": 4, "linked": 3},
    "owners": {"by_label": 1},
    "match_pct": 66.66,
}


class FakeWorld:
    """What the checks and the following ask of the world."""

    def __init__(self, expected: ExpectedOutcome = EXPECTED, differences: tuple[str, ...] = ()) -> None:
        account = Account("qa", "qa-company", (), {}, {}, (), (), expected)
        self.accounts = {"qa": account}
        self._differences = list(differences)
        self.states = iter(["queued", "running", "success"])

    def differences(self, cid: str) -> list[str]:
        return self._differences

    def state(self, run: Triggered) -> str:
        return next(self.states)

    def status(self, run: Triggered) -> dict[str, Any]:
        times = {"started_at": "2026-01-01T00:00:00.000Z", "updated_at": "2026-01-01T00:00:02.500Z"}
        return {"phase": "migrate", "notes_total": 10, "notes_processed": 5, **times}

    def record(self, run_id: str) -> dict[str, Any]:
        return RECORD

    def failed_tasks(self, run_id: str) -> list[str]:
        return ["guard"]


def a_run(**changes: Any) -> FollowedRun:
    return FollowedRun("qa", "qa__1", "success", 1.5, RECORD | changes)


def problems_of(run: FollowedRun, world: FakeWorld | None = None) -> list[str]:
    return first_run_problems(cast(DemoWorld, world or FakeWorld()), run)


def test_given_a_run_as_expected_when_checked_then_there_is_no_problem() -> None:
    assert problems_of(a_run()) == []


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        (
            {"status": "completed_with_errors", "reason_code": "MATCH_BELOW_THRESHOLD"},
            "MATCH_BELOW_THRESHOLD",
        ),
        ({"source_total": 6}, "source total is 6, expected 5"),
        ({"counts": COUNTS | {"migrated": 1, "failed": 2}}, "migrated is 1, expected 2"),
        ({"counts": COUNTS | {"vanished_at_source": 1}}, "sum of the classes is 6, expected 5"),
        ({"counts": COUNTS | {"out_of_scope": 1}}, "out of scope is 1"),
        ({"failed_by_reason": {"NOTE_EMPTIED": 1}}, "failed by reason is {'NOTE_EMPTIED': 1}"),
        ({"attachments": {"total": 4, "linked": 4}}, "attachments linked is 4, expected 3"),
        ({"attachments": None}, "attachments is None, expected 4"),
        ({"owners": {"by_label": 2}}, "owners by label is 2"),
        ({"match_pct": 66.67}, "match % is 66.67, expected 66.66"),
    ],
)
def test_given_a_deviation_when_checked_then_a_line_names_it(changes: dict[str, Any], named: str) -> None:
    problems = problems_of(a_run(**changes))

    assert any(named in problem for problem in problems)
    assert all(problem.startswith("qa: ") for problem in problems)


def test_given_no_record_when_checked_then_the_run_and_its_failed_tasks_are_named() -> None:
    run = FollowedRun("qa", "qa__1", "failed", 1.0, {}, ["guard"])

    assert (
        "ended no record, expected completed_success (run qa__1, failed tasks guard)" in problems_of(run)[0]
    )


def test_given_other_documents_when_checked_then_differences_are_shown_in_part() -> None:
    world = FakeWorld(differences=tuple(f"note {n}: missing" for n in range(8)))

    assert problems_of(a_run(), world) == [
        *(f"qa: note {n}: missing" for n in range(5)),
        "qa: and 3 differences more",
    ]


def test_given_a_halted_account_when_it_halts_then_only_outcome_and_documents_are_checked() -> None:
    expected = dataclasses.replace(EXPECTED, status="halted", reason_code="FAILURE_RATE_EXCEEDED")
    halted = {"status": "halted", "reason_code": "FAILURE_RATE_EXCEEDED", "counts": {"migrated": 1}}
    run = FollowedRun("qa", "qa__1", "failed", 1.0, halted)

    assert problems_of(run, FakeWorld(expected)) == []
    assert problems_of(dataclasses.replace(run, airflow_state="success"), FakeWorld(expected)) != []


@pytest.mark.parametrize(
    ("after", "counts", "named"),
    [
        (Evidence(3, "x" * 64, 7), COUNTS | {"migrated": 0}, "number of documents is 3, expected 2"),
        (Evidence(2, "y" * 64, 7), COUNTS | {"migrated": 0}, "hash of all documents"),
        (Evidence(2, "x" * 64, 8), COUNTS | {"migrated": 0}, "requests to the CDN is 8, expected 7"),
        (Evidence(2, "x" * 64, 7), COUNTS, "migrated is 2, expected 0"),
    ],
)
def test_given_a_rerun_that_did_something_when_checked_then_a_line_names_it(
    after: Evidence, counts: dict[str, int], named: str
) -> None:
    (problem,) = rerun_problems(a_run(counts=counts), Evidence(2, "x" * 64, 7), after)

    assert named in problem


def test_given_a_rerun_that_did_nothing_when_checked_then_there_is_no_problem() -> None:
    evidence = Evidence(2, "x" * 64, 7)

    assert rerun_problems(a_run(counts=COUNTS | {"migrated": 0}), evidence, evidence) == []


def a_console() -> tuple[Console, io.StringIO]:
    written = io.StringIO()
    return Console(file=written, width=200), written


def test_given_no_terminal_when_followed_then_lines_tell_phase_and_notes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sandbox.demo.following._POLL_SECONDS", 0)
    console, written = a_console()

    (run,) = follow(cast(DemoWorld, FakeWorld()), [Triggered("qa", "qa__1", time.monotonic())], console)

    assert (run.airflow_state, run.record, run.failed_tasks) == ("success", RECORD, [])
    assert "migrate" in written.getvalue()
    assert "5 of 10 notes, 2/s, about 2 s left" in written.getvalue()


def test_given_a_run_that_does_not_end_when_followed_then_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sandbox.demo.following._LIMIT_SECONDS", -1)
    console, _ = a_console()

    with pytest.raises(RunsTooLong, match="qa has not ended"):
        follow(cast(DemoWorld, FakeWorld()), [Triggered("qa", "qa__1", time.monotonic())], console)


def test_given_runs_when_shown_then_the_table_has_every_column_of_the_issue() -> None:
    console, written = a_console()

    console.print(results_table("title", [a_run()]))

    for text in ("completed_success", "NOTE_TOO_LONG 1", "3 of 4", "66.66", "1.5"):
        assert text in written.getvalue()


def test_given_values_when_shown_then_nothing_is_zero_and_percentages_have_two_decimals() -> None:
    assert by_reason({}) == "0"
    assert by_reason({"B": 2, "A": 1}) == "A 1\nB 2"
    assert (percentage(100), percentage("99.00"), percentage(None)) == ("100.00", "99.00", "-")
