"""The shape we write against the shape that is there: one wrong type breaks a contact's whole list."""

from __future__ import annotations

from collections.abc import Mapping

# Go reads any whole number into an int64, so its width in the database is no difference.
_WHOLE = frozenset({"int", "long"})
WRITTEN_TYPES: Mapping[str, frozenset[str]] = {
    "contact_id": frozenset({"string"}),
    "company_sso_id": frozenset({"string"}),
    "note": frozenset({"string"}),
    "attachments": frozenset({"array"}),
    "owner_id": frozenset({"string"}),
    "is_deleted": frozenset({"bool"}),
    "created_at": frozenset({"date"}),
    "updated_at": frozenset({"date"}),
}
WRITTEN_ATTACHMENT_TYPES: Mapping[str, frozenset[str]] = {
    "attachments.url": frozenset({"string"}),
    "attachments.type": frozenset({"string"}),
    "attachments.file_size_in_byte": _WHOLE,
    "attachments.file_size": frozenset({"string"}),
    "attachments.file_name": frozenset({"string"}),
}
# What a native note always has; the others may be null or absent in all of them.
_ALWAYS = frozenset({"contact_id", "company_sso_id", "note", "created_at", "updated_at"})


def schema_problem(native: Mapping[str, set[str]]) -> str | None:
    """Compare what we write with native notes' fields (path -> BSON types); None where they agree.

    A field of ours that no native note has, or has with another type, is a difference; a native
    field that we do not write is none: a reader does without it.
    """
    if not native:
        return None
    has_files = any(path.startswith("attachments.") for path in native)
    expected = {**WRITTEN_TYPES, **(WRITTEN_ATTACHMENT_TYPES if has_files else {})}
    wrong = sorted(path for path, types in expected.items() if native.get(path, set()) - types)
    missing = sorted(
        path
        for path in expected
        if path not in native and (path in _ALWAYS or path.startswith("attachments."))
    )
    if wrong or missing:
        return f"native notes differ: type of [{', '.join(wrong)}], absent [{', '.join(missing)}]"
    return None
