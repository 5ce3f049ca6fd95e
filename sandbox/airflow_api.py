"""The little of Airflow's REST API (v2) that the sandbox and its demo use."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import httpx

_PATIENCE_SECONDS = 120
_COMPONENTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")


class AirflowApi:
    """Client of one Airflow; logs in at the first call that needs it."""

    def __init__(
        self, url: str, username: str, password: str, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._http = httpx.Client(
            base_url=url, timeout=_PATIENCE_SECONDS, trust_env=False, transport=transport
        )
        self._credentials = {"username": username, "password": password}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def is_healthy(self) -> bool:
        """Tell whether every component reports itself healthy; False, too, while nothing answers."""
        try:
            answer = self._http.get("/api/v2/monitor/health", timeout=5)
        except httpx.HTTPError:
            return False
        parts = answer.json() if answer.status_code == 200 else {}
        return all((parts.get(name) or {}).get("status") == "healthy" for name in _COMPONENTS)

    def warm_up(self) -> bool:
        """Have the API server build the routes for tasks; tells whether it has; may take long.

        It does so at the first request from a task, for seconds of CPU in which it answers nobody.
        """
        try:
            return self._http.get("/execution/health", timeout=_PATIENCE_SECONDS).status_code < 500
        except httpx.ConnectError:
            return False

    def dag_ids(self) -> set[str]:
        """Return the ids of the DAGs that are parsed and active."""
        return {dag["dag_id"] for dag in self._call("GET", "/api/v2/dags?limit=100")["dags"]}

    def import_errors(self) -> list[str]:
        """Return one line per DAG file that cannot be imported: its name and its error."""
        errors = self._call("GET", "/api/v2/importErrors")["import_errors"]
        return [f"{one['filename']}: {one['stack_trace'].strip().splitlines()[-1]}" for one in errors]

    def set_variable(self, key: str, value: str) -> None:
        """Create the Variable, or replace its value."""
        body = {"key": key, "value": value}
        answer = self._request("PATCH", f"/api/v2/variables/{key}", body)
        if answer.status_code == 404:
            answer = self._request("POST", "/api/v2/variables", body)
        answer.raise_for_status()

    def trigger(self, dag_id: str, conf: dict[str, Any]) -> str:
        """Start a run and return its id."""
        body = {"logical_date": None, "conf": conf}
        run_id: str = self._call("POST", f"/api/v2/dags/{dag_id}/dagRuns", body)["dag_run_id"]
        return run_id

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Return the state of a run: queued, running, success or failed."""
        state: str = self._call("GET", f"/api/v2/dags/{dag_id}/dagRuns/{run_id}")["state"]
        return state

    def failed_tasks(self, dag_id: str, run_id: str) -> list[str]:
        """Return the ids of the failed task instances of a run."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances?state=failed&limit=100"
        return sorted({one["task_id"] for one in self._call("GET", path)["task_instances"]})

    def _call(self, method: str, path: str, body: object = None) -> Any:
        return self._request(method, path, body).raise_for_status().json()

    def _request(self, method: str, path: str, body: object) -> httpx.Response:
        if "Authorization" not in self._http.headers:
            self._log_in()
        return self._http.request(method, path, json=body)

    def _log_in(self) -> None:
        answer = self._http.post("/auth/token", json=self._credentials).raise_for_status()
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
