"""Compares the CDP with what must have become of an account. Says ids and field names, no content."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bson.codec_options import CodecOptions
from pymongo.collection import Collection
from pymongo.database import Database

from sandbox.accounts.contacts import neighbour_of
from sandbox.accounts.differences import differences
from sandbox.accounts.model import Account
from sandbox.accounts.stored_objects import object_differences

Document = dict[str, Any]
_AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True)


def compare_account(
    database: Database[Document], s3_client: Any, bucket: str, account: Account, file_proxy_base_url: str
) -> list[str]:
    """Return every difference, an empty list where the account is as expected.

    Compared: each migrated document field by field with BSON types and milliseconds; documents that
    nobody expected; contacts, native notes and the neighbour's data, which nothing may have touched;
    the bytes of each object by sha256, and objects that nobody expected. A halted account may lack
    documents, each with its objects, but may not have wrong ones.
    """
    found = migrated_documents(database, account)
    expected = _expected_here(account, found)
    lines = [*_migrated(expected, found, file_proxy_base_url)]
    lines += _untouched(database, account)
    keys = {element["url"] for document in expected.values() for element in document["attachments"]}
    objects = {key: digest for key, digest in account.expected.objects.items() if key in keys}
    prefixes = (f"{account.company_sso_id}/", f"{neighbour_of(account.company_sso_id)}/")
    return lines + list(object_differences(s3_client, bucket, prefixes, objects))


def reading_order_differences(database: Database[Document], account: Account) -> list[str]:
    """Read every contact's notes as the CDP does and return what is out of order or without an author.

    The CDP shows notes that are not deleted, newest `created_at` first; the order must be that of the
    original times, migrated and native notes mixed.
    """
    shown: dict[str, list[Document]] = {}
    query = {"company_sso_id": account.company_sso_id, "is_deleted": False}
    for note in _notes(database).find(query).sort([("contact_id", 1), ("created_at", -1)]):
        shown.setdefault(note["contact_id"], []).append(note)
    lines = []
    for contact_id, original in _original_times(database, account).items():
        notes = shown.get(contact_id, [])
        wanted = sorted(original, key=lambda name: original[name], reverse=True)
        if [_name(note) for note in notes] != wanted:
            lines.append(f"contact {contact_id}: notes are not in the order of their original times")
        lines += [f"note {_name(note)}: no author" for note in notes if not _has_author(note)]
    return lines


def migrated_documents(database: Database[Document], account: Account) -> dict[str, Document]:
    """Return the company's migrated documents by CRM id, timestamps aware."""
    query = {"company_sso_id": account.company_sso_id, "legacy_crm_note_id": {"$exists": True}}
    return {str(document["legacy_crm_note_id"]): document for document in _notes(database).find(query)}


def _expected_here(account: Account, found: Mapping[str, Document]) -> Mapping[str, Mapping[str, Any]]:
    expected = account.expected
    if expected.status != "halted":
        return expected.documents
    return {note_id: each for note_id, each in expected.documents.items() if note_id in found}


def _migrated(
    expected: Mapping[str, Mapping[str, Any]], found: Mapping[str, Document], base_url: str
) -> Iterator[str]:
    for note_id, document in expected.items():
        if note_id not in found:
            yield f"note {note_id}: missing"
            continue
        stored = {name: value for name, value in found[note_id].items() if name != "_id"}
        for line in differences(_with_urls(document, base_url), stored):
            yield f"note {note_id}: {line}"
    yield from (f"note {note_id}: not expected" for note_id in found if note_id not in expected)


def _with_urls(document: Mapping[str, Any], base_url: str) -> Document:
    root = base_url.rstrip("/")
    attachments = [each | {"url": f"{root}/{each['url']}"} for each in document["attachments"]]
    return {**document, "attachments": attachments}


def _untouched(database: Database[Document], account: Account) -> Iterator[str]:
    companies = [account.company_sso_id, neighbour_of(account.company_sso_id)]
    contacts = _by_id(database["contacts"], {"company_sso_id": {"$in": companies}})
    yield from _changed("contact", account.contacts, contacts)
    not_ours = {
        "company_sso_id": {"$in": companies},
        "$or": [{"company_sso_id": companies[1]}, {"legacy_crm_note_id": {"$exists": False}}],
    }
    yield from _changed("native note", account.native_notes, _by_id(database["contact_notes"], not_ours))


def _changed(kind: str, seeded: tuple[Document, ...], found: dict[str, Document]) -> Iterator[str]:
    for document in seeded:
        stored = found.pop(str(document["_id"]), None)
        if stored is None:
            yield f"{kind} {document['_id']}: missing"
            continue
        for line in differences(document, stored):
            yield f"{kind} {document['_id']}: {line}"
    yield from (f"{kind} {name}: not expected" for name in found)


def _original_times(database: Database[Document], account: Account) -> dict[str, dict[str, Any]]:
    times: dict[str, dict[str, Any]] = {}
    here = _expected_here(account, migrated_documents(database, account))
    for note_id, document in here.items():
        times.setdefault(document["contact_id"], {})[note_id] = document["created_at"]
    for note in account.native_notes:
        if note["company_sso_id"] == account.company_sso_id and not note["is_deleted"]:
            times.setdefault(note["contact_id"], {})[_name(note)] = note["created_at"]
    return times


def _name(note: Mapping[str, Any]) -> str:
    return str(note.get("legacy_crm_note_id") or note["_id"])


def _has_author(note: Mapping[str, Any]) -> bool:
    author = note.get("owner_id") or note.get("legacy_owner_label")
    return isinstance(author, str) and bool(author.strip())


def _notes(database: Database[Document]) -> Collection[Document]:
    return database.get_collection("contact_notes", codec_options=_AWARE)


def _by_id(collection: Collection[Document], query: Document) -> dict[str, Document]:
    aware = collection.with_options(codec_options=_AWARE)
    return {str(document["_id"]): document for document in aware.find(query)}
