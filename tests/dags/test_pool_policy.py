"""The cluster policy that turns the marker pool into the account's own pool."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

import airflow_local_settings as policy
from notes_migration.domain.conf import ACCOUNT_ID_PATTERN


@pytest.fixture
def session() -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from airflow.models.pool import Pool
    from sqlalchemy import create_engine
    from sqlalchemy.orm import Session

    engine = create_engine("sqlite://")
    Pool.__table__.create(engine, checkfirst=True)
    with Session(engine) as opened:
        yield opened
    engine.dispose()


def pools(session: Any) -> list[tuple[str, int, bool]]:
    from airflow.models.pool import Pool

    table = Pool.__table__
    rows = session.connection().execute(table.select().order_by(table.c.pool)).mappings()
    return [(row["pool"], row["slots"], row["include_deferred"]) for row in rows]


def a_task_instance(pool: str = policy.MARKER_POOL) -> Any:
    return SimpleNamespace(pool=pool, task=None)


def mutate(task_instance: Any, conf: Any, session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sqlalchemy.orm.object_session", lambda _: session)
    policy.task_instance_mutation_hook(task_instance, SimpleNamespace(conf=conf))


def test_given_a_run_of_an_account_when_its_tasks_are_made_then_the_pool_is_there_with_one_slot(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_instance = a_task_instance()

    mutate(task_instance, {"cid": "qa-1"}, session, monkeypatch)

    assert task_instance.pool == "crm_notes_cid_qa-1"
    assert pools(session) == [("crm_notes_cid_qa-1", 1, True)]


def test_given_a_pool_that_somebody_edited_when_a_run_starts_then_it_is_put_right(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.models.pool import Pool

    row = {"pool": "crm_notes_cid_qa-1", "slots": 5, "description": "", "include_deferred": False}
    session.connection().execute(Pool.__table__.insert().values(**row))

    mutate(a_task_instance(), {"cid": "qa-1"}, session, monkeypatch)

    assert pools(session) == [("crm_notes_cid_qa-1", 1, True)]


@pytest.mark.parametrize(
    "conf", [None, {}, {"cid": 5}, {"cid": "../x"}, {"cid": "qa-1\n"}, {"cid": "-x"}, {"cid": "a" * 65}]
)
def test_given_a_conf_that_guard_will_refuse_when_its_tasks_are_made_then_no_pool_is_made(
    conf: Any, session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_instance = a_task_instance()

    mutate(task_instance, conf, session, monkeypatch)

    assert task_instance.pool == policy.MARKER_POOL
    assert pools(session) == []


def test_given_tasks_of_other_pools_when_they_are_made_then_they_stay_there(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    task_instance = a_task_instance("default_pool")

    mutate(task_instance, {"cid": "qa-1"}, session, monkeypatch)

    assert task_instance.pool == "default_pool"
    assert pools(session) == []


@pytest.mark.parametrize("cid", ["a", "A1_-", "a" * 64, "", "a" * 65, "-a", "a b", "a\n", "a/b", "é"])
def test_given_any_cid_when_policy_and_conf_read_it_then_they_agree(cid: str) -> None:
    by_conf = re.search(ACCOUNT_ID_PATTERN, cid) is not None

    assert (policy._ACCOUNT_ID.fullmatch(cid) is not None) == by_conf
