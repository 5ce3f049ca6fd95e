"""In what a stored note can differ from the CRM's, and which of it happened after the migration."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """One word per difference, as certificates have it."""

    MISSING = "missing"  # not in the CDP, and nothing says why
    EXTRA = "extra"  # in the CDP; neither the CRM nor our own records know of it
    CONTENT = "content"
    TIMESTAMP = "timestamp"
    CONTACT = "contact"
    OWNER = "owner"
    ATTACHMENTS = "attachments"  # a file that is not linked without a reason on record, or one too many
    OBJECT = "object"  # a linked file that storage lacks, or holds with other bytes
    # What somebody has done since, which is no mistake of the migration:
    CHANGED_AT_SOURCE = "changed_at_source"
    DELETED_AT_SOURCE = "deleted_at_source"
    EDITED_IN_CDP = "edited_in_cdp"
    ERASED_IN_CDP = "erased_in_cdp"

    @property
    def since(self) -> bool:
        """Whether the CRM or a user of the CDP has done it after the migration."""
        return self in _SINCE


_SINCE = frozenset({Kind.CHANGED_AT_SOURCE, Kind.DELETED_AT_SOURCE, Kind.EDITED_IN_CDP, Kind.ERASED_IN_CDP})


@dataclass(frozen=True, slots=True)
class Difference:
    """One note and one kind; never what differs."""

    note_id: str
    kind: Kind
