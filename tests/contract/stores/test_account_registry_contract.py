"""One suite for accounts: the fake may not drift from MongoDB."""

from __future__ import annotations

from dataclasses import replace

import pytest

from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.guarding import Binding
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.states import RunState
from notes_migration.ports.account_registry import AccountRegistry
from tests.fakes.account_registry import InMemoryAccounts
from tests.support.builders import NOW, a_run

RUN = a_run()
RIVAL = a_run(cid="rival", run_id="rival__1", company_sso_id="rival-company")


@pytest.fixture(params=["fake", pytest.param("mongo", marks=pytest.mark.integration)])
def accounts(request: pytest.FixtureRequest) -> AccountRegistry:
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
