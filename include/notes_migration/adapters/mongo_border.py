"""Where pymongo's errors become ours: their text carries whole documents and must not get out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo.errors import ConfigurationError, ConnectionFailure, OperationFailure, PyMongoError

from notes_migration.domain.errors import FatalError, ReasonCode, TransientError


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Translate every driver error raised inside.

    Raises:
        TransientError: DEPENDENCY_UNAVAILABLE, where another try may succeed.
        FatalError: DEPENDENCY_UNAVAILABLE, where the database refuses (credentials, rights, address).
    """
    try:
        yield
    except (ConfigurationError, OperationFailure) as error:
        code = getattr(error, "code", None)
        if isinstance(error, OperationFailure) and error.has_error_label("RetryableWriteError"):
            raise _unavailable(what) from None
        raise FatalError(
            ReasonCode.DEPENDENCY_UNAVAILABLE,
            f"MongoDB refused while {what} (code {code}); check the connection cdp_mongo and its rights",
        ) from None
    except (ConnectionFailure, PyMongoError):
        raise _unavailable(what) from None


def _unavailable(what: str) -> TransientError:
    return TransientError(ReasonCode.DEPENDENCY_UNAVAILABLE, f"MongoDB did not answer while {what}")
