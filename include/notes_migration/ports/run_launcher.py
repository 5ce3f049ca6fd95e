"""Whoever runs the migration (Airflow): which runs of an account it has, and starting another."""

from __future__ import annotations

from typing import Protocol

from notes_migration.domain.conf import MigrationConf


class RunLauncher(Protocol):
    """All methods raise DependencyDown where the scheduler's own store does not answer."""

    def is_busy(self, cid: str) -> bool:
        """Whether a run of the account is queued or running."""
        ...

    def has_ended(self, run_id: str) -> bool:
        """Whether the run is known here and is over."""
        ...

    def launch(self, conf: MigrationConf, *, above: int, triggered_by: str) -> str:
        """Start `<cid>__<n>` with the next free n > `above`, and return that id.

        Of any number of calls at the same time, in any number of processes, one starts a run.

        Raises:
            FatalError: JOB_ALREADY_RUNNING.
            DependencyDown: the run would wait unseen (DAG paused, broken or missing); nothing started.
        """
        ...
