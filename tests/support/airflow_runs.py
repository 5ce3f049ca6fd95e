"""Runs of the DAG through Airflow's official client, as an operator's script would use it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import airflow_client.client as airflow
import httpx
from airflow_client.client.exceptions import NotFoundException

T = TypeVar("T")
DAG_ID = "crm_notes_migration"
FLAG = "crm_notes_migration_enabled"


class AirflowRuns:
    """Triggers, waits for and looks at runs of one DAG."""

    def __init__(self, client: airflow.ApiClient, http: httpx.Client, dag_id: str = DAG_ID) -> None:
        self._http = http
        self.dag_id = dag_id
        self.runs = airflow.DagRunApi(client)
        self.tasks = airflow.TaskInstanceApi(client)
        self.pools = airflow.PoolApi(client)
        self.xcoms = airflow.XComApi(client)
        self._variables = airflow.VariableApi(client)

    def switch_flag(self, **accounts: Any) -> None:
        """Set the flag's Variable to exactly these accounts (dashes written as __)."""
        value = {cid.replace("__", "-"): on for cid, on in accounts.items()}
        self.set_variable(FLAG, value)

    def set_variable(self, key: str, value: object) -> None:
        body = airflow.VariableBody(key=key, value=json.dumps(value))
        try:
            self._variables.patch_variable(key, body)
        except NotFoundException:
            self._variables.post_variable(body)

    def trigger(self, conf: dict[str, Any], run_id: str | None = None) -> str:
        body = airflow.TriggerDAGRunPostBody(conf=conf, dag_run_id=run_id, logical_date=None)
        started: str = self.runs.trigger_dag_run(self.dag_id, body).dag_run_id
        return started

    def migrate(self, cid: str, run_id: str | None = None, **conf: Any) -> str:
        return self.trigger({"cid": cid, "company_sso_id": f"{cid}-company", **conf}, run_id)

    def state(self, run_id: str) -> str:
        return str(self.runs.get_dag_run(self.dag_id, run_id).state.value)

    def wait(self, run_id: str, *, seconds: float = 240) -> str:
        """Return the run's final state."""
        until(lambda: self.state(run_id) in {"success", "failed"}, f"the end of {run_id}", seconds)
        return self.state(run_id)

    def ends(self, run_id: str, state: str) -> bool:
        """Wait for the end; fail with what the failed tasks say where it is another than `state`."""
        found = self.wait(run_id)
        if found != state:
            failed = [ti for ti in self.instances(run_id) if _word(ti.state) == "failed"]
            said = [f"{ti.task_id}: {self._errors(run_id, ti)}" for ti in failed]
            raise AssertionError(f"{run_id} is {found}, not {state}; {said or self.task_states(run_id)}")
        return True

    def _errors(self, run_id: str, ti: Any) -> list[str]:
        log = self.log(run_id, ti.task_id, map_index=ti.map_index, try_number=max(1, ti.try_number))
        lines = json.loads(log).get("content", [])
        return [json.dumps(line)[:600] for line in lines if line.get("level") in {"error", "critical"}]

    def wait_for_task(self, run_id: str, task_id: str, state: str, *, seconds: float = 120) -> None:
        until(
            lambda: any(_word(ti.state) == state for ti in self.instances(run_id, task_id)),
            f"{task_id} {state}",
            seconds,
        )

    def instances(self, run_id: str, task_id: str | None = None) -> list[Any]:
        found = self.tasks.get_task_instances(self.dag_id, run_id, limit=500).task_instances
        return [ti for ti in found if task_id in {None, ti.task_id}]

    def task_states(self, run_id: str) -> dict[str, str]:
        """Return task id -> state; a mapped task has the state of its last index."""
        return {ti.task_id: _word(ti.state) for ti in self.instances(run_id)}

    def log(self, run_id: str, task_id: str, *, map_index: int = -1, try_number: int = 1) -> str:
        """Return the whole log as its JSON lines: the client's model leaves an exception's text out."""
        path = f"/api/v2/dags/{self.dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{try_number}"
        answer = self._http.get(path, params={"map_index": map_index, "full_content": True})
        return answer.raise_for_status().text

    def read(self, path: str, **query: Any) -> str:
        """Return what the REST API says at a path, as text."""
        return self._http.get(path, params=query).raise_for_status().text

    def clear(self, run_id: str, task_id: str, map_index: int | None = None) -> None:
        """Clear one task (or one of its indexes) by hand, as the UI's button does."""
        which: Any = [task_id, map_index] if map_index is not None else task_id
        self.tasks.post_clear_task_instances(
            self.dag_id,
            airflow.ClearTaskInstancesBody(
                dag_run_id=run_id,
                task_ids=[airflow.ClearTaskInstancesBodyTaskIdsInner(which)],
                dry_run=False,
                only_failed=False,
                reset_dag_runs=True,
            ),
        )

    def mark_failed(self, run_id: str) -> None:
        self.runs.patch_dag_run(
            self.dag_id, run_id, airflow.DAGRunPatchBody(state=airflow.DagRunMutableStates.FAILED)
        )


@contextmanager
def connected(addresses: dict[str, Any], dag_id: str = DAG_ID) -> Iterator[AirflowRuns]:
    """Log in as the sandbox's user."""
    login = {"username": addresses["airflow_username"], "password": addresses["airflow_password"]}
    with httpx.Client(base_url=addresses["airflow_url"], trust_env=False, timeout=60) as http:
        token = http.post("/auth/token", json=login).raise_for_status().json()["access_token"]
        http.headers.update({"Authorization": f"Bearer {token}", "Accept": "application/json"})
        configuration = airflow.Configuration(host=addresses["airflow_url"], access_token=token)
        with airflow.ApiClient(configuration) as client:
            yield AirflowRuns(client, http, dag_id)


def until(condition: Callable[[], bool], what: str, seconds: float) -> None:
    """Wait for a condition, looking often; say what did not come."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.25)


def _word(state: Any) -> str:
    return str(getattr(state, "value", state))
