"""Where pymongo's errors become ours: their text carries whole documents and must not get out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bson.errors import BSONError
from pymongo.errors import ConfigurationError, ConnectionFailure, OperationFailure, PyMongoError

from notes_migration.domain.errors import FatalError, ReasonCode, TransientError

# Took too long, lost a node on the way, a conflict: the same call may succeed later. Codes of MongoDB.
_WORTH_TRYING_AGAIN = frozenset({6, 7, 24, 43, 50, 64, 89, 112, 262})


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Translate every driver error raised inside.

    Raises:
        TransientError: DEPENDENCY_UNAVAILABLE, where another try may succeed.
        FatalError: DEPENDENCY_UNAVAILABLE, where the database refuses (credentials, rights, address);
            INTERNAL_ERROR, where a value cannot be stored or read at all.
    """
    try:
        yield
    except (ConfigurationError, OperationFailure) as error:
        code = getattr(error, "code", None)
        if code in _WORTH_TRYING_AGAIN or error.has_error_label("RetryableWriteError"):
            raise _unavailable(what) from None
        raise FatalError(
            ReasonCode.DEPENDENCY_UNAVAILABLE,
            f"MongoDB refused while {what} (code {code}); check the connection cdp_mongo and its rights",
        ) from None
    except (ConnectionFailure, PyMongoError):
        raise _unavailable(what) from None
    except (BSONError, UnicodeError, OverflowError):
        # Their text, too, carries the document.
        raise FatalError(
            ReasonCode.INTERNAL_ERROR, f"a value that MongoDB cannot hold, while {what}"
        ) from None


def _unavailable(what: str) -> TransientError:
    return TransientError(ReasonCode.DEPENDENCY_UNAVAILABLE, f"MongoDB did not answer while {what}")
