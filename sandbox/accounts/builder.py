"""Puts one account together: every note is drafted once, then written for the CRM and for the CDP."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from typing import Any

from sandbox.accounts.assets import Assets, Shelf
from sandbox.accounts.bodies import NOTHING, Body, body, exactly_at_the_limit, pasted_picture
from sandbox.accounts.contacts import Directory, directory
from sandbox.accounts.crm_notes import ACTIVITY_TYPES, Draft, crm_json, updated_after
from sandbox.accounts.expectation import Ledger
from sandbox.accounts.faults import Fault, faults
from sandbox.accounts.model import Account
from sandbox.accounts.moments import spread, write
from sandbox.accounts.native_notes import native_notes
from sandbox.accounts.people import Creator, creators, identities
from sandbox.accounts.plan import Plan
from sandbox.accounts.randomness import stream

# Ids go past 2^31, with gaps as a table shared by all clients has them.
_FIRST_ID = 2**31 - 20_000
_FIRST_ORDINARY = 64  # below: every fragment once, then the special bodies


@dataclass(slots=True)
class _Build:
    cid: str
    plan: Plan
    people: Directory
    users: tuple[Creator, ...]
    shelf: Shelf
    ledger: Ledger
    with_files: dict[int, int]  # note number -> its place among the notes with files
    faulty: dict[int, Fault]
    specials: dict[int, Body]
    raw: list[dict[str, Any]] = field(default_factory=list)

    def note(self, number: int, note_id: int, instant: datetime) -> None:
        """Write note `number` of those in scope."""
        rng = stream(self.plan.family, "note", number)
        draft = self._draft(number, note_id, instant, rng)
        fault = self.faulty.get(number)
        if fault is None:
            draft = self._furnish(draft, number)
        raw = crm_json(draft, rng)
        contact_id = self.people.contact_of.get(draft.person_id)
        self.ledger.count_files(draft.assets)
        if fault is not None:
            raw |= fault.changes
            self.ledger.fail(note_id, fault.reason)
        elif contact_id is None:
            self.ledger.fail(note_id, "CONTACT_NOT_MAPPED")
        else:
            self.ledger.expect(draft, contact_id)
        self.raw.append(raw)

    def activity(self, number: int, note_id: int, instant: datetime) -> None:
        """Write a call, mail or meeting: out of scope, whatever is wrong with it."""
        rng = stream(self.plan.family, "activity", number)
        draft = self._draft(10_000 + number, note_id, instant, rng)
        stranger = 8_000_000 + number
        draft = replace(
            draft,
            type_id=ACTIVITY_TYPES[number % len(ACTIVITY_TYPES)],
            person_id=stranger if number % 4 == 0 else draft.person_id,
        )
        raw = crm_json(draft, rng)
        if number % 6 == 0:
            raw["note"] = "x" * 10_500
        self.raw.append(raw)

    def _draft(self, number: int, note_id: int, instant: datetime, rng: Random) -> Draft:
        created = write(instant, rng)
        return Draft(
            note_id=note_id,
            type_id=6 if rng.random() < 0.1 else 1,
            person_id=self._person(number, rng),
            creator=self._creator(number, rng),
            body=self.specials.get(number) or body(number, rng, self.users),
            created=created,
            updated=updated_after(created, rng),
            assets=Assets(note_id),
        )

    def _creator(self, number: int, rng: Random) -> Creator:
        strangers = [user for user in self.users if user.sso_id is None]
        if number % 7 == 3:
            return strangers[number // 7 % len(strangers)]
        return rng.choice([user for user in self.users if user.sso_id is not None])

    def _person(self, number: int, rng: Random) -> int:
        if number < len(self.people.persons):
            return self.people.persons[number]
        return rng.choice(list(self.people.contact_of))

    def _furnish(self, draft: Draft, number: int) -> Draft:
        """Add what failing notes are spared, so that their classes stay plain: files and a check-in."""
        place = self.with_files.get(number)
        if self.people.contact_of.get(draft.person_id) is None:
            return draft
        rng = stream(self.plan.family, "furniture", number)
        draft = replace(draft, has_checkin=rng.random() < 0.07)
        if place is not None:
            self._add_files(draft.assets, place, rng)
            if place % 8 == 7 and number >= _FIRST_ORDINARY and not draft.assets.failed:
                draft = replace(draft, body=NOTHING[place // 8 % 2])
        return draft

    def _add_files(self, assets: Assets, place: int, rng: Random) -> None:
        for _ in range(rng.choice((1, 1, 2, 2, 3))):
            self.shelf.add_any(assets, rng)
        if place == 0:
            self.shelf.add_large(assets, rng)
        if place == 1:
            self.shelf.add_twins(assets, rng)
        if place < self.plan.failing_files:
            self.shelf.add_failing(assets, place, rng)


def build(cid: str, plan: Plan, *, cdn_url: str) -> Account:
    """Build the account that the plan describes; the same arguments give the same bytes."""
    company = f"{cid}-company"
    users = creators(cid, family=plan.family)
    people = directory(cid, company, mapped=plan.mapped, unmapped=plan.unmapped)
    work = _Build(
        cid=cid,
        plan=plan,
        people=people,
        users=users,
        shelf=Shelf(cid=cid, company_sso_id=company, cdn_url=cdn_url),
        ledger=Ledger(company),
        with_files=_places(plan),
        faulty=_faulty(plan),
        specials=_specials(),
    )
    _write_all(work)
    expected = work.ledger.outcome(source_total=len(work.raw), in_scope=plan.in_scope)
    return Account(
        cid=cid,
        company_sso_id=company,
        notes=tuple(work.raw),
        files=work.shelf.files,
        identities=identities(users),
        contacts=people.documents,
        native_notes=native_notes(cid, company, people, expected.documents),
        expected=expected,
    )


def _write_all(work: _Build) -> None:
    plan = work.plan
    rng = stream(plan.family, "order")
    rows = [(work.note, number) for number in range(plan.in_scope)]
    rows += [(work.activity, number) for number in range(plan.activities)]
    rng.shuffle(rows)
    slots = list(range(len(rows)))
    for _ in range(len(rows) // 12):
        # imported later than written: ids and times do not run in the same order
        one, other = rng.randrange(len(rows)), rng.randrange(len(rows))
        slots[one], slots[other] = slots[other], slots[one]
    note_id = _FIRST_ID
    for (write_down, number), slot in zip(rows, slots, strict=True):
        note_id += rng.choice((1, 1, 2, 3, 7, 19))
        write_down(number, note_id, spread(slot, len(rows), rng))


def _places(plan: Plan) -> dict[int, int]:
    chosen = stream(plan.family, "with files").sample(range(plan.in_scope), plan.with_files)
    return {number: place for place, number in enumerate(chosen)}


def _faulty(plan: Plan) -> dict[int, Fault]:
    """Spread the faults over notes of persons who have another note, so that no person is lost."""
    first = plan.mapped + plan.unmapped
    numbers = stream(plan.family, "faults").sample(range(first, plan.in_scope), len(faults()))
    return dict(zip(numbers[: plan.faults], faults(), strict=False))


def _specials() -> dict[int, Body]:
    bodies = (*exactly_at_the_limit(), pasted_picture())
    return {_FIRST_ORDINARY - 1 - place: special for place, special in enumerate(bodies)}
