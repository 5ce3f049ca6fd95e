"""Death and silence of a process at its n-th call of anything outside it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, NamedTuple

from notes_migration.domain.errors import ReasonCode, TransientError


class Death(BaseException):
    """The process is gone: no handler of the code under test may survive it."""


class Fate(StrEnum):
    """What happens at the n-th call."""

    DIES_BEFORE = "dies before it"
    DIES_AFTER = "dies after it"
    UNANSWERED = "is not answered"
    ANSWER_LOST = "is done, the answer lost"

    def __repr__(self) -> str:
        return str(self)


class Doom(NamedTuple):
    """Where a process meets its fate; `call` counts from 1 over all ports."""

    call: int
    fate: Fate


class Mortality:
    """Watches every call; from its death on, a process can do nothing until it is revived.

    An unanswered call raises what an adapter raises; it happens to `stores` only, whose users promise
    that the task can be tried again. `met`: whether the doom was met.
    """

    def __init__(self, *, stores: frozenset[str]) -> None:
        self._stores = stores
        self._doom: Doom | None = None
        self._calls = 0
        self._dead = False
        self.met = False

    def doom(self, doom: Doom | None) -> None:
        self._doom, self._calls, self._dead, self.met = doom, 0, False, False

    def revive(self) -> None:
        """Start the process anew; it meets no second fate."""
        self._doom, self._dead = None, False

    def watch(self, port: str, target: Any) -> Any:
        """Return `target` as seen by a process that may die."""
        return _Watched(port, target, self)

    def call(self, port: str, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if self._dead:
            raise Death
        fate = self._fate(port)
        if fate is Fate.DIES_BEFORE:
            self._die()
        if fate is Fate.UNANSWERED:
            raise _silence()
        answer = method(*args, **kwargs)
        if fate is Fate.DIES_AFTER:
            self._die()
        if fate is Fate.ANSWER_LOST:
            raise _silence()
        return answer

    def _fate(self, port: str) -> Fate | None:
        if self._doom is None:
            return None
        silent = self._doom.fate in {Fate.UNANSWERED, Fate.ANSWER_LOST}
        if silent and port not in self._stores:
            return None
        self._calls += 1
        if self._calls != self._doom.call:
            return None
        self.met = True
        return self._doom.fate

    def _die(self) -> None:
        self._dead = True
        raise Death


class _Watched:
    def __init__(self, port: str, target: Any, mortality: Mortality) -> None:
        self._port, self._target, self._mortality = port, target, mortality

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._target, name)
        return lambda *args, **kwargs: self._mortality.call(self._port, method, *args, **kwargs)


def _silence() -> TransientError:
    return TransientError(ReasonCode.DEPENDENCY_UNAVAILABLE, "no answer")
