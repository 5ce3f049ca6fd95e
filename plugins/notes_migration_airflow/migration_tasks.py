"""The shells of the DAG's tasks: read the context, call one service, hand on ids and counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException

from notes_migration.composition import Composition
from notes_migration.domain.run import RollbackMode, Run
from notes_migration.domain.states import RunState
from notes_migration.mode_composition import compose, composition_for
from notes_migration_airflow import xcom
from notes_migration_airflow.airflow_resources import AirflowResources
from notes_migration_airflow.connections import current_settings
from notes_migration_airflow.task_shell import (
    failing_fast,
    find_run,
    may_be_dying,
    never_accepted,
    run_is_over,
    triggered_by,
)

BATCHES_TASK_ID = "migrate_batches"


def guard() -> dict[str, Any]:
    """Refuse the run, or freeze its facts and make it the one that may write."""
    from notes_migration.domain.conf import parse_conf
    from notes_migration.services.guard_run import RunRequest

    context = get_current_context()
    dag_run = context["dag_run"]
    with failing_fast(), AirflowResources() as resources:
        conf, settings = parse_conf(dag_run.conf or {}), current_settings()
        request = RunRequest(dag_run.run_id, conf, settings, triggered_by=triggered_by(context))
        with composition_for(conf.mode)(
            resources,
            job_id=dag_run.run_id,
            cid=conf.cid,
            company_sso_id=conf.company_sso_id,
            settings=settings,
        ) as composition:
            run = composition.guard_run().start(request)
    return {"notes_total": run.in_scope, "out_of_scope": run.out_of_scope, "attempt": run.attempt}


def coverage_gate() -> list[dict[str, str]]:
    """Return the id ranges to read; none below the gate and none where there is nothing to read."""
    with _this_run() as (run, composition):
        return xcom.ranges_to_xcom(composition.measure_coverage().ranges_to_read(run))


def extract_pages(id_range: Mapping[str, str]) -> list[dict[str, Any]]:
    """Stage one range of ids page by page; return the references."""
    _name_this_index(f"ids {int(id_range['after_id']) + 1}–{id_range['until_id']}")
    with _this_run() as (run, composition):
        pages = composition.extract_range().extract(run, xcom.range_from_xcom(id_range))
        return xcom.pages_to_xcom(pages)


def plan_batches(pages: Sequence[Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Bind the account and spread the staged pages over tasks."""
    with _this_run() as (run, composition):
        staged = xcom.pages_from_xcom(list(chain.from_iterable(pages)))
        return xcom.groups_to_xcom(composition.plan_batches().plan(run, staged))


def migrate_batches(group: Mapping[str, Any]) -> int:
    """Migrate a group of batches; return how many were done."""
    _name_this_index(group["label"])
    with _this_run() as (run, composition):
        return composition.migrate_group().migrate(run, xcom.pages_from_xcom(group["pages"]))


def validate() -> dict[str, Any]:
    """Reconcile by id; return what the decision needs."""
    with _this_run() as (run, composition):
        verdict = composition.validate_run().validate(run)
        return xcom.findings_to_xcom(run, verdict, composition.progress.ledger(run))


def decide_outcome(findings: Mapping[str, Any]) -> str:
    """Return the task id of the run's end: its state's name."""
    return str(xcom.outcome_of(findings).state)


def record_end(findings: Mapping[str, Any]) -> None:
    """Record the outcome; a halted run ends red, with its reason in the message."""
    outcome = xcom.outcome_of(findings)
    with _this_run() as (run, composition):
        composition.record_outcome().record(run, outcome)
    if outcome.state is RunState.HALTED:
        raise AirflowFailException(f"halted: {outcome.reason}; see docs/runbooks/{outcome.reason}.md")


def finalize() -> str:
    """Clean up, and end the run where it could not end itself."""
    context = get_current_context()
    with failing_fast(), AirflowResources() as resources:
        run = _find_run(resources, context["dag_run"].run_id)
        if run is None:
            return "never_started"
        with compose(resources, run) as composition:
            dying = may_be_dying(context, BATCHES_TASK_ID)
            return str(composition.finalize_run().finalize(run, batches_may_be_dying=dying))


@contextmanager
def _this_run() -> Iterator[tuple[Run, Composition]]:
    """Open the services of the run that this task belongs to."""
    run_id = get_current_context()["dag_run"].run_id
    with failing_fast(), AirflowResources() as resources:
        run = _find_run(resources, run_id)
        if run is None:
            raise never_accepted()
        with compose(resources, run) as composition:
            if not composition.accounts.is_active(run):
                raise run_is_over()
            yield run, composition


def _find_run(resources: AirflowResources, run_id: str) -> Run | None:
    found = find_run(resources, run_id)
    # A rollback's run of the same id: guard has refused this one.
    return None if found is None or isinstance(found.mode, RollbackMode) else found


def _name_this_index(label: str) -> None:
    get_current_context()["label"] = label  # type: ignore[typeddict-unknown-key]
