"""How long a credential has to wait after failed logins: nothing at first, then twice as long each time."""

from __future__ import annotations

FREE_FAILURES = 5
MAX_WAIT_SECONDS = 300
REMEMBERED_SECONDS = 900


def wait_seconds(failures: int) -> int:
    """Return the pause after so many failures in a row: 0 for the first four, then 1, 2, 4 ... 300."""
    if failures < FREE_FAILURES:
        return 0
    return int(min(2 ** min(failures - FREE_FAILURES, 16), MAX_WAIT_SECONDS))
