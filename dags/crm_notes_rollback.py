"""
# CRM notes rollback

Removes what the migration of **one client account** has written to the CDP: documents and files.
Documents that somebody has edited or deleted since stay, with their files, and are listed in the
run's record. The CDP's own notes and other tenants are never touched. The CRM is not asked.

**Start it** with the account's `cid` and `company_sso_id`. `dry_run` is on unless it is set to false:
then the run only counts, and changes nothing. The flag `crm_notes_migration_enabled` plays no part.

**Flow**: wait for the account's lock `crm_notes_cid_<cid>`, guard, count. With `dry_run` false the run
then waits for a person: task `approve`, *Required actions* in the UI, for 24 hours. Until somebody
approves, nothing is removed and the account's status stays as it is; the lock is held. Then documents
and files go batch by batch, everything is looked at again, and the status is `not_started`.

| end | means | what to do |
|---|---|---|
| `dry_run_done` | counted; see the log of `count_notes` | trigger again with `dry_run` false |
| `rolled_back` | all is gone but what somebody has touched; the account can be migrated again | nothing |
| `approve` red | rejected, or no answer in time; nothing was removed, the status is as before | ask again |
| `guard` red | refused; nothing was removed, the status is as before | the message says why |
| `remove_notes` or `verify` red | a part is removed; the account is `halted` | runbook, then trigger again |

**Stop it**: reject it, or mark the run failed. A batch in hand is finished; what is removed stays
removed, and the next rollback goes on.

**When something is red**: the task's last log line says why. `docs/runbooks/rollback.md` tells how to
roll back and what each end means.
"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Param, task

from notes_migration.domain.conf import param_schemas
from notes_migration.domain.rollback import RollbackConf
from notes_migration_airflow import rollback_tasks as tasks
from notes_migration_airflow.board_link import link_to_board
from notes_migration_airflow.cid_lock import take_cid_lock
from notes_migration_airflow.rollback_approval import ApproveRollback

ENDS = ("dry_run_done", "rolled_back")

with DAG(
    dag_id="crm_notes_rollback",
    dag_display_name="CRM notes rollback",
    description="Remove what one account's migration wrote to the CDP, after an approval",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=128,  # runs that wait for their account's lock, or for an answer, count too
    max_active_tasks=32,
    params={name: Param(**schema) for name, schema in param_schemas(RollbackConf).items()},
    default_args={"retries": 2, "retry_delay": timedelta(seconds=5)},
    tags=["crm", "cdp", "migration"],
) as dag:
    await_lock = take_cid_lock(release_task_id="finalize", end_task_ids=ENDS)
    guard = task(tasks.guard, task_display_name="Guard", execution_timeout=timedelta(minutes=10))()
    counts = task(tasks.count_notes, task_display_name="Count notes", execution_timeout=timedelta(hours=1))()
    choice = task.branch(tasks.choose, task_display_name="Dry run?", execution_timeout=timedelta(minutes=5))(
        guard
    )
    dry_run_done = task(
        tasks.dry_run_done, task_display_name="Dry run done", execution_timeout=timedelta(minutes=10)
    )()
    approve = ApproveRollback(task_id="approve", task_display_name="Approve")
    removed = task(
        tasks.remove_notes, task_display_name="Remove notes", execution_timeout=timedelta(hours=2)
    )()
    verified = task(tasks.verify, task_display_name="Verify", execution_timeout=timedelta(hours=1))()
    rolled_back = task(
        tasks.rolled_back, task_display_name="Rolled back", execution_timeout=timedelta(minutes=10)
    )()
    finalize = task(
        tasks.finalize, task_display_name="Finalize", execution_timeout=timedelta(minutes=10)
    )().as_teardown(on_failure_fail_dagrun=False)

    await_lock >> guard >> counts >> choice >> [dry_run_done, approve]
    approve >> removed >> verified >> rolled_back
    # From every task: else the first failure would release the lock while another still works.
    work = [await_lock, guard, counts, choice, dry_run_done, approve, removed, verified, rolled_back]
    work >> finalize
    link_to_board(dag)
