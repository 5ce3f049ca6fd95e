"""Who looks at the board, and what they may do there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person who is logged in to Airflow and may see the DAG's runs."""

    name: str
    may_trigger: bool


@dataclass(frozen=True, slots=True)
class Access:
    """Two FastAPI dependencies that return the Viewer or raise HTTPException 401 or 403.

    reader: for whoever may see the DAG's runs; starter: for whoever may trigger the DAG.
    """

    reader: Callable[..., Viewer]
    starter: Callable[..., Viewer]
