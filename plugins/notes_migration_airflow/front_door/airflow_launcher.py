"""RunLauncher over Airflow's own tables, inside the API server.

Sync, on sessions of its own that commit before the answer: an async endpoint or the shared scoped
session let several triggers through (docs/api.md says how one in fifty is made sure of).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from notes_migration.domain.conf import MigrationConf
from notes_migration.domain.errors import DependencyDown, FatalError, ReasonCode
from notes_migration.domain.guarding import already_running

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

DAG_ID = "crm_notes_migration"
# What takes the lock of an account. Over both, a run id names one run that was let in.
LOCKING_DAG_IDS = (DAG_ID, "crm_notes_rollback")
DEPENDENCY = "airflow"
_LOCK_SECONDS = 10.0


class AirflowLauncher:
    """One start at a time per process (SQLite needs it); the unique run id decides between processes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._dags: Any = None

    def is_busy(self, cid: str) -> bool:
        with _session() as session:
            # One question needs no transaction, which takes longer than the question.
            session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
            return _is_busy(session, cid)

    def has_ended(self, run_id: str) -> bool:
        from airflow.models.dagrun import DagRun
        from airflow.utils.state import State
        from sqlalchemy import select

        with _session() as session:
            query = select(DagRun.state).where(DagRun.dag_id.in_(LOCKING_DAG_IDS), DagRun.run_id == run_id)
            states = session.scalars(query).all()
            return bool(states) and all(state in State.finished_dr_states for state in states)

    def launch(self, conf: MigrationConf, *, above: int, triggered_by: str) -> str:
        with self._one_at_a_time(), _session() as session:
            _require_startable(session)
            # First the number, then the question whether a run is busy: a run that another process
            # starts in between is seen by the second, and one that it starts later has this number.
            run_id = f"{conf.cid}__{1 + max(above, _last_number(session, conf.cid))}"
            if _is_busy(session, conf.cid):
                raise already_running()
            self._create(session, run_id, conf, triggered_by)
        return run_id

    def _create(self, session: Session, run_id: str, conf: MigrationConf, triggered_by: str) -> None:
        from airflow._shared.timezones import timezone
        from airflow.utils.state import DagRunState
        from airflow.utils.types import DagRunTriggeredByType, DagRunType
        from sqlalchemy.exc import IntegrityError

        if DagRunType.from_run_id(run_id) is not DagRunType.MANUAL:
            raise FatalError(
                ReasonCode.INVALID_REQUEST, "cid: begins with a word that Airflow reserves for run ids"
            )
        try:
            self._latest_dag(session).create_dagrun(
                run_id=run_id,
                run_after=timezone.utcnow(),
                conf=conf.model_dump(mode="json", exclude_defaults=True),
                run_type=DagRunType.MANUAL,
                triggered_by=DagRunTriggeredByType.REST_API,
                triggering_user_name=triggered_by,
                state=DagRunState.QUEUED,
                session=session,
            )
            session.commit()
        except IntegrityError:
            raise already_running() from None

    def _latest_dag(self, session: Session) -> Any:
        from airflow.models.dag_version import DagVersion
        from airflow.models.dagbag import DBDagBag

        if self._dags is None:
            self._dags = DBDagBag()
        version = DagVersion.get_latest_version(DAG_ID, session=session)
        # By its version, as it is then read once; the bag looks whether that has changed in place.
        dag = version and self._dags.get_dag(version.id, session=session)
        if not dag:
            raise DependencyDown(DEPENDENCY, f"Airflow has not read the DAG {DAG_ID} yet")
        return dag

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        if not self._lock.acquire(timeout=_LOCK_SECONDS):
            raise DependencyDown(DEPENDENCY, "Airflow takes too long to start other runs")
        try:
            yield
        finally:
            self._lock.release()


def _require_startable(session: Session) -> None:
    """Refuse where a run would wait unseen."""
    from airflow.models.dag import DagModel

    dag = session.get(DagModel, DAG_ID)
    if dag is None or dag.is_stale:
        raise DependencyDown(DEPENDENCY, f"Airflow does not know the DAG {DAG_ID}; see its import errors")
    if dag.has_import_errors:
        raise DependencyDown(DEPENDENCY, f"the file of the DAG {DAG_ID} has an import error")
    if dag.is_paused:
        raise DependencyDown(DEPENDENCY, f"the DAG {DAG_ID} is paused; unpause it and trigger again")


def _is_busy(session: Session, cid: str) -> bool:
    from airflow.models.dagrun import DagRun
    from airflow.utils.state import DagRunState
    from sqlalchemy import select

    going = select(DagRun.conf).where(
        DagRun.dag_id.in_(LOCKING_DAG_IDS), DagRun.state.in_([DagRunState.QUEUED, DagRunState.RUNNING])
    )
    return any(isinstance(conf, dict) and conf.get("cid") == cid for conf in session.scalars(going))


def _last_number(session: Session, cid: str) -> int:
    from airflow.models.dagrun import DagRun
    from sqlalchemy import select

    prefix = f"{cid}__"
    named = select(DagRun.run_id).where(
        DagRun.dag_id == DAG_ID, DagRun.run_id.startswith(prefix, autoescape=True)
    )
    numbers = (run_id.removeprefix(prefix) for run_id in session.scalars(named))
    return max((int(number) for number in numbers if number.isascii() and number.isdigit()), default=0)


@contextmanager
def _session() -> Iterator[Session]:
    """Open a session of our own; what its driver raises carries statements with values.

    Raises:
        DependencyDown: Airflow's database does not answer.
    """
    from airflow.utils.session import create_session
    from sqlalchemy.exc import SQLAlchemyError

    try:
        with create_session(scoped=False) as session:
            yield session
    except SQLAlchemyError as error:
        raise DependencyDown(DEPENDENCY, f"Airflow's database: {type(error).__name__}") from None
