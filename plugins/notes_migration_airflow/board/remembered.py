"""An answer that is good for a moment: one read, however many people watch."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """Asks `make` at most once in `seconds`; threads that come meanwhile wait for its answer."""

    def __init__(self, make: Callable[[], T], *, seconds: float, monotonic: Callable[[], float]) -> None:
        self._make = make
        self._seconds = seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._kept: tuple[float, T] | None = None

    def get(self) -> T:
        """Return the answer; what `make` raises is raised and not kept."""
        with self._lock:
            if self._kept is None or self._monotonic() - self._kept[0] >= self._seconds:
                self._kept = (self._monotonic(), self._make())
            return self._kept[1]
