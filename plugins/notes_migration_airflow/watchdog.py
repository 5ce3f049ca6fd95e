"""The watchdog's task and the Deadline's callback: what Airflow knows of runs, handed to the services."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from typing import Any

from airflow.sdk.exceptions import AirflowFailException

from notes_migration.domain.conf import ACCOUNT_ID_PATTERN
from notes_migration.domain.watching import Life, Pulse
from notes_migration_airflow.airflow_resources import AirflowResources
from notes_migration_airflow.task_states import read_states

# The DAGs whose runs take an account; over both, a run id names one run that was let in.
DAG_IDS = ("crm_notes_migration", "crm_notes_rollback")
UNFINISHED = ("queued", "running")
FINISHED = ("success", "failed")


class AirflowRuns:
    """`notes_migration.ports.watching.LiveRuns` as a task may ask."""

    def pulse(self, run_id: str) -> Pulse:
        alive = [dag_id for dag_id in DAG_IDS if _is_in(dag_id, run_id, UNFINISHED)]
        if not alive:
            # Asked for by its states: a run that was deleted, or is another Airflow's, has none here.
            over = any(_is_in(dag_id, run_id, FINISHED) for dag_id in DAG_IDS)
            return Pulse(Life.OVER if over else Life.UNKNOWN)
        states = [read_states(dag_id, run_id) for dag_id in alive]
        mark = hashlib.sha256(json.dumps(states, sort_keys=True).encode()).hexdigest()[:16]
        return Pulse(Life.ALIVE, mark)


def _is_in(dag_id: str, run_id: str, states: tuple[str, ...]) -> bool:
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    return bool(RuntimeTaskInstance.get_dr_count(dag_id=dag_id, run_ids=[run_id], states=list(states)))


def watch() -> dict[str, int]:
    """Look at every account once; red where an account could not be looked at."""
    from notes_migration.watch_composition import watch_runs

    with AirflowResources() as resources:
        report = watch_runs(resources, AirflowRuns()).look()
    if report.not_looked_at:
        raise AirflowFailException(f"{report.not_looked_at} accounts could not be looked at; see the log")
    return report.as_json()


async def report_late_run(context: dict[str, Any], hours: float) -> bool:
    """Tell of a run that is not over; Airflow keeps the deadline of a failed run, so its state is asked."""
    run = context["dag_run"]
    if run["state"] not in UNFINISHED:
        return False
    # Clients and hooks block, and the triggerer's loop belongs to every trigger.
    return await asyncio.to_thread(_report_late_run, _cid(run.get("conf")), run["dag_run_id"], hours)


def _cid(conf: Any) -> str:
    """Return the account; a conf that guard would refuse may hold anything, and is not repeated."""
    cid = (conf or {}).get("cid")
    return cid if isinstance(cid, str) and re.search(ACCOUNT_ID_PATTERN, cid) else "unknown"


def _report_late_run(cid: str, run_id: str, hours: float) -> bool:
    from notes_migration.watch_composition import report_late_run as compose

    with AirflowResources() as resources:
        return compose(resources).report(cid=cid, run_id=run_id, hours=hours)
