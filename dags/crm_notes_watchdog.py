"""
# CRM notes watchdog

Looks at every account each five minutes, takes a second or two and changes nothing where all is well.

| it finds | it does |
|---|---|
| a run that is alive and got nowhere for 15 minutes | PagerDuty, P2; resolved when it goes on or ends |
| a run that is not over at the end of its own `run_window_hours` | Slack, once |
| an account `in_progress` whose run is over in Airflow | ends it: `halted`, `INTERNAL_ERROR` |
| the same, but this Airflow does not know the run | ends it after 15 minutes without a page or batch |
| a status in Redis that names another run or state than the record | writes it again |

**When it is red**: an account or a store could not be looked at; the log names it, and the next look
comes by itself. **Pausing it** stops no migration; nobody is told of one that stands still then.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, task

from notes_migration_airflow import watchdog

with DAG(
    dag_id="crm_notes_watchdog",
    dag_display_name="CRM notes watchdog",
    description="Report migrations that stand still, end those that nobody ended",
    doc_md=__doc__,
    schedule=timedelta(minutes=5),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 0},  # the next look is the next try
    tags=["crm", "cdp", "migration"],
) as dag:
    task(watchdog.watch, task_display_name="Watch", execution_timeout=timedelta(minutes=10))()
