"""The front door over Airflow: its connections, its Variables, its runs."""

from __future__ import annotations

from functools import cache

from notes_migration.front_door import FrontDoorComposition
from notes_migration_airflow.front_door.airflow_launcher import AirflowLauncher
from notes_migration_airflow.front_door.api_credentials import ApiCredentials
from notes_migration_airflow.front_door.asgi_app import make_asgi_app
from notes_migration_airflow.front_door.lazy_app import Application
from notes_migration_airflow.front_door.server_resources import AirflowServerResources


@cache
def server_resources() -> AirflowServerResources:
    """Return the clients that this server process has once, for all that it serves."""
    return AirflowServerResources()


@cache
def front_door() -> FrontDoorComposition:
    """Return the one door of this process: runs that the board starts go through the same lock."""
    return FrontDoorComposition(
        server_resources(), launcher=AirflowLauncher(), known=ApiCredentials().current
    )


def make_app() -> Application:
    """Return the application; nothing is connected to before a request needs it."""
    return make_asgi_app(front_door())
