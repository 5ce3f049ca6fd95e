"""The shells of the DAG's tasks: read the context, call one service, hand on ids and counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from typing import Any

from airflow.sdk import Context, get_current_context
from airflow.sdk.exceptions import AirflowFailException

from notes_migration.domain.errors import FatalError, ReasonCode, TransientError
from notes_migration.domain.run import Run
from notes_migration.domain.settings import MigrationSettings
from notes_migration.domain.states import RunState
from notes_migration_airflow import xcom
from notes_migration_airflow.connections import current_settings
from notes_migration_airflow.container import Container, for_run, opened
from notes_migration_airflow.task_states import read_states

BATCHES_TASK_ID = "migrate_batches"


def guard() -> dict[str, Any]:
    """Refuse the run, or freeze its facts and make it the one that may write."""
    from notes_migration.domain.conf import parse_conf
    from notes_migration.services.guard_run import RunRequest

    context = get_current_context()
    dag_run = context["dag_run"]
    with _failing_fast():
        conf, settings = parse_conf(dag_run.conf or {}), current_settings()
        container = Container(
            job_id=dag_run.run_id, cid=conf.cid, company_sso_id=conf.company_sso_id, settings=settings
        )
        with opened(container):
            run = container.guard().start(
                RunRequest(dag_run.run_id, conf, settings, triggered_by=_triggered_by(context))
            )
    return {"notes_total": run.in_scope, "out_of_scope": run.out_of_scope, "attempt": run.attempt}


def coverage_gate() -> list[dict[str, str]]:
    """Return the id ranges to read; none below the gate and none where there is nothing to read."""
    from notes_migration.services.measure_coverage import MeasureCoverage

    with _run_container() as (run, container):
        gate = MeasureCoverage(container.crm, container.contacts, container.runs, container.progress)
        return xcom.ranges_to_xcom(gate.ranges_to_read(run))


def extract_pages(id_range: Mapping[str, str]) -> list[dict[str, Any]]:
    """Stage one range of ids page by page; return the references."""
    from notes_migration.services.extract_range import ExtractRange

    _name_this_index(f"ids {int(id_range['after_id']) + 1}–{id_range['until_id']}")
    with _run_container() as (run, container):
        extractor = ExtractRange(container.crm, container.staging, container.runs, container.clock)
        return xcom.pages_to_xcom(extractor.extract(run, xcom.range_from_xcom(id_range)))


def plan_batches(pages: Sequence[Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Bind the account and spread the staged pages over tasks."""
    from notes_migration.services.plan_batches import PlanBatches

    with _run_container() as (run, container):
        planner = PlanBatches(container.accounts, container.runs, container.progress)
        staged = xcom.pages_from_xcom(list(chain.from_iterable(pages)))
        return xcom.groups_to_xcom(planner.plan(run, staged))


def migrate_batches(group: Mapping[str, Any]) -> int:
    """Migrate a group of batches; return how many were done."""
    from notes_migration.services.migrate_group import MigrateGroup

    _name_this_index(group["label"])
    with _run_container() as (run, container):
        service = MigrateGroup(container.migrate_batch(), container.flag, container.runs, container.progress)
        return service.migrate(run, xcom.pages_from_xcom(group["pages"]))


def validate() -> dict[str, Any]:
    """Reconcile by id; return what the decision needs."""
    from notes_migration.services.validate_run import ValidateRun

    with _run_container() as (run, container):
        service = ValidateRun(container.crm, container.notes, container.batches, container.progress)
        verdict = service.validate(run)
        return xcom.findings_to_xcom(run, verdict, container.progress.ledger(run))


def decide_outcome(findings: Mapping[str, Any]) -> str:
    """Return the task id of the run's end: its state's name."""
    return str(xcom.outcome_of(findings).state)


def record_end(findings: Mapping[str, Any]) -> None:
    """Record the outcome; a halted run ends red, with its reason in the message."""
    outcome = xcom.outcome_of(findings)
    with _run_container() as (run, container):
        container.record_outcome().record(run, outcome)
    if outcome.state is RunState.HALTED:
        raise AirflowFailException(f"halted: {outcome.reason}; see docs/runbooks/{outcome.reason}.md")


def finalize() -> str:
    """Clean up, and end the run where it could not end itself."""
    context = get_current_context()
    run_id = context["dag_run"].run_id
    with _failing_fast():
        run = _find_run(run_id)
        if run is None:
            return "never_started"
        with opened(for_run(run)) as container:
            dying = _batches_may_be_dying(context)
            return str(container.finalize().finalize(run, batches_may_be_dying=dying))


def _batches_may_be_dying(context: Context) -> bool:
    ti = context["ti"]
    states = read_states(ti.dag_id, ti.run_id)
    quiet = {None, "success", "skipped", "upstream_failed", "removed", "scheduled", "queued"}
    return any(name.startswith(BATCHES_TASK_ID) and state not in quiet for name, state in states.items())


@contextmanager
def _run_container() -> Iterator[tuple[Run, Container]]:
    """Open the container of the run that this task belongs to."""
    run_id = get_current_context()["dag_run"].run_id
    with _failing_fast():
        run = _find_run(run_id)
        if run is None:
            raise FatalError(
                ReasonCode.INTERNAL_ERROR, "guard has not accepted this run; clear the whole run"
            )
        with opened(for_run(run)) as container:
            yield run, container


def _find_run(run_id: str) -> Run | None:
    with opened(
        Container(job_id=run_id, cid="", company_sso_id="", settings=MigrationSettings())
    ) as container:
        found: Run | None = container.runs.find(run_id)
        return found


@contextmanager
def _failing_fast() -> Iterator[None]:
    """Fail without another try where one cannot help, in one line and without a stack of ours."""
    try:
        yield
    except FatalError as error:
        raise AirflowFailException(f"{error} (docs/runbooks/{error.reason}.md)") from None
    except TransientError:
        raise


def _triggered_by(context: Context) -> str:
    dag_run = context["dag_run"]
    return str(dag_run.triggering_user_name or dag_run.run_type)


def _name_this_index(label: str) -> None:
    get_current_context()["label"] = label  # type: ignore[typeddict-unknown-key]
