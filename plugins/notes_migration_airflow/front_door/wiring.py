"""The front door over Airflow: its connections, its Variables, its runs."""

from __future__ import annotations

from notes_migration.front_door import FrontDoorComposition
from notes_migration_airflow.front_door.airflow_launcher import AirflowLauncher
from notes_migration_airflow.front_door.api_credentials import ApiCredentials
from notes_migration_airflow.front_door.asgi_app import make_asgi_app
from notes_migration_airflow.front_door.lazy_app import Application
from notes_migration_airflow.front_door.server_resources import AirflowServerResources


def make_app() -> Application:
    """Return the application; nothing is connected to before a request needs it."""
    door = FrontDoorComposition(
        AirflowServerResources(), launcher=AirflowLauncher(), known=ApiCredentials().current
    )
    return make_asgi_app(door)
