"""The DAG's wiring: only what would lose data, lose the lock or mislead an operator if it changed."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from notes_migration.domain.conf import MigrationConf, param_schemas
from notes_migration.domain.states import RunState
from tests.dags.conftest import CHECKOUT

if TYPE_CHECKING:
    from airflow.sdk import DAG

ENDS = {"completed_success", "completed_with_errors", "halted"}
STAGES = [
    "await_lock",
    "guard",
    "coverage_gate",
    "extract_pages",
    "plan_batches",
    "migrate_batches",
    "validate",
]
WORK = {*STAGES, "decide_outcome", *ENDS}


def test_given_the_dag_when_listed_then_it_has_exactly_the_contracts_tasks(migration_dag: DAG) -> None:
    assert migration_dag.dag_id == "crm_notes_migration"
    assert set(migration_dag.task_ids) == WORK | {"hold_cid_lock", "finalize"}
    assert {state for state in RunState if state.terminal} == ENDS


@pytest.mark.parametrize(("earlier", "later"), list(pairwise([*STAGES, "decide_outcome"])))
def test_given_two_neighbouring_stages_when_wired_then_one_waits_for_the_other(
    earlier: str, later: str, migration_dag: DAG
) -> None:
    assert earlier in migration_dag.get_task(later).upstream_task_ids


@pytest.mark.parametrize("task_id", sorted(WORK))
def test_given_any_work_when_wired_then_finalize_waits_for_it_directly(
    task_id: str, migration_dag: DAG
) -> None:
    # Through another task is not enough: upstream_failed would reach finalize while sisters still write.
    assert task_id in migration_dag.get_task("finalize").upstream_task_ids


def test_given_the_lock_when_wired_then_its_holder_stands_alone_and_is_never_tried_again(
    migration_dag: DAG,
) -> None:
    holder = migration_dag.get_task("hold_cid_lock")

    assert holder.upstream_task_ids | holder.downstream_task_ids == set()
    assert (holder.pool, holder.retries, holder.execution_timeout) == ("cid_lock", 0, None)
    assert (holder.is_teardown, holder.on_failure_fail_dagrun) == (True, True)
    assert holder.release_task_id == "finalize"
    assert set(holder.end_task_ids) == ENDS


def test_given_finalize_when_wired_then_it_always_runs_and_fails_no_run(
    migration_dag: DAG,
) -> None:
    finalize = migration_dag.get_task("finalize")

    assert (finalize.is_teardown, finalize.on_failure_fail_dagrun) == (True, False)
    assert finalize.trigger_rule == "all_done_setup_success"


def test_given_the_stages_when_skipped_below_the_gate_then_validate_and_an_end_still_run(
    migration_dag: DAG,
) -> None:
    assert migration_dag.get_task("validate").trigger_rule == "none_failed"
    assert {migration_dag.get_task(end).trigger_rule for end in ENDS} == {"none_failed_min_one_success"}


def test_given_other_pools_when_work_runs_then_only_the_holder_takes_the_accounts_slot(
    migration_dag: DAG,
) -> None:
    pools = {task_id: migration_dag.get_task(task_id).pool for task_id in WORK | {"finalize"}}

    assert set(pools.values()) == {"default_pool"}


@pytest.mark.parametrize("task_id", sorted((WORK | {"finalize"}) - {"await_lock"}))
def test_given_a_task_that_works_when_it_hangs_then_it_is_timed_out(task_id: str, migration_dag: DAG) -> None:
    timeout = migration_dag.get_task(task_id).execution_timeout

    assert timeout is not None
    assert timeout <= timedelta(hours=2)


def test_given_the_dag_when_triggered_then_runs_may_wait_and_none_is_cut_off(migration_dag: DAG) -> None:
    assert migration_dag.max_active_runs == 128
    assert migration_dag.dagrun_timeout is None
    assert migration_dag.catchup is False


def test_given_the_params_when_compared_then_they_are_the_confs_own_schema(migration_dag: DAG) -> None:
    assert set(migration_dag.params) == set(MigrationConf.model_fields)
    for name, schema in param_schemas().items():
        own = {key: value for key, value in schema.items() if key not in {"default", "description"}}
        assert migration_dag.params.get_param(name).schema == own


def test_given_the_dag_when_opened_in_the_ui_then_its_manual_names_every_end(migration_dag: DAG) -> None:
    assert migration_dag.doc_md is not None
    assert all(end in migration_dag.doc_md for end in ENDS)


PARSE = """
import socket, sys, time
import airflow.sdk, airflow.models
from unittest import mock
def refuse(*args, **kwargs):
    raise AssertionError("asked for at parse time")
before = set(sys.modules)
with mock.patch("airflow.sdk.Variable.get", refuse), mock.patch("airflow.sdk.Connection.get", refuse), \\
        mock.patch("socket.socket.connect", refuse):
    began = time.process_time()
    import crm_notes_migration
    print(time.process_time() - began)
    heavy = {"pymongo", "boto3", "botocore", "redis", "bleach", "nh3", "requests_hardened", "fastapi"}
    print(sorted(heavy & set(sys.modules) - before))
"""


def test_given_the_dag_file_when_parsed_then_it_is_quick_and_asks_nobody() -> None:
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
    seconds, heavy = done.stdout.splitlines()[-2:]
    assert float(seconds) < 2.0
    assert heavy == "[]"


def test_given_the_tasks_when_their_buttons_are_read_then_all_that_are_not_mapped_lead_to_the_board(
    migration_dag: DAG,
) -> None:
    buttons = {
        task.task_id: [link.name for link in task.operator_extra_links] for task in migration_dag.tasks
    }

    assert {task_id for task_id, names in buttons.items() if names == []} == {
        "extract_pages",
        "migrate_batches",
    }
    assert {name for names in buttons.values() for name in names} == {"CRM notes board"}
