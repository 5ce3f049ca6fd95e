"""Airflow's own login and DAG permissions, whichever auth manager is configured."""

from __future__ import annotations

from typing import Annotated

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_dag
from airflow.models.dag import DagModel
from fastapi import Depends

from notes_migration_airflow.board.viewer import Access, Viewer
from notes_migration_airflow.front_door.airflow_launcher import DAG_ID

_may_read = requires_access_dag("GET", DagAccessEntity.RUN, DAG_ID)
_may_trigger = requires_access_dag("POST", DagAccessEntity.RUN, DAG_ID)


def reader(user: GetUserDep, _allowed: Annotated[None, Depends(_may_read)]) -> Viewer:
    """Return the person; they may see the DAG's runs."""
    details = DagDetails(id=DAG_ID, team_name=DagModel.get_team_name(DAG_ID))
    may_trigger = get_auth_manager().is_authorized_dag(
        method="POST", access_entity=DagAccessEntity.RUN, details=details, user=user
    )
    return Viewer(user.get_name(), may_trigger)


def starter(user: GetUserDep, _allowed: Annotated[None, Depends(_may_trigger)]) -> Viewer:
    """Return the person; they may trigger the DAG."""
    return Viewer(user.get_name(), may_trigger=True)


AIRFLOW_ACCESS = Access(reader, starter)
