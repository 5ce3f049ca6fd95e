"""Who may call: the content of the connection `notes_migration_api` (contracts, section 1)."""

from __future__ import annotations

from collections.abc import Mapping

from notes_migration.domain.basic_auth import Credentials
from notes_migration.domain.errors import FatalError, ReasonCode


def read_principals(
    login: str | None, password: str | None, extra: Mapping[str, object]
) -> tuple[Credentials, ...]:
    """Return login and password, and each of the extra `principals: {name: password}`.

    A name may be there twice, once as login and once as a principal: so a password can be changed
    without a moment in which callers are refused.

    Raises:
        FatalError: DEPENDENCY_UNAVAILABLE, where there are none or one is empty or no text.
    """
    principals = extra.get("principals", {})
    pairs: list[tuple[object, object]] = [(login, password)] if login or password else []
    pairs += principals.items() if isinstance(principals, dict) else [(None, None)]
    usable = [
        Credentials(name.encode(), secret.encode())
        for name, secret in pairs
        if isinstance(name, str) and name and isinstance(secret, str) and secret
    ]
    if not usable or len(usable) < len(pairs):
        raise FatalError(
            ReasonCode.DEPENDENCY_UNAVAILABLE,
            "connection notes_migration_api: needs login and password; extra principals must be "
            "{name: password}, none of them empty",
        )
    return tuple(usable)
