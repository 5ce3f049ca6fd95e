"""The files that the migration has stored for a tenant, by note: one listing of the tenant's prefix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from notes_migration.domain.rollback import note_of_key
from notes_migration.ports.object_storage import ListedObject, ObjectListing


def own_objects(storage: ObjectListing, company_sso_id: str) -> Mapping[str, Sequence[ListedObject]]:
    """Return CRM id -> objects under the note's prefix; keys of another making are left out.

    Raises:
        TransientError, FatalError: as of ObjectListing.
    """
    found: dict[str, list[ListedObject]] = {}
    for each in storage.listed(f"{company_sso_id}/"):
        note_id = note_of_key(company_sso_id, each.key)
        if note_id is not None:
            found.setdefault(note_id, []).append(each)
    return found


def bytes_of(objects: Mapping[str, Sequence[ListedObject]]) -> int:
    """Return the bytes of all of them."""
    return sum(each.size for listed in objects.values() for each in listed)
