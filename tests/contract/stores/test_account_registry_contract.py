"""One suite for accounts: the fake may not drift from MongoDB."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import pytest

from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.guarding import Binding
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.states import RunState
from notes_migration.ports.account_registry import AccountRegistry
from notes_migration.ports.rollback import AccountHold
from tests.fakes.account_registry import InMemoryAccounts
from tests.support.builders import NOW, a_run

RUN = a_run()
RIVAL = a_run(cid="rival", run_id="rival__1", company_sso_id="rival-company")


class Held(AccountRegistry, AccountHold, Protocol):
    """Both ports."""


@pytest.fixture(params=["fake", pytest.param("mongo", marks=pytest.mark.integration)])
def accounts(request: pytest.FixtureRequest) -> Held:
    if request.param == "fake":
        return InMemoryAccounts()
    from notes_migration.adapters.mongo_accounts import COLLECTION, MongoAccounts

    found = MongoAccounts(request.getfixturevalue("database")[COLLECTION])
    found.ensure_indexes()
    found.ensure_indexes()
    return found


def test_given_an_account_never_seen_when_asked_then_it_is_not_started_and_unbound(
    accounts: AccountRegistry,
) -> None:
    assert accounts.state("acme") is RunState.NOT_STARTED
    assert not accounts.is_active(RUN)
    assert accounts.bindings(cid="acme", company_sso_id="acme-company") == ()


def test_given_an_active_run_when_asked_then_only_this_attempt_may_write(accounts: AccountRegistry) -> None:
    accounts.activate(RUN)

    assert accounts.is_active(RUN)
    assert not accounts.is_active(replace(RUN, attempt=2))
    assert not accounts.is_active(replace(RUN, run_id="acme__2"))
    assert not accounts.is_active(replace(RUN, cid="other"))
    assert accounts.state("acme") is RunState.IN_PROGRESS


def test_given_a_closed_run_when_asked_then_it_may_not_write_but_still_record_its_end(
    accounts: AccountRegistry,
) -> None:
    accounts.activate(RUN)
    accounts.close(replace(RUN, run_id="acme__2"))
    assert accounts.is_active(RUN)

    accounts.close(RUN)
    accounts.record_outcome(RUN, Outcome(RunState.HALTED), now=NOW)

    assert (accounts.is_active(RUN), accounts.holds(RUN)) == (False, True)
    assert accounts.state("acme") is RunState.HALTED
    accounts.activate(replace(RUN, attempt=2))
    assert accounts.is_active(replace(RUN, attempt=2))
    assert not accounts.holds(RUN)


def test_given_a_later_attempt_when_activated_then_the_former_may_not_write(
    accounts: AccountRegistry,
) -> None:
    accounts.activate(RUN)
    accounts.activate(replace(RUN, attempt=2))

    assert not accounts.is_active(RUN)


def test_given_an_earlier_attempt_that_has_the_account_when_inherited_then_it_is_the_later_ones(
    accounts: AccountRegistry,
) -> None:
    second = replace(RUN, attempt=2)
    accounts.inherit(second)
    assert not accounts.holds(second)
    accounts.activate(RUN)
    accounts.inherit(replace(second, run_id="acme__2"))
    assert accounts.holds(RUN)

    accounts.inherit(second)
    accounts.inherit(RUN)

    assert accounts.is_active(second)
    assert not accounts.holds(RUN)


def test_given_an_outcome_when_recorded_by_the_active_run_then_the_state_is_its(
    accounts: AccountRegistry,
) -> None:
    accounts.activate(RUN)
    accounts.record_outcome(RUN, Outcome(RunState.HALTED, ReasonCode.FLAG_DISABLED), now=NOW)

    assert accounts.state("acme") is RunState.HALTED
    assert accounts.is_active(RUN)


def test_given_an_outcome_when_recorded_by_another_attempt_then_the_state_stays(
    accounts: AccountRegistry,
) -> None:
    accounts.activate(replace(RUN, attempt=2))
    accounts.record_outcome(RUN, Outcome(RunState.COMPLETED_SUCCESS), now=NOW)

    assert accounts.state("acme") is RunState.IN_PROGRESS


def test_given_a_deactivated_run_when_asked_then_it_may_not_write_and_the_state_stays(
    accounts: AccountRegistry,
) -> None:
    accounts.activate(RUN)
    accounts.deactivate(cid="acme", run_id="acme__1")

    assert not accounts.is_active(RUN)
    assert accounts.state("acme") is RunState.IN_PROGRESS


def test_given_another_run_when_deactivated_then_the_active_one_stays(accounts: AccountRegistry) -> None:
    accounts.activate(RUN)
    accounts.deactivate(cid="acme", run_id="acme__0")
    accounts.deactivate(cid="never-seen", run_id="acme__1")

    assert accounts.is_active(RUN)


def test_given_a_pair_when_bound_then_it_is_bound_for_good_and_again(accounts: AccountRegistry) -> None:
    accounts.activate(RUN)

    assert accounts.bind(RUN)
    assert accounts.bind(RUN)
    assert accounts.bindings(cid="acme", company_sso_id="x") == (Binding("acme", "acme-company"),)
    assert accounts.bindings(cid="x", company_sso_id="acme-company") == (Binding("acme", "acme-company"),)
    accounts.activate(replace(RUN, attempt=2))
    assert accounts.bind(RUN)


def test_given_a_bound_account_when_bound_to_another_company_then_it_is_refused(
    accounts: AccountRegistry,
) -> None:
    accounts.activate(RUN)
    accounts.bind(RUN)

    assert not accounts.bind(replace(RUN, company_sso_id="rival-company"))
    assert accounts.bindings(cid="acme", company_sso_id="rival-company") == (Binding("acme", "acme-company"),)


def test_given_a_bound_company_when_another_account_wants_it_then_it_is_refused(
    accounts: AccountRegistry,
) -> None:
    accounts.activate(RUN)
    accounts.bind(RUN)
    accounts.activate(RIVAL)

    assert not accounts.bind(replace(RIVAL, company_sso_id="acme-company"))
    assert accounts.bind(RIVAL)
    assert len(accounts.bindings(cid="acme", company_sso_id="rival-company")) == 2


def test_given_two_unbound_accounts_when_activated_then_neither_hinders_the_other(
    accounts: AccountRegistry,
) -> None:
    accounts.activate(RUN)
    accounts.activate(RIVAL)

    assert accounts.is_active(RUN)
    assert accounts.is_active(RIVAL)


def test_given_an_account_that_was_never_activated_when_bound_then_it_is_not(
    accounts: AccountRegistry,
) -> None:
    assert not accounts.bind(RUN)


def test_given_an_account_at_rest_when_occupied_then_only_the_fence_changes(accounts: Held) -> None:
    accounts.activate(RUN)
    accounts.bind(RUN)
    accounts.record_outcome(RUN, Outcome(RunState.COMPLETED_SUCCESS), now=NOW)
    accounts.deactivate(cid="acme", run_id=RUN.run_id)
    back = replace(RUN, run_id="back", attempt=3)

    assert accounts.occupy(back)

    assert accounts.is_active(back)
    assert accounts.holds(back)
    assert accounts.state("acme") is RunState.COMPLETED_SUCCESS
    assert accounts.occupy(replace(back, attempt=4))
    assert not accounts.is_active(back)


def test_given_an_account_that_is_not_free_when_occupied_then_it_stays_as_it_was(accounts: Held) -> None:
    assert not accounts.occupy(RUN)
    accounts.activate(RUN)
    accounts.close(RUN)

    assert not accounts.occupy(replace(RUN, run_id="back"))

    assert accounts.holds(RUN)
    assert not accounts.occupy(RIVAL)
    assert accounts.state("rival") is RunState.NOT_STARTED


def test_given_an_occupied_account_when_a_removal_begins_then_it_is_in_progress_by_this_attempt_only(
    accounts: Held,
) -> None:
    accounts.activate(RUN)
    accounts.record_outcome(RUN, Outcome(RunState.HALTED, ReasonCode.INTERNAL_ERROR), now=NOW)
    accounts.deactivate(cid="acme", run_id=RUN.run_id)
    back = replace(RUN, run_id="back")
    assert not accounts.begin_removal(back)
    accounts.occupy(back)
    assert not accounts.begin_removal(replace(back, attempt=2))
    assert accounts.state("acme") is RunState.HALTED

    assert accounts.begin_removal(back)

    assert accounts.state("acme") is RunState.IN_PROGRESS
    assert accounts.begin_removal(back)
    accounts.close(back)
    assert not accounts.begin_removal(back)
