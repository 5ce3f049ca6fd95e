"""The rollback's wiring and its question to a person: only what would remove without being told to."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from notes_migration.domain.conf import param_schemas
from notes_migration.domain.rollback import RollbackConf, RollbackEnd
from tests.dags.conftest import CHECKOUT

if TYPE_CHECKING:
    from airflow.sdk import DAG

ENDS = {"dry_run_done", "rolled_back"}
TO_THE_END = [
    "await_lock",
    "guard",
    "count_notes",
    "choose",
    "approve",
    "remove_notes",
    "verify",
    "rolled_back",
]
WORK = {*TO_THE_END, "dry_run_done"}


@pytest.fixture(scope="module")
def rollback_dag() -> DAG:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from crm_notes_rollback import dag

    return dag


def test_given_the_dag_when_listed_then_it_has_exactly_these_tasks(rollback_dag: DAG) -> None:
    assert rollback_dag.dag_id == "crm_notes_rollback"
    assert set(rollback_dag.task_ids) == WORK | {"hold_cid_lock", "finalize"}


@pytest.mark.parametrize(("earlier", "later"), list(pairwise(TO_THE_END)))
def test_given_two_neighbouring_stages_when_wired_then_one_waits_for_the_other_to_succeed(
    earlier: str, later: str, rollback_dag: DAG
) -> None:
    task = rollback_dag.get_task(later)

    assert earlier in task.upstream_task_ids
    assert task.trigger_rule == "all_success"


def test_given_the_removal_when_its_ways_are_followed_back_then_all_lead_through_the_approval(
    rollback_dag: DAG,
) -> None:
    assert rollback_dag.get_task("remove_notes").upstream_task_ids == {"approve"}


@pytest.mark.parametrize("task_id", sorted(WORK))
def test_given_any_work_when_wired_then_finalize_waits_for_it_directly(
    task_id: str, rollback_dag: DAG
) -> None:
    assert task_id in rollback_dag.get_task("finalize").upstream_task_ids


def test_given_the_lock_when_wired_then_it_is_the_migrations_lock_and_held_to_the_end(
    rollback_dag: DAG, migration_dag: DAG
) -> None:
    holder, other = (dag.get_task("hold_cid_lock") for dag in (rollback_dag, migration_dag))

    assert type(holder) is type(other)
    assert holder.upstream_task_ids | holder.downstream_task_ids == set()
    assert (holder.pool, holder.retries, holder.execution_timeout) == (other.pool, 0, None)
    assert (holder.is_teardown, holder.on_failure_fail_dagrun) == (True, True)
    assert (holder.release_task_id, set(holder.end_task_ids)) == ("finalize", ENDS)
    pools = {rollback_dag.get_task(task_id).pool for task_id in WORK | {"finalize"}}
    assert pools == {"default_pool"}


def test_given_finalize_when_wired_then_it_always_runs_and_fails_no_run(rollback_dag: DAG) -> None:
    finalize = rollback_dag.get_task("finalize")

    assert (finalize.is_teardown, finalize.on_failure_fail_dagrun) == (True, False)
    assert finalize.trigger_rule == "all_done_setup_success"


@pytest.mark.parametrize("task_id", sorted((WORK | {"finalize"}) - {"await_lock", "approve"}))
def test_given_a_task_that_works_when_it_hangs_then_it_is_timed_out(task_id: str, rollback_dag: DAG) -> None:
    timeout = rollback_dag.get_task(task_id).execution_timeout

    assert timeout is not None
    assert timeout <= timedelta(hours=2)


def test_given_the_dag_when_triggered_then_nothing_but_the_question_ends_the_waiting(
    rollback_dag: DAG,
) -> None:
    assert rollback_dag.schedule is None
    assert rollback_dag.max_active_runs == 128
    assert rollback_dag.dagrun_timeout is None
    assert rollback_dag.deadline is None


def test_given_the_params_when_compared_then_they_are_the_confs_own_schema_and_count_only(
    rollback_dag: DAG,
) -> None:
    assert set(rollback_dag.params) == set(RollbackConf.model_fields)
    for name, schema in param_schemas(RollbackConf).items():
        own = {key: value for key, value in schema.items() if key not in {"default", "description"}}
        assert rollback_dag.params.get_param(name).schema == own
    assert rollback_dag.params["dry_run"] is True


def test_given_the_question_when_it_is_put_then_silence_and_a_failure_are_no_approval(
    rollback_dag: DAG,
) -> None:
    approve = rollback_dag.get_task("approve")

    assert approve.response_timeout == timedelta(hours=24)
    assert approve.defaults is None
    assert (approve.fail_on_reject, approve.retries) == (True, 0)
    assert approve.options == ["Approve", "Reject"]
    assert approve.execution_timeout is None


@pytest.mark.parametrize(("mode", "follows"), [("rollback", "approve"), ("rollback_dry_run", "dry_run_done")])
def test_given_a_mode_when_chosen_then_only_a_real_rollback_asks(mode: str, follows: str) -> None:
    from notes_migration_airflow.rollback_tasks import choose

    assert choose({"mode": mode}) == follows


class Asked:
    """What the operator tells the record, kept instead."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, approve: Any) -> None:
        from notes_migration_airflow import rollback_tasks

        self.kept: list[tuple[Any, ...]] = []
        self.approve = approve
        monkeypatch.setattr(rollback_tasks, "keep_approval", lambda by: self.kept.append(("approved", by)))
        monkeypatch.setattr(rollback_tasks, "keep_refusal", lambda end, by: self.kept.append((end, by)))

    def hears(self, event: dict[str, Any]) -> None:
        self.approve.execute_complete({"ti": None, "task": self.approve}, event)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, rollback_dag: DAG) -> Asked:
    return Asked(monkeypatch, rollback_dag.get_task("approve"))


def an_answer(word: str, by: dict[str, str] | None) -> dict[str, Any]:
    return {
        "chosen_options": [word],
        "params_input": {},
        "responded_at": datetime(2026, 1, 2, tzinfo=UTC),
        "responded_by_user": by,
        "timedout": False,
    }


SARI = {"id": "7", "name": "sari"}


def test_given_an_approval_when_heard_then_it_is_kept_with_its_name(asked: Asked) -> None:
    asked.hears(an_answer("Approve", SARI))

    assert asked.kept == [("approved", "sari")]


@pytest.mark.parametrize(
    ("event", "kept", "said"),
    [
        (an_answer("Reject", SARI), [(RollbackEnd.REJECTED, "sari")], "rejected"),
        (
            {"error": "The response timeout has passed", "error_type": "timeout"},
            [(RollbackEnd.NOT_ANSWERED, None)],
            "not answered within 24 hours",
        ),
        (an_answer("Approve", None), [], "nobody is named"),
    ],
    ids=["rejected", "no answer", "nobody's"],
)
def test_given_anything_but_an_approval_when_heard_then_the_task_fails_and_says_why(
    asked: Asked, event: dict[str, Any], kept: list[Any], said: str
) -> None:
    from airflow.sdk.exceptions import AirflowFailException

    with pytest.raises(AirflowFailException, match=said):
        asked.hears(event)

    assert asked.kept == kept


def test_given_an_answer_that_cannot_be_read_when_heard_then_the_task_fails(asked: Asked) -> None:
    from airflow.providers.standard.exceptions import HITLTriggerEventError

    for event in ({"error": "x", "error_type": "unknown"}, an_answer("Perhaps", SARI)):
        with pytest.raises((HITLTriggerEventError, ValueError)):
            asked.hears(event)

    assert asked.kept == []


@pytest.mark.parametrize(
    ("kept", "said"), [({"edited": 2, "deleted": 1}, "2 edited, 1 deleted."), ({}, "none.")]
)
def test_given_counts_when_the_question_is_written_then_it_says_what_goes_and_what_stays(
    kept: dict[str, int], said: str
) -> None:
    from jinja2 import StrictUndefined, Template

    from notes_migration_airflow.rollback_approval import BODY

    counts = {"documents": 17, "objects": 4, "bytes": 300, "kept": kept, "absent": 1}
    written = Template(BODY, undefined=StrictUndefined).render(
        ti=SimpleNamespace(xcom_pull=lambda task_ids: {"count_notes": counts}[task_ids]),
        dag_run=SimpleNamespace(conf={"cid": "acme", "company_sso_id": "acme-company"}),
        task=SimpleNamespace(hours=24),
    )

    assert "**17 documents** and 4 files (300 bytes)" in written
    assert f"touched them since: {said}" in written
    assert "`acme` (`acme-company`)" in written
    assert "within 24 hours" in written


PARSE = """
import sys
import airflow.sdk, airflow.models
import airflow.providers.standard.operators.hitl
from unittest import mock
def refuse(*args, **kwargs):
    raise AssertionError("asked for at parse time")
before = set(sys.modules)
with mock.patch("airflow.sdk.Variable.get", refuse), mock.patch("airflow.sdk.Connection.get", refuse), \\
        mock.patch("socket.socket.connect", refuse):
    import crm_notes_rollback
heavy = {"pymongo", "boto3", "botocore", "redis", "bleach", "nh3", "requests_hardened", "fastapi"}
print(sorted(heavy & set(sys.modules) - before))
"""


def test_given_the_dag_file_when_parsed_then_it_asks_nobody_and_loads_no_driver() -> None:
    path = ":".join(str(CHECKOUT / part) for part in ("dags", "plugins", "include", "config"))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PARSE],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path, "AIRFLOW_HOME": os.environ["AIRFLOW_HOME"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )

    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[-1] == "[]"
