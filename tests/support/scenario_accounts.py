"""Small accounts of the generator, in which a test moves, breaks and repairs something.

The expectation is the generator's; each function here changes account and expectation alike.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from sandbox.accounts.builder import build
from sandbox.accounts.model import Account
from sandbox.accounts.plan import Plan

Document = dict[str, Any]


def generated(cid: str, *, in_scope: int, persons: int, with_files: int, cdn_url: str) -> Account:
    """Return an account without a failing note or file; `in_scope` must be `persons` + 11 at least."""
    plan = Plan(
        family=cid, in_scope=in_scope, activities=in_scope // 5, mapped=persons, with_files=with_files
    )
    return build(cid, plan, cdn_url=cdn_url)


def ids_in_scope(account: Account) -> list[int]:
    """Return the ids of the notes in scope, ascending: the order of pages."""
    return [note["id"] for note in account.notes if note["crm_note_type_id"] in account.note_type_ids]


def ids_with_files(account: Account) -> list[int]:
    """Return the ids of the notes whose files must be stored, ascending."""
    return sorted(int(note_id) for note_id, each in account.expected.documents.items() if each["attachments"])


def raw_note(account: Account, note_id: int) -> Document:
    """Return the note as the CRM sends it."""
    return next(note for note in account.notes if note["id"] == note_id)


def lone_note(account: Account) -> int:
    """Return the first note without files that is its person's only one in scope."""
    persons = [raw_note(account, note_id)["crm_person_id"] for note_id in ids_in_scope(account)]
    with_files = set(ids_with_files(account))
    return next(
        note_id
        for note_id in ids_in_scope(account)
        if note_id not in with_files and persons.count(raw_note(account, note_id)["crm_person_id"]) == 1
    )


def contacts_of(account: Account, note_id: int) -> tuple[Document, ...]:
    """Return the contacts, in this company, of the note's person."""
    person = {"id": str(raw_note(account, note_id)["crm_person_id"])}
    return tuple(
        each
        for each in account.contacts
        if (each.get("crm_data"), each["company_sso_id"]) == (person, account.company_sso_id)
    )


def without_contacts(account: Account, contacts: Collection[Document]) -> Account:
    """Return the account before these contacts are known."""
    return replace(account, contacts=tuple(each for each in account.contacts if each not in contacts))


def with_ids_as_strings(account: Account, note_ids: Collection[int]) -> Account:
    """Return the account whose CRM writes every id of these notes as a string; nothing else changes."""
    names = ("id", "creator_id", "crm_person_id")

    def written(note: Document) -> Document:
        strings = {name: str(note[name]) for name in names if note[name] is not None}
        return note | strings if note["id"] in note_ids else note

    return replace(
        account,
        notes=tuple(written(note) for note in account.notes),
        note_keys=tuple(note["id"] for note in account.notes),
    )


def expecting(account: Account, changes: Mapping[int, Mapping[str, Any] | None]) -> Account:
    """Return the account with other expected documents: fields changed, or the document not expected."""
    documents = dict(account.expected.documents)
    for note_id, fields in changes.items():
        former = documents.pop(str(note_id))
        if fields is not None:
            documents[str(note_id)] = {**former, **fields}
    keys = {element["url"] for each in documents.values() for element in each["attachments"]}
    objects = {key: digest for key, digest in account.expected.objects.items() if key in keys}
    return replace(account, expected=replace(account.expected, documents=documents, objects=objects))


def expecting_an_outage(account: Account) -> Account:
    """Return the account as it must be stored while neither identity nor the CDN answers."""
    return expecting(
        account,
        {
            int(note_id): {"attachments": [], **_by_label(account, int(note_id), document)}
            for note_id, document in account.expected.documents.items()
        },
    )


def halted(account: Account) -> Account:
    """Return the account of which documents may be missing, each with its objects, and none be wrong."""
    return replace(account, expected=replace(account.expected, status="halted"))


def _by_label(account: Account, note_id: int, document: Mapping[str, Any]) -> Document:
    if document["owner_id"] is None:
        return {}
    return {"owner_id": None, "legacy_owner_label": raw_note(account, note_id)["creator_name"]}
