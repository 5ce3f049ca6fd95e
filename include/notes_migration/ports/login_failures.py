"""Failed logins, counted per credential name and client address over all server processes."""

from __future__ import annotations

from typing import Protocol

from notes_migration.domain.login_waits import Origin, Settled


class LoginFailures(Protocol):
    """Keeps no name in the clear: what was typed as a name may be a password."""

    def settle(self, origin: Origin, *, right: bool) -> Settled:
        """Hold a login up, or else count it, in one step: no two logins see the same count.

        While one has to wait nothing is counted, and right and wrong are answered alike. A right login
        forgets its address's failures, takes them off the name's, and frees the address from the
        waits that other addresses cause.

        Raises:
            TransientError: DEPENDENCY_UNAVAILABLE.
        """
        ...
