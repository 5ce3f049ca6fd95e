"""The states of a run's tasks, as any task or trigger may ask for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

DONE = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})


def read_states(dag_id: str, run_id: str, task_ids: Sequence[str] | None = None) -> Mapping[str, str | None]:
    """Return task id -> state; a mapped task's indexes come as `<task id>_<index>`."""
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    found = RuntimeTaskInstance.get_task_states(
        dag_id=dag_id, task_ids=list(task_ids) if task_ids else None, run_ids=[run_id]
    )
    return found.get(run_id) or {}
