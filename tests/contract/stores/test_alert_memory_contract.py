"""What an account's alerts have said: the fake and MongoDB keep to one contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient

from notes_migration.adapters.mongo_alert_memory import MongoAlertMemory
from notes_migration.domain.alerting import Condition
from notes_migration.domain.errors import ReasonCode, TransientError
from tests.fakes.alerting import InMemoryAlertMemory

if TYPE_CHECKING:
    from notes_migration.ports.alerts import AlertMemory


@pytest.fixture(params=["fake", pytest.param("mongo", marks=pytest.mark.integration)])
def memory(request: pytest.FixtureRequest) -> Iterator[AlertMemory]:
    if request.param == "fake":
        yield InMemoryAlertMemory("acme", "other")
        return
    services = request.getfixturevalue("embedded_services")
    with MongoClient[dict[str, Any]](services.mongo_uri, serverSelectionTimeoutMS=5000) as client:
        accounts = client["alert_memory"]["notes_migration_accounts"]
        accounts.insert_many([{"cid": "acme"}, {"cid": "other"}])
        yield MongoAlertMemory(accounts)
        client.drop_database("alert_memory")


def test_given_an_account_when_nothing_was_told_then_nothing_is_known(memory: AlertMemory) -> None:
    assert set(memory.told("acme")) == set()
    assert set(memory.told("never-seen")) == set()


def test_given_a_condition_when_remembered_twice_for_a_run_then_only_the_first_is_news(
    memory: AlertMemory,
) -> None:
    news = [memory.remember("acme", Condition.HALTED, run) for run in ("a__1", "a__1", "a__2")]

    assert news == [True, False, True]
    assert set(memory.told("acme")) == {Condition.HALTED}
    assert set(memory.told("other")) == set()


def test_given_conditions_when_some_are_forgotten_then_the_others_stay(memory: AlertMemory) -> None:
    for condition in (Condition.HALTED, Condition.NO_PROGRESS):
        memory.remember("acme", condition, "a__1")

    memory.forget("acme", [Condition.HALTED, Condition.INCOMPLETE])
    memory.forget("acme", [])

    assert set(memory.told("acme")) == {Condition.NO_PROGRESS}
    assert memory.remember("acme", Condition.HALTED, "a__1")


def test_given_an_account_without_a_record_when_remembered_then_it_is_news_and_makes_no_record(
    memory: AlertMemory,
) -> None:
    assert memory.remember("never-seen", Condition.RUN_WINDOW, "n__1")
    assert memory.remember("never-seen", Condition.RUN_WINDOW, "n__1")
    assert set(memory.told("never-seen")) == set()


def test_given_a_database_that_is_away_when_asked_then_it_is_an_error_of_ours() -> None:
    with MongoClient[dict[str, Any]]("mongodb://127.0.0.1:9/x", serverSelectionTimeoutMS=50) as client:
        memory = MongoAlertMemory(client["x"]["accounts"])
        for call in (
            lambda: memory.told("acme"),
            lambda: memory.remember("acme", Condition.HALTED, "a__1"),
            lambda: memory.forget("acme", [Condition.HALTED]),
        ):
            with pytest.raises(TransientError) as caught:
                call()
            assert caught.value.reason is ReasonCode.DEPENDENCY_UNAVAILABLE
