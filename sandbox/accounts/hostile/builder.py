"""Puts `qa-hostile` together: every attack in a note of its own, among plain notes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any

from sandbox.accounts.assets import Assets
from sandbox.accounts.bodies import Body
from sandbox.accounts.contacts import Directory, directory
from sandbox.accounts.crm_notes import Draft, crm_json, updated_after
from sandbox.accounts.expectation import Ledger
from sandbox.accounts.faults import Fault
from sandbox.accounts.hostile import bodies_on_the_way, disguises, markup, places, refusals
from sandbox.accounts.hostile.attacks import Attack
from sandbox.accounts.hostile.people import attackers
from sandbox.accounts.hostile.shelf import HostileShelf
from sandbox.accounts.model import Account
from sandbox.accounts.moments import spread, write
from sandbox.accounts.native_notes import native_notes
from sandbox.accounts.people import Creator, creators, identities
from sandbox.accounts.randomness import stream
from sandbox.accounts.wording import sentence

PERSONS = 300
OUT_OF_SCOPE = 60
_FIRST_ID = 60_000


@dataclass(frozen=True, slots=True)
class Row:
    """One note: `attacks` are its files, `fault` makes it fail, `listed_twice` repeats its files."""

    body: Body | None = None
    attacks: tuple[Attack, ...] = ()
    creator: Creator | None = None
    fault: Fault | None = None
    type_id: int = 1
    listed_twice: bool = False


@dataclass(slots=True)
class _Build:
    people: Directory
    users: tuple[Creator, ...]
    shelf: HostileShelf
    ledger: Ledger
    raw: list[dict[str, Any]] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)

    def note(self, row: Row, number: int, note_id: int, instant: datetime) -> None:
        """Write one note for the CRM and say what must become of it."""
        rng = stream("qa-hostile", "note", number)
        draft = self._draft(row, number, note_id, instant, rng)
        for attack in row.attacks:
            self.shelf.add(draft.assets, attack)
        raw = crm_json(draft, rng)
        if row.listed_twice:
            raw |= {name: entries * 2 for name, entries in draft.assets.entries.items()}
        if row.fault is not None:
            raw |= row.fault.changes
        self.raw.append(raw)
        self.keys.append(note_id)
        if row.type_id == 1:
            self._expect(row.fault, draft)

    def _expect(self, fault: Fault | None, draft: Draft) -> None:
        if fault is None:
            self.ledger.count_files(draft.assets)
            self.ledger.expect(draft, self.people.contact_of[draft.person_id])
        elif "id" in fault.changes:
            self.ledger.fail_without_id(fault.reason)
        else:
            self.ledger.fail(draft.note_id, fault.reason)

    def _draft(self, row: Row, number: int, note_id: int, instant: datetime, rng: Random) -> Draft:
        created = write(instant, rng)
        line = sentence(rng)
        return Draft(
            note_id=note_id,
            type_id=row.type_id,
            person_id=self.people.persons[number % PERSONS],
            creator=row.creator or rng.choice(self.users),
            body=row.body or Body(f"<p>{line}</p>", f"<p>{line}</p>"),
            created=created,
            updated=updated_after(created, rng),
            assets=Assets(note_id),
            has_checkin=row.fault is None and rng.random() < 0.05,
        )


def build_hostile(cid: str, *, cdn_url: str, trap_url: str) -> Account:
    """Build the account; the same arguments give the same bytes."""
    company = f"{cid}-company"
    users = creators(cid, family=cid)
    work = _Build(
        people=directory(cid, company, mapped=PERSONS, unmapped=0),
        users=users,
        shelf=HostileShelf(company_sso_id=company, cdn_url=cdn_url, trap_url=trap_url),
        ledger=Ledger(company),
    )
    rows = _rows()
    _write_all(rows, work.note)
    in_scope = sum(row.type_id == 1 for row in rows)
    expected = work.ledger.outcome(source_total=len(rows), in_scope=in_scope)
    return Account(
        cid=cid,
        company_sso_id=company,
        notes=tuple(work.raw),
        files=work.shelf.files,
        identities=identities(users),
        contacts=work.people.documents,
        native_notes=native_notes(cid, company, work.people, expected.documents),
        expected=expected,
        note_keys=tuple(work.keys),
    )


def _rows() -> list[Row]:
    """Return all notes; plain ones make exactly one in a hundred fail, which is a success still."""
    refused = [Row(fault=fault) for fault in (*refusals.refusals(), *refusals.unnamed())]
    attacking = [
        *refused,
        *(Row(body=body) for body in markup.bodies()),
        *(Row(creator=creator) for creator in attackers()),
        *(Row(attacks=(attack,)) for attack in _attacks()),
        Row(attacks=disguises.twins()),
        Row(attacks=disguises.entries()),
        Row(attacks=disguises.twins(), listed_twice=True),
        # a note of files alone, all of them bad
        Row(body=Body("", ""), attacks=disguises.disguised()[:5]),
    ]
    plain = [Row() for _ in range(100 * len(refused) - len(attacking))]
    # of a type that is not asked for: whatever is wrong with it, nobody looks
    unasked = [Row(body=body, type_id=2) for body in markup.bodies()[: OUT_OF_SCOPE // 2]]
    return [*attacking, *plain, *unasked, *(Row(type_id=7) for _ in range(OUT_OF_SCOPE // 2))]


def _attacks() -> tuple[Attack, ...]:
    return (
        *places.urls(),
        *places.redirects(),
        *bodies_on_the_way.answers(),
        *disguises.disguised(),
        *disguises.named(),
    )


def _write_all(rows: list[Row], note: Callable[[Row, int, int, datetime], None]) -> None:
    rng = stream("qa-hostile", "order")
    order = list(enumerate(rows))
    rng.shuffle(order)
    note_id = _FIRST_ID
    for slot, (number, row) in enumerate(order):
        note_id += rng.choice((1, 1, 2, 5))
        note(row, number, note_id, spread(slot, len(order), rng))
