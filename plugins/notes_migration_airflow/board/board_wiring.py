"""The board over Airflow: its login, its connections, and the front door's way to start a run."""

from __future__ import annotations

from airflow.configuration import conf

from notes_migration.board import BoardComposition
from notes_migration_airflow.board.airflow_access import AIRFLOW_ACCESS
from notes_migration_airflow.board.board_app import make_board_app
from notes_migration_airflow.front_door.lazy_app import Application
from notes_migration_airflow.front_door.wiring import front_door, server_resources


def make_app() -> Application:
    """Return the application; nothing is connected to before a request needs it."""
    return make_board_app(
        BoardComposition(server_resources()),
        front_door(),
        AIRFLOW_ACCESS,
        base_url=conf.get("api", "base_url", fallback=None),
    )
