"""A directory laid out as the checkout, so that a sandbox in it has an `.airflow/` of its own."""

from __future__ import annotations

from pathlib import Path

from sandbox.paths import Paths, this_checkout

_PARTS = (".venv", "include", "sandbox", "dags", "plugins", "config")


def mirrored_checkout(directory: Path, *, with_dags: bool = True) -> Paths:
    """Link the checkout's parts into `directory`; without DAGs, `dags/` and `plugins/` are empty."""
    for name in _PARTS:
        if with_dags or name in (".venv", "include", "sandbox"):
            (directory / name).symlink_to(this_checkout().checkout / name)
        else:
            (directory / name).mkdir()
    return Paths(directory)
