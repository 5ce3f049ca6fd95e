"""The shells of the rollback's tasks: read the context, call one service, hand on counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from airflow.sdk import get_current_context

from notes_migration.domain.rollback import RollbackEnd
from notes_migration.domain.run import RollbackMode, Run
from notes_migration.rollback_composition import RollbackComposition, rollback_composition_for
from notes_migration_airflow.airflow_resources import AirflowResources
from notes_migration_airflow.task_shell import (
    failing_fast,
    find_run,
    may_be_dying,
    never_accepted,
    run_is_over,
    triggered_by,
)

REMOVAL_TASK_ID = "remove_notes"
DRY_RUN_END = "dry_run_done"
APPROVAL_TASK_ID = "approve"


def guard() -> dict[str, Any]:
    """Refuse the rollback, or keep its record and take the fence."""
    from notes_migration.domain.rollback import parse_rollback_conf
    from notes_migration.domain.settings import MigrationSettings
    from notes_migration.services.guard_rollback import RollbackRequest

    context = get_current_context()
    dag_run = context["dag_run"]
    with failing_fast(), AirflowResources() as resources:
        conf = parse_rollback_conf(dag_run.conf or {})
        request = RollbackRequest(dag_run.run_id, conf, triggered_by=triggered_by(context))
        with rollback_composition_for(conf.mode)(
            resources,
            job_id=dag_run.run_id,
            cid=conf.cid,
            company_sso_id=conf.company_sso_id,
            settings=MigrationSettings(),
        ) as composition:
            run = composition.guard_rollback().start(request)
    return {"mode": str(run.mode), "attempt": run.attempt}


def count_notes() -> dict[str, Any]:
    """Return what would be removed and what would stay."""
    with _this_run() as (run, composition):
        return composition.count_rollback().count(run).to_json()


def choose(started: Mapping[str, Any]) -> str:
    """Return the task id that follows: the end of a dry run, or the approval."""
    return APPROVAL_TASK_ID if RollbackMode(started["mode"]).writes else DRY_RUN_END


def dry_run_done() -> None:
    """End a dry run."""
    with _this_run() as (run, composition):
        composition.end_rollback().counted(run)


def keep_approval(by: str) -> None:
    """Keep who has approved."""
    with _this_run() as (run, composition):
        composition.end_rollback().approve(run, by=by)


def keep_refusal(end: RollbackEnd, by: str | None) -> None:
    """Keep why nothing is removed."""
    with _this_run() as (run, composition):
        composition.end_rollback().decline(run, end, by=by)


def remove_notes() -> int:
    """Remove documents and files; return how many documents are removed."""
    with _this_run() as (run, composition):
        return composition.remove_notes().remove(run)


def verify() -> None:
    """Look again; red where something is left that should be gone."""
    with _this_run() as (run, composition):
        composition.verify_rollback().verify(run)


def rolled_back() -> int:
    """Set the account back to not_started; return how many documents were removed."""
    with _this_run() as (run, composition):
        return composition.end_rollback().rolled_back(run)


def finalize() -> str:
    """Let the account go, and end the run where it could not end itself."""
    context = get_current_context()
    with failing_fast(), AirflowResources() as resources:
        run = find_run(resources, context["dag_run"].run_id)
        if run is None or not isinstance(run.mode, RollbackMode):
            return "never_started"
        with rollback_composition_for(run.mode).for_run(resources, run) as composition:
            removing = may_be_dying(context, REMOVAL_TASK_ID)
            return str(composition.end_rollback().finalize(run, may_be_removing=removing))


@contextmanager
def _this_run() -> Iterator[tuple[Run, RollbackComposition]]:
    """Open the services of the rollback that this task belongs to."""
    run_id = get_current_context()["dag_run"].run_id
    with failing_fast(), AirflowResources() as resources:
        run = find_run(resources, run_id)
        if run is None or not isinstance(run.mode, RollbackMode):
            raise never_accepted()
        with rollback_composition_for(run.mode).for_run(resources, run) as composition:
            if not composition.accounts.is_active(run):
                raise run_is_over()
            yield run, composition
