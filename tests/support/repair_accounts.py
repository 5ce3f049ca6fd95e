"""Three accounts of a few notes, and what is done to each before, between and during its runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from sandbox.simulators.faults import Content, Fault, Transport
from sandbox.simulators.process import Control
from tests.support.account_witness import Witness
from tests.support.airflow_runs import until
from tests.support.scenario_accounts import (
    contacts_of,
    expecting,
    expecting_an_outage,
    generated,
    ids_in_scope,
    ids_with_files,
    lone_note,
    raw_note,
    with_ids_as_strings,
    without_contacts,
)

Document = dict[str, Any]
NOTES = "/api/v4/migration/person_notes"
# Of one run: the count, two pages of persons (the second is empty) and the first page of notes.
_CALLS_UP_TO_THE_FIRST_PAGE = 4
_NEWER = {"note": "<p>Berubah</p>", "updated_at": "2026-06-01T10:00:00.125+07:00"}
_NEWER_STORED = {"note": "<p>Berubah</p>", "updated_at": datetime(2026, 6, 1, 3, 0, 0, 125_000, tzinfo=UTC)}


class Moved:
    """Its notes are deleted, added and changed while they are read; ids, pages and a count are not as agreed.

    The first page of six is read when the CRM is held; what is early in the id order is changed too late.
    """

    cid, batch_size, offset = "moved", 6, 3

    def __init__(self, cdn_url: str) -> None:
        account = generated(self.cid, in_scope=30, persons=12, with_files=4, cdn_url=cdn_url)
        ids = ids_in_scope(account)
        self.deleted, self.changed, self.with_string_ids = ids[8], ids[14], ids[18:24]
        self.deleted_late, self.changed_late = ids[0], ids[1]
        self.added = {**raw_note(account, ids[2]), "id": account.notes[-1]["id"] + 7}
        self.account = with_ids_as_strings(account, self.with_string_ids)
        self.expected = expecting(self.account, {self.deleted: None, self.changed: _NEWER_STORED})

    def disturb(self, control: Control) -> None:
        """Break the count and the pages, and hold the CRM after the first page."""
        count = Fault(
            target="crm",
            kind=Content.COUNT_OFF,
            organization_id=self.cid,
            path_prefix=f"{NOTES}/count",
            offset=self.offset,
        )
        overlap = Fault(target="crm", kind=Content.OVERLAPPING_PAGE, organization_id=self.cid)
        hold = Fault(
            target="crm",
            kind=Transport.HOLD,
            organization_id=self.cid,
            path_prefix=NOTES,
            skip=_CALLS_UP_TO_THE_FIRST_PAGE,
        )
        for fault in (count, overlap, hold):
            control.add_fault(fault)

    def move(self, control: Control) -> None:
        """Change the notes behind and ahead of the reader, and let it go on."""
        until(lambda: len(self.pages_read(control)) == 1, "the first page", 120)
        for note_id in (self.deleted, self.deleted_late):
            control.delete_note(self.cid, note_id)
        for note_id in (self.changed, self.changed_late):
            control.change_note(self.cid, note_id, **_NEWER)
        control.put_note(self.cid, self.added)
        control.clear_faults(Transport.HOLD)

    def pages_read(self, control: Control) -> list[Document]:
        """Return the queries of the pages that the CRM has answered."""
        queries = [parse_qs(one["query"]) for one in control.requests("crm") if one["path"] == NOTES]
        return [query for query in queries if query["organization_id"] == [self.cid]]


class Skips:
    """Pages leave two notes out that the CRM counts; later they do not."""

    cid, batch_size = "skips", 6

    def __init__(self, cdn_url: str) -> None:
        self.account = generated(self.cid, in_scope=24, persons=10, with_files=2, cdn_url=cdn_url)
        self.skipped = ids_in_scope(self.account)[7:13:5]
        self.expected = self.account
        self.expected_at_first = expecting(self.account, dict.fromkeys(self.skipped))

    def disturb(self, control: Control) -> None:
        skipped = tuple(self.skipped)
        control.add_fault(
            Fault(target="crm", kind=Content.SKIPPED_NOTES, organization_id=self.cid, ids=skipped)
        )


class Mended:
    """Identity, CDN and one person's contact are missing at first; then users edit one note, delete another.

    A hundred persons, since one of fewer would shut the coverage gate.
    """

    cid, batch_size = "mended", 20

    def __init__(self, cdn_url: str) -> None:
        self.account = generated(self.cid, in_scope=112, persons=100, with_files=8, cdn_url=cdn_url)
        self.unmapped = lone_note(self.account)
        self.contacts = contacts_of(self.account, self.unmapped)
        with_files, documents = ids_with_files(self.account), self.account.expected.documents
        self.edited = next(each for each in with_files if documents[str(each)]["owner_id"])
        plain = set(ids_in_scope(self.account)) - {*with_files, self.unmapped}
        self.erased = min(plain)
        unmapped = without_contacts(self.account, self.contacts)
        self.expected_at_first = expecting(expecting_an_outage(unmapped), {self.unmapped: None})
        self.expected = self.account

    def disturb(self, control: Control) -> None:
        identity = Fault(target="identity", kind=Transport.STATUS, organization_id=self.cid)
        cdn = Fault(target="cdn", kind=Transport.STATUS, path_prefix=f"/uploads/{self.cid}/")
        for fault in (identity, cdn):
            control.add_fault(fault)

    def mend(self, witness: Witness) -> None:
        """Map the person, and edit a note whose files and owner are still missing, as a user does."""
        witness.database["contacts"].insert_many([dict(each) for each in self.contacts])
        edit = {"note": "<p>Diubah</p>", "updated_at": datetime.now(UTC)}
        witness.notes.update_one(self._stored(self.edited), {"$set": edit})
        edited = witness.documents(self.account)[str(self.edited)]
        del edited["_id"]
        self.expected = expecting(self.account, {self.edited: edited})

    def erase(self, witness: Witness) -> None:
        """Delete a note, as a user does."""
        witness.notes.delete_one(self._stored(self.erased))
        self.expected = expecting(self.expected, {self.erased: None})

    def _stored(self, note_id: int) -> Document:
        return {"company_sso_id": self.account.company_sso_id, "legacy_crm_note_id": str(note_id)}
