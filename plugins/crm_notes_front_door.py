"""Mounts `/private/notes/*` on Airflow's API server (docs/api.md); costs a task process next to nothing."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from notes_migration_airflow.front_door.lazy_app import Application, LazyApp

PREFIX = "/private/notes"


def _make_app() -> Application:
    from notes_migration_airflow.front_door.wiring import make_app

    return make_app()


class CrmNotesFrontDoor(AirflowPlugin):
    """The endpoints that operators and other systems call, with HTTP Basic of their own."""

    name = "crm_notes_front_door"
    fastapi_apps: ClassVar[list[Any]] = [
        {"app": LazyApp(_make_app, prefix=PREFIX), "url_prefix": PREFIX, "name": "CRM notes front door"}
    ]
