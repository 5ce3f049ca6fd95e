"""The watchdog's DAG, the migration's deadline, and what the deadline's callback does."""

from __future__ import annotations

import asyncio
import warnings
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from notes_migration.domain.settings import MigrationSettings

if TYPE_CHECKING:
    from airflow.sdk import DAG


@pytest.fixture(scope="module")
def watchdog_dag() -> DAG:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from crm_notes_watchdog import dag

    return dag


def test_given_the_watchdog_when_scheduled_then_one_look_at_a_time_every_five_minutes(
    watchdog_dag: DAG,
) -> None:
    assert watchdog_dag.dag_id == "crm_notes_watchdog"
    assert watchdog_dag.schedule == timedelta(minutes=5)
    assert (watchdog_dag.max_active_runs, watchdog_dag.catchup) == (1, False)
    assert watchdog_dag.task_ids == ["watch"]


def test_given_a_look_that_hangs_when_timed_out_then_the_next_one_comes(watchdog_dag: DAG) -> None:
    task = watchdog_dag.get_task("watch")

    assert task.execution_timeout == timedelta(minutes=10)
    assert (task.retries, task.pool) == (0, "default_pool")


def test_given_the_migration_when_queued_then_its_deadline_is_the_default_window(migration_dag: DAG) -> None:
    (deadline,) = migration_dag.deadline

    assert deadline.reference.reference_name == "DagRunQueuedAtDeadline"
    assert deadline.interval == timedelta(hours=MigrationSettings().run_window_hours) == timedelta(hours=4)
    assert deadline.callback.path == "notes_migration_airflow.watchdog.report_late_run"
    assert deadline.callback.kwargs == {"hours": 4.0}


@pytest.mark.parametrize("dag_id", ["crm_notes_migration", "crm_notes_rollback"])
@pytest.mark.parametrize(
    ("state", "life"),
    [("queued", "alive"), ("running", "alive"), ("success", "over"), ("failed", "over"), (None, "unknown")],
)
def test_given_a_run_in_airflow_when_asked_for_its_pulse_then_a_missing_one_is_not_taken_for_a_finished_one(
    dag_id: str, state: str | None, life: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    from notes_migration_airflow.watchdog import AirflowRuns

    def count(**asked: Any) -> int:
        return int((asked["dag_id"], asked["run_ids"]) == (dag_id, ["acme__1"]) and state in asked["states"])

    monkeypatch.setattr(RuntimeTaskInstance, "get_dr_count", staticmethod(count))
    monkeypatch.setattr(RuntimeTaskInstance, "get_task_states", staticmethod(lambda **_: {}))
    pulse = AirflowRuns().pulse("acme__1")

    assert (pulse.life, bool(pulse.mark)) == (life, life == "alive")


def told(run: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, float]]:
    from notes_migration_airflow import watchdog

    calls: list[tuple[str, str, float]] = []
    monkeypatch.setattr(watchdog, "_report_late_run", lambda *args: not calls.append(args))
    asyncio.run(watchdog.report_late_run(context={"dag_run": run}, hours=4.0))
    return calls


@pytest.mark.parametrize("state", ["queued", "running"])
def test_given_a_run_that_is_not_over_when_its_deadline_comes_then_it_is_reported(
    state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = {"state": state, "conf": {"cid": "acme"}, "dag_run_id": "acme__1"}

    assert told(run, monkeypatch) == [("acme", "acme__1", 4.0)]


@pytest.mark.parametrize("state", ["failed", "success"])
def test_given_a_run_that_has_ended_when_its_deadline_comes_then_nobody_is_told(
    state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Airflow keeps the deadline of a failed run.
    assert told({"state": state, "conf": {"cid": "acme"}, "dag_run_id": "acme__1"}, monkeypatch) == []


@pytest.mark.parametrize("conf", [None, {}, {"cid": 5}, {"cid": "Sari W."}, {"cid": "acme\n"}])
def test_given_a_conf_that_guard_would_refuse_when_its_deadline_comes_then_it_is_not_repeated(
    conf: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = {"state": "running", "conf": conf, "dag_run_id": "acme__1"}

    assert told(run, monkeypatch) == [("unknown", "acme__1", 4.0)]


@pytest.mark.parametrize(
    ("uri", "root", "webhook"),
    [
        ("http://127.0.0.1:9100/services/T/B", *["http://127.0.0.1:9100/services/T/B"] * 2),
        ("http://127.0.0.1:9100/http", *["http://127.0.0.1:9100"] * 2),
        ("https://crm.example", *["https://crm.example"] * 2),
        ("https://crm.example/", *["https://crm.example"] * 2),
        ("https://:token@crm.example:8443/", "https://crm.example:8443", "https://crm.example:8443/token"),
        ("http://https://hooks.example/services/T/B", *["https://hooks.example/services/T/B"] * 2),
        ("http://https%3A%2F%2Fhooks.example%2Fservices%2FT", *["https://hooks.example/services/T"] * 2),
    ],
)
def test_given_a_connection_in_airflows_uri_form_when_read_then_scheme_port_and_path_are_those_of_the_uri(
    uri: str, root: str, webhook: str
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from airflow.sdk import Connection

        from notes_migration_airflow.connections import root_url, webhook_url

        connection = Connection(conn_id="slack_cdp_ops", uri=uri)

    assert (root_url(connection), webhook_url(connection)) == (root, webhook)
