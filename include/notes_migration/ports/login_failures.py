"""Failed logins, counted per credential name over all server processes."""

from __future__ import annotations

from typing import Protocol


class LoginFailures(Protocol):
    """Keeps no name in the clear: what was typed as a name may be a password."""

    def wait_left(self, name: bytes) -> int:
        """Return the seconds that the name still has to wait, 0 where it may try.

        Raises:
            TransientError: DEPENDENCY_UNAVAILABLE.
        """
        ...

    def add(self, name: bytes) -> int:
        """Count one more failure and return how many there are; raises as `wait_left`."""
        ...

    def clear(self, name: bytes) -> None:
        """Forget the name's failures; raises as `wait_left`."""
        ...
