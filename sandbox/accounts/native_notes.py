"""Notes that people wrote in the CDP itself, before the migration and beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from random import Random
from typing import Any

from bson.int64 import Int64

from sandbox.accounts.assets import shown_size
from sandbox.accounts.contacts import Directory, neighbour_of
from sandbox.accounts.moments import later, seconds_of, spread
from sandbox.accounts.randomness import object_id, stream, uuid_text
from sandbox.accounts.wording import sentence

_FILES = (("foto.jpg", "image"), ("Penawaran.pdf", "pdf"), ("stok.xlsx", "xlsx"), ("suara.ogg", "voice_note"))


def native_notes(
    cid: str, company_sso_id: str, people: Directory, migrated: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, Any], ...]:
    """Return documents that a migration must leave as they are: this company's and its neighbour's.

    Every third contact has one to three. The neighbour has notes of its own migration under the same
    CRM ids, which are not this company's.
    """
    rng = stream(cid, "native")
    taken = {document["created_at"] for document in migrated.values()}
    own = list(_native(people, company_sso_id, rng, taken))
    neighbour = neighbour_of(company_sso_id)
    others = [contact for contact in people.documents if contact["company_sso_id"] == neighbour]
    theirs = [_note(neighbour, contact["id"], _free(taken, rng), rng) for contact in others]
    copies = [
        _note(neighbour, uuid_text(rng), _free(taken, rng), rng) | {"legacy_crm_note_id": note_id}
        for note_id in list(migrated)[:5]
    ]
    return (*own, *theirs, *copies)


def _native(people: Directory, company: str, rng: Random, taken: set[datetime]) -> Iterator[dict[str, Any]]:
    for contact_id in list(people.contact_of.values())[::3]:
        for _ in range(rng.randint(1, 3)):
            yield _note(company, contact_id, _free(taken, rng), rng)


def _free(taken: set[datetime], rng: Random) -> datetime:
    """Return an instant that no other note has: the order of reading is then one and only one."""
    moment = spread(rng.randrange(5_000), 5_000, rng)
    while moment in taken:
        moment = spread(rng.randrange(5_000), 5_000, rng)
    taken.add(moment)
    return moment


def _note(company: str, contact_id: str, created: datetime, rng: Random) -> dict[str, Any]:
    return {
        "_id": object_id(rng, seconds=seconds_of(created)),
        "contact_id": contact_id,
        "company_sso_id": company,
        "note": f"<p>{sentence(rng)}</p>",
        "attachments": [_attachment(company, rng) for _ in range(rng.choice((0, 0, 1, 2)))],
        "owner_id": uuid_text(rng),
        "is_deleted": rng.random() < 0.1,
        "created_at": created,
        "updated_at": later(created, rng),
    }


def _attachment(company: str, rng: Random) -> dict[str, Any]:
    name, kind = rng.choice(_FILES)
    size = rng.randrange(300, 3_000_000)
    return {
        "url": f"https://files.cdp.example/{company}/{uuid_text(rng)}",
        "type": kind,
        "file_size_in_byte": Int64(size),
        "file_size": shown_size(size),
        "file_name": name,
    }
