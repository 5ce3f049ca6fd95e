"""Find the server programs that come inside Python wheels, without importing the wheels."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path


def program_of(distribution: str, relative_path: str) -> Path | None:
    """Return the program's path inside the installed wheel, or None where it is not installed."""
    try:
        path = Path(str(metadata.distribution(distribution).locate_file(relative_path)))
    except metadata.PackageNotFoundError:
        return None
    return path if path.is_file() else None
