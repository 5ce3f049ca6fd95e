"""Starting runs in Airflow's tables: which number is next, and who is busy."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest


@pytest.fixture(scope="module")
def launcher_module() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from airflow.models.dagrun import DagRun  # noqa: F401 - loads Airflow's tables

        from notes_migration_airflow.front_door import airflow_launcher
    return airflow_launcher


@pytest.fixture
def session(launcher_module: Any) -> Iterator[Any]:
    from airflow.models.dagrun import DagRun
    from sqlalchemy import create_engine
    from sqlalchemy.orm import Session

    engine = create_engine("sqlite://")
    DagRun.__table__.create(engine)
    with Session(engine) as opened:
        yield opened
    engine.dispose()


def add(
    session: Any, run_id: str, *, cid: object, state: str = "success", dag_id: str = "crm_notes_migration"
) -> None:
    from airflow.models.dagrun import DagRun
    from sqlalchemy import func

    row = {
        "dag_id": dag_id,
        "run_id": run_id,
        "state": state,
        "run_type": "manual",
        "conf": {"cid": cid} if cid else {},
        "run_after": func.now(),
        "log_template_id": None,
        "clear_number": 0,
    }
    columns = {name: value for name, value in row.items() if name in DagRun.__table__.c}
    session.execute(DagRun.__table__.insert().values(**columns))


def test_given_runs_of_accounts_with_like_names_when_numbered_then_only_the_accounts_own_count(
    session: Any, launcher_module: Any
) -> None:
    for run_id in ("a__2", "a__11", "a__b__30", "a___40", "axx50", "manual__2026-01-01", "a__60x", "a__²"):
        add(session, run_id, cid="a")
    add(session, "a__99", cid="a", dag_id="another")

    last = [launcher_module._last_number(session, cid) for cid in ("a", "a__b", "a_", "b")]

    assert last == [11, 30, 40, 0]


@pytest.mark.parametrize("dag_id", ["crm_notes_migration", "crm_notes_rollback"])
@pytest.mark.parametrize(
    ("state", "busy"), [("queued", True), ("running", True), ("success", False), ("failed", False)]
)
def test_given_a_run_of_whatever_id_when_asked_then_the_account_is_busy_while_it_waits_or_runs(
    session: Any, launcher_module: Any, state: str, busy: bool, dag_id: str
) -> None:
    add(session, "manual__2026-01-01", cid="acme", state=state, dag_id=dag_id)
    add(session, "manual__2026-01-01", cid="acm", state="running", dag_id="another")
    add(session, "other", cid=None, state="running")

    assert launcher_module._is_busy(session, "acme") is busy
    assert launcher_module._is_busy(session, "acm") is False


@pytest.mark.parametrize(
    ("states", "ended"),
    [
        ({}, False),
        ({"crm_notes_migration": "failed"}, True),
        ({"crm_notes_rollback": "success"}, True),
        ({"crm_notes_rollback": "running"}, False),
        ({"crm_notes_migration": "failed", "crm_notes_rollback": "running"}, False),
        ({"another": "success"}, False),
    ],
)
def test_given_a_run_of_either_dag_when_asked_then_it_has_ended_where_nothing_of_its_id_goes_on(
    session: Any,
    launcher_module: Any,
    monkeypatch: pytest.MonkeyPatch,
    states: dict[str, str],
    ended: bool,
) -> None:
    for dag_id, state in states.items():
        add(session, "back", cid="acme", state=state, dag_id=dag_id)
    monkeypatch.setattr(launcher_module, "_session", lambda: nullcontext(session))

    assert launcher_module.AirflowLauncher().has_ended("back") is ended


def test_given_a_word_that_airflow_reserves_when_started_then_it_is_an_invalid_request(
    session: Any, launcher_module: Any
) -> None:
    from notes_migration.domain.conf import parse_conf
    from notes_migration.domain.errors import FatalError, ReasonCode

    conf = parse_conf({"cid": "scheduled", "company_sso_id": "c"})

    with pytest.raises(FatalError) as caught:
        launcher_module.AirflowLauncher()._create(session, "scheduled__1", conf, "api:ops")

    assert caught.value.reason is ReasonCode.INVALID_REQUEST


def test_given_the_plugin_when_a_task_process_imports_it_then_no_library_comes_with_it() -> None:
    program = """
import json, sys
from airflow.plugins_manager import AirflowPlugin
before = set(sys.modules)
import crm_notes_front_door
print(json.dumps(sorted(set(sys.modules) - before)))
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        env={"PYTHONPATH": ":".join(sys.path), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = json.loads(done.stdout.splitlines()[-1])

    assert [name for name in loaded if not name.startswith(("crm_notes", "notes_migration_airflow"))] == []
