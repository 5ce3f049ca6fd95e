"""Puts the board into Airflow's navigation (docs/board.md); costs a task process next to nothing."""

from __future__ import annotations

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from notes_migration_airflow.front_door.lazy_app import Application, LazyApp

PREFIX = "/crm-notes"


def _make_app() -> Application:
    from notes_migration_airflow.board.board_wiring import make_app

    return make_app()


class CrmNotesBoard(AirflowPlugin):
    """A page for people, behind Airflow's own login and the permissions on the DAG."""

    name = "crm_notes_board"
    fastapi_apps: ClassVar[list[Any]] = [
        {"app": LazyApp(_make_app, prefix=PREFIX), "url_prefix": PREFIX, "name": "CRM notes board"}
    ]
    external_views: ClassVar[list[Any]] = [
        {
            "name": "CRM notes",
            "href": "crm-notes/",  # without a slash in front: below Airflow's own root path
            "icon": "crm-notes/assets/icon.svg",
            "url_route": "crm-notes",
            "destination": "nav",
            "nav_top_level": True,
        }
    ]
