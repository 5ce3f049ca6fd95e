"""Cluster policy: the marker pool `cid_lock` becomes the account's own pool of one slot.

It also loads libraries once in the processes that fork tasks, so that no task has to.

Airflow has no templated pool; this hook sees the run's conf, gives the task the account's pool and
makes that pool on the way. It runs in API server, CLI and scheduler, inside their transactions: it
never commits and never opens a session (docs/decisions/0002-lock.md).
"""

from __future__ import annotations

import re
import sys
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy.engine import Connection
    from sqlalchemy.orm import Session

MARKER_POOL = "cid_lock"
POOL_PREFIX = "crm_notes_cid_"
# The same as notes_migration.domain.conf.ACCOUNT_ID_PATTERN, which a test compares; a policy that
# cannot be imported stops every Airflow process, so it imports nothing of ours.
_ACCOUNT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_RIGHT = {"slots": 1, "include_deferred": True}
# Scheduler (LocalExecutor) and Celery worker fork a process per task: what they have loaded is there
# for free, and is most of a task's start. Libraries only: our own code comes fresh with each task.
_FORKING_COMMANDS = frozenset({"scheduler", "celery"})
_PRELOADED = (
    "airflow.providers.amazon.aws.hooks.s3",
    "airflow.providers.mongo.hooks.mongo",
    "airflow.providers.redis.hooks.redis",
    "airflow.providers.standard.operators.python",
    "bleach",
    "html5lib",
    "httpx",
    "magic",
    "nh3",
    "pydantic",
    "requests_hardened",
    "tenacity",
)


def task_instance_mutation_hook(task_instance: TaskInstance, dag_run: DagRun | None = None) -> None:
    """Rewrite the marker pool; show tasks by their display name, which a hook otherwise hides."""
    task = getattr(task_instance, "task", None)
    if task is not None and getattr(task, "task_display_name", None):
        task_instance._task_display_property_value = task.task_display_name
    if dag_run is None or task_instance.pool != MARKER_POOL:
        return
    cid = (dag_run.conf or {}).get("cid")
    if not (isinstance(cid, str) and _ACCOUNT_ID.fullmatch(cid)):
        return
    from sqlalchemy.orm import object_session

    pool = POOL_PREFIX + cid
    session = object_session(dag_run)
    if session is not None:
        _ensure_pool(session, pool)
    task_instance.pool = pool


def _ensure_pool(session: Session, name: str) -> None:
    """Make the pool, or correct one that somebody has edited; atomic against a racing creator."""
    from airflow.models.pool import Pool
    from sqlalchemy import select

    table, connection = Pool.__table__, session.connection()
    columns = select(table.c.slots, table.c.include_deferred)
    found = connection.execute(columns.where(table.c.pool == name)).first()
    if found is None:
        _insert(connection, table, {"pool": name, "description": "CRM notes migration: one run", **_RIGHT})
    elif dict(found._mapping) != _RIGHT:
        connection.execute(table.update().where(table.c.pool == name).values(**_RIGHT))


def _insert(connection: Connection, table: Any, row: dict[str, Any]) -> None:
    from sqlalchemy.exc import IntegrityError

    if connection.dialect.name in {"postgresql", "sqlite"}:
        insert = import_module(f"sqlalchemy.dialects.{connection.dialect.name}").insert
        connection.execute(insert(table).values(**row).on_conflict_do_nothing(index_elements=["pool"]))
        return
    try:
        with connection.begin_nested():
            connection.execute(table.insert().values(**row))
    except IntegrityError:
        pass


def _preload() -> None:
    for name in _PRELOADED:
        with suppress(ImportError):
            import_module(name)


if _FORKING_COMMANDS & set(sys.argv[1:2]):
    _preload()
