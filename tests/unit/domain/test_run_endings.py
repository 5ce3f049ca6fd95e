"""How a run ends, which states may follow which, and why an account is refused."""

from __future__ import annotations

import itertools
import pickle
from typing import Any

import pytest

from notes_migration.domain.conf import parse_conf
from notes_migration.domain.errors import DegradedNote, FatalError, ReasonCode, RejectedNote, TransientError
from notes_migration.domain.guarding import AccountFacts, Binding, refuse_account
from notes_migration.domain.ledger import Ledger
from notes_migration.domain.outcome import Outcome, Verdict, decide_outcome
from notes_migration.domain.run import CrmCount
from notes_migration.domain.settings import parse_settings
from notes_migration.domain.states import RunState, may_go
from tests.support.builders import a_ledger, a_run

GOOD = Verdict(None, count_confirmed=True, missing=0)
HALTED, WITH_ERRORS = RunState.HALTED, RunState.COMPLETED_WITH_ERRORS
SUCCESS = Outcome(RunState.COMPLETED_SUCCESS)


@pytest.mark.parametrize(
    ("verdict", "ledger", "outcome"),
    [
        (GOOD, a_ledger(in_scope=0), SUCCESS),
        (GOOD, a_ledger(migrated=99, failed=1), SUCCESS),
        (GOOD, a_ledger(migrated=98, failed=2), Outcome(HALTED, ReasonCode.FAILURE_RATE_EXCEEDED)),
        (GOOD, a_ledger(migrated=90), SUCCESS),
        (
            Verdict(None, count_confirmed=True, missing=1),
            a_ledger(migrated=100),
            Outcome(WITH_ERRORS, ReasonCode.MATCH_BELOW_THRESHOLD),
        ),
        (
            Verdict(None, count_confirmed=True, missing=0, undelivered=10),
            a_ledger(migrated=90),
            Outcome(WITH_ERRORS, ReasonCode.MATCH_BELOW_THRESHOLD),
        ),
        (Verdict(None, count_confirmed=True, missing=0, undelivered=1), a_ledger(migrated=99), SUCCESS),
        (
            Verdict(None, count_confirmed=False, missing=0),
            a_ledger(migrated=100),
            Outcome(WITH_ERRORS, ReasonCode.VALIDATION_SKIPPED),
        ),
        (
            Verdict(None, count_confirmed=False, missing=0),
            a_ledger(migrated=98, failed=2),
            Outcome(HALTED, ReasonCode.FAILURE_RATE_EXCEEDED),
        ),
        (
            Verdict(ReasonCode.FLAG_DISABLED, count_confirmed=True, missing=0),
            a_ledger(failed=50),
            Outcome(HALTED, ReasonCode.FLAG_DISABLED),
        ),
    ],
)
def test_given_a_verdict_when_decided_then_the_run_ends_as_the_contract_says(
    verdict: Verdict, ledger: Ledger, outcome: Outcome
) -> None:
    assert decide_outcome(verdict, ledger, parse_settings(None)) == outcome


def test_given_a_match_below_a_stricter_threshold_when_decided_then_it_completes_with_errors() -> None:
    settings = parse_settings({"match_threshold_pct": 100})

    outcome = decide_outcome(GOOD, a_ledger(migrated=99, failed=1), settings)

    assert outcome == Outcome(WITH_ERRORS, ReasonCode.MATCH_BELOW_THRESHOLD)


ENDS = {RunState.HALTED, RunState.COMPLETED_WITH_ERRORS, RunState.COMPLETED_SUCCESS}
ALLOWED = {
    (RunState.NOT_STARTED, RunState.IN_PROGRESS),
    (RunState.IN_PROGRESS, RunState.IN_PROGRESS),
    *((RunState.IN_PROGRESS, end) for end in ENDS),
    *((end, RunState.IN_PROGRESS) for end in ENDS),
    (RunState.IN_PROGRESS, RunState.NOT_STARTED),
}


@pytest.mark.parametrize(("current", "target"), list(itertools.product(RunState, repeat=2)))
def test_given_any_two_states_when_asked_then_only_the_tables_steps_are_allowed(
    current: RunState, target: RunState
) -> None:
    assert may_go(current, target) is ((current, target) in ALLOWED)


def test_given_a_state_when_asked_then_three_of_them_are_ends() -> None:
    assert {state for state in RunState if state.terminal} == ENDS


def facts(**changes: Any) -> AccountFacts:
    return AccountFacts(**{"flag_on": True, "bindings": (), "state": RunState.NOT_STARTED, **changes})


OWN, OTHERS = (
    Binding("acme", "acme-company"),
    (Binding("acme", "rival-company"), Binding("rival", "acme-company")),
)
PAIR = {"cid": "acme", "company_sso_id": "acme-company"}


@pytest.mark.parametrize(
    ("conf", "known", "reason"),
    [
        ({}, facts(), None),
        ({}, facts(bindings=(OWN,), state=RunState.HALTED), None),
        ({}, facts(state=RunState.IN_PROGRESS), None),
        ({}, facts(flag_on=False), ReasonCode.FLAG_DISABLED),
        ({"mode": "replay_failed"}, facts(flag_on=False), ReasonCode.FLAG_DISABLED),
        ({"mode": "dry_run"}, facts(flag_on=False), None),
        ({"mode": "verify"}, facts(flag_on=False), None),
        ({}, facts(bindings=(OTHERS[0],)), ReasonCode.TENANT_MISMATCH),
        ({}, facts(bindings=(OTHERS[1],)), ReasonCode.TENANT_MISMATCH),
        ({}, facts(bindings=(OWN, OTHERS[1])), ReasonCode.TENANT_MISMATCH),
        ({"mode": "verify"}, facts(bindings=OTHERS), ReasonCode.TENANT_MISMATCH),
        ({}, facts(state=RunState.COMPLETED_SUCCESS), ReasonCode.ALREADY_MIGRATED),
        ({"rerun": True}, facts(state=RunState.COMPLETED_SUCCESS), None),
        ({"mode": "replay_failed"}, facts(state=RunState.COMPLETED_SUCCESS), None),
        ({"mode": "replay_failed"}, facts(state=RunState.COMPLETED_WITH_ERRORS), None),
        ({"mode": "replay_failed"}, facts(state=RunState.HALTED), None),
        ({"mode": "replay_failed"}, facts(state=RunState.NOT_STARTED), ReasonCode.CID_NOT_FOUND),
        ({"mode": "dry_run"}, facts(state=RunState.COMPLETED_SUCCESS), None),
        ({}, facts(state=RunState.COMPLETED_WITH_ERRORS), None),
        # the contract's order
        ({}, facts(flag_on=False, bindings=OTHERS), ReasonCode.FLAG_DISABLED),
        ({}, facts(bindings=OTHERS, state=RunState.COMPLETED_SUCCESS), ReasonCode.TENANT_MISMATCH),
    ],
)
def test_given_what_is_known_of_an_account_when_asked_then_it_is_refused_in_the_contracts_order(
    conf: dict[str, Any], known: AccountFacts, reason: ReasonCode | None
) -> None:
    refusal = refuse_account(parse_conf({**PAIR, **conf}), known)

    assert (refusal.reason if refusal else None) == reason
    assert refusal is None or not any(word in refusal.message for word in ("rival", "acme-company"))


@pytest.mark.parametrize("kind", [FatalError, TransientError, RejectedNote, DegradedNote])
def test_given_an_error_when_sent_between_processes_then_reason_and_message_arrive(kind: Any) -> None:
    error = pickle.loads(pickle.dumps(kind(ReasonCode.NOTE_INVALID, "why")))

    assert (type(error), error.reason, error.message) == (kind, ReasonCode.NOTE_INVALID, "why")
    assert str(error) == "NOTE_INVALID: why"


def test_given_a_type_named_twice_when_counted_then_its_notes_count_once() -> None:
    assert CrmCount(9, {1: 5, 2: 4}, 100).in_scope((1, 1, 6)) == 5


def test_given_a_run_when_it_stages_then_its_objects_lie_below_the_accounts() -> None:
    run = a_run(cid="qa-1", run_id="qa-1__3")

    assert run.staging_prefix == "runs/qa-1/qa-1__3/"
    assert run.staging_prefix.startswith(run.account_staging_prefix)
    assert not run.staging_prefix.startswith(a_run(cid="qa").account_staging_prefix)
