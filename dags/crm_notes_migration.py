"""
# CRM notes migration

Moves the historical contact notes of **one client account** from the legacy CRM into the CDP, with
attachments, authors and original timestamps. Safe to run again: what is there is skipped, what is
missing is written, nothing is written twice.

**Start it** with the account's `cid` and `company_sso_id`. The flag
`crm_notes_migration_enabled` must be on for the account (an Airflow Variable: `{"<cid>": true}`).
One run per account at a time: a second one waits for the account's pool `crm_notes_cid_<cid>`.

**Modes**: `migrate` writes. `verify` reads the CRM and the CDP afresh, compares them note by note and
file by file, and keeps a certificate. `dry_run` does what `migrate` does and writes nothing but its
report (`report` in `notes_migration_runs`); it ends as the migration would end. Neither needs the
flag, and neither changes anything, the status included.

`replay_failed` (optionally only some `reasons`) repairs what is on record as failed and never lowers a
`completed_success`.

**Flow**: wait for the lock, guard, coverage gate, extract pages, migrate batches, validate, and one
of three ends.

| end | means | what to do |
|---|---|---|
| `completed_success` | at least 99 % of the notes are in the CDP, at most 1 % failed | nothing |
| `completed_with_errors` | written; the match is below 99 % or could not be validated | runbook |
| `halted` (red) | stopped early; nothing is lost, what is written stays | runbook, then trigger again |
| `guard` red | refused; nothing was written, the status is as before | the message says why |

**Stop it**: switch the flag off. The batch in hand is finished, the rest is skipped, and the run
ends `halted` with `FLAG_DISABLED`. Marking the run failed stops it too.

**When something is red**: the task's last log line names a reason code; `docs/runbooks/` has a page
for each. Never clear a single batch of a finished run: it refuses to write. Clear the whole run, or
trigger a new one.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, AsyncCallback, DeadlineAlert, DeadlineReference, Param, TriggerRule, task

from notes_migration.domain.conf import param_schemas
from notes_migration.domain.settings import MigrationSettings
from notes_migration_airflow import migration_tasks as tasks
from notes_migration_airflow.board_link import link_to_board
from notes_migration_airflow.cid_lock import take_cid_lock
from notes_migration_airflow.watchdog import report_late_run

# The default: a DAG file reads no Variable. The watchdog goes by the window that a run has frozen.
WINDOW_HOURS = float(MigrationSettings().run_window_hours)
ENDS = ("completed_success", "completed_with_errors", "halted")

with DAG(
    dag_id="crm_notes_migration",
    dag_display_name="CRM notes migration",
    description="Move one account's CRM contact notes into the CDP",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=128,  # runs that wait for their account's lock count too
    max_active_tasks=32,
    params={name: Param(**schema) for name, schema in param_schemas().items()},
    deadline=DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(hours=WINDOW_HOURS),
        callback=AsyncCallback(report_late_run, kwargs={"hours": WINDOW_HOURS}),
    ),
    default_args={"retries": 2, "retry_delay": timedelta(seconds=5)},
    tags=["crm", "cdp", "migration"],
) as dag:
    await_lock = take_cid_lock(release_task_id="finalize", end_task_ids=ENDS)
    guard = task(tasks.guard, task_display_name="Guard", execution_timeout=timedelta(minutes=10))()
    ranges = task(
        tasks.coverage_gate, task_display_name="Coverage gate", execution_timeout=timedelta(minutes=30)
    )()
    pages = task(
        tasks.extract_pages,
        task_display_name="Extract pages",
        map_index_template="{{ label }}",
        max_active_tis_per_dagrun=4,
        execution_timeout=timedelta(hours=2),
    ).expand(id_range=ranges)
    groups = task(
        tasks.plan_batches, task_display_name="Plan batches", execution_timeout=timedelta(minutes=10)
    )(pages)
    migrated = task(
        tasks.migrate_batches,
        task_display_name="Migrate batches",
        map_index_template="{{ label }}",
        max_active_tis_per_dagrun=4,
        execution_timeout=timedelta(hours=2),
    ).expand(group=groups)
    findings = task(
        tasks.validate,
        task_display_name="Validate",
        trigger_rule=TriggerRule.NONE_FAILED,  # below the gate, or with no notes, the stages are skipped
        execution_timeout=timedelta(minutes=30),
    )()
    decision = task.branch(
        tasks.decide_outcome, task_display_name="Decide the outcome", execution_timeout=timedelta(minutes=5)
    )(findings)
    ends = [
        task(
            tasks.record_end,
            task_id=end,
            task_display_name=end.replace("_", " ").capitalize(),
            trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS,
            execution_timeout=timedelta(minutes=10),
        )(findings)
        for end in ENDS
    ]
    finalize = task(
        tasks.finalize, task_display_name="Finalize", execution_timeout=timedelta(minutes=10)
    )().as_teardown(on_failure_fail_dagrun=False)

    await_lock >> guard >> ranges
    migrated >> findings
    decision >> ends
    # From every task: else the first failed index would release the lock while its sisters still write.
    [await_lock, guard, ranges, pages, groups, migrated, findings, decision, *ends] >> finalize
    link_to_board(dag)
