"""What every shell of a task needs: who asked, what is dying, and failing fast where a retry cannot help."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowFailException

from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration.domain.run import Run
from notes_migration_airflow.airflow_resources import AirflowResources
from notes_migration_airflow.task_states import read_states

_log = structlog.get_logger(__name__)
_QUIET = frozenset({None, "success", "skipped", "upstream_failed", "removed", "scheduled", "queued"})


def find_run(resources: AirflowResources, run_id: str) -> Run | None:
    """Return the run as `guard` froze it, or None where guard never accepted it."""
    from notes_migration.adapters.mongo_runs import COLLECTION, MongoRuns

    return MongoRuns(resources.database[COLLECTION], code_version="").find(run_id)


def never_accepted() -> FatalError:
    """Return the refusal of a task whose run has no record."""
    return FatalError(ReasonCode.INTERNAL_ERROR, "guard has not accepted this run; clear the whole run")


def run_is_over() -> FatalError:
    """Return the refusal of a task whose run may write no more."""
    return FatalError(
        ReasonCode.INTERNAL_ERROR,
        "this run is over or another has taken the account: nothing was done; "
        "start a new run, or clear the whole run",
    )


@contextmanager
def failing_fast() -> Iterator[None]:
    """Fail without another try where one cannot help, in one line and without a stack of ours."""
    try:
        yield
    except FatalError as error:
        runbook = f"docs/runbooks/{error.reason}.md"
        _log.error("task_refused", reason_code=error.reason, problem=error.message, runbook=runbook)
        raise AirflowFailException(f"{error} ({runbook})") from None


def may_be_dying(context: Context, task_id: str) -> bool:
    """Whether a process of the task (of any of its indexes) may still be at work."""
    ti = context["ti"]
    states = read_states(ti.dag_id, ti.run_id)
    return any(name.startswith(task_id) and state not in _QUIET for name, state in states.items())


def triggered_by(context: Context) -> str:
    """Return who started the run: a user's name, or how it came about."""
    dag_run = context["dag_run"]
    return str(dag_run.triggering_user_name or dag_run.run_type)
