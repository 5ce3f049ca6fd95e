"""The CRM's persons and the CDP's contacts of them, some of which must not be taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from sandbox.accounts.randomness import object_id, stream, uuid_text

_OLD, _YOUNG = 1_500_000_000, 1_650_000_000


@dataclass(frozen=True, slots=True)
class Directory:
    """`contact_of`: person id -> id of the contact to which that person's notes belong."""

    persons: tuple[int, ...]
    unmapped: tuple[int, ...]
    contact_of: Mapping[int, str]
    documents: tuple[dict[str, Any], ...]


@dataclass(slots=True)
class _Book:
    company: str
    neighbour: str
    rng: Random
    documents: list[dict[str, Any]] = field(default_factory=list)

    def add(self, person: int | None, *, seconds: int, company: str | None = None, **changes: Any) -> str:
        document: dict[str, Any] = {
            "_id": object_id(self.rng, seconds=seconds + self.rng.randrange(10_000_000)),
            "id": uuid_text(self.rng),
            "company_sso_id": company or self.company,
            "crm_data": {"id": str(person)},
            "source": "crm",
            "source_id": str(person),
            "is_deleted": False,
        }
        document |= changes
        self.documents.append({name: value for name, value in document.items() if value is not None})
        return str(document["id"])


def neighbour_of(company_sso_id: str) -> str:
    """Return another company, whose data lie beside the account's and must stay as they are."""
    return f"{company_sso_id}-neighbour"


def directory(cid: str, company_sso_id: str, *, mapped: int, unmapped: int) -> Directory:
    """Make persons and contacts; person ids are those of every other account too, on purpose."""
    book = _Book(company_sso_id, neighbour_of(company_sso_id), stream(cid, "contacts"))
    persons = tuple(_person_id(n) for n in range(mapped + unmapped))
    # every tenth or so, spread over all ids
    missing = persons[7 :: max(1, len(persons) // unmapped)][:unmapped] if unmapped else ()
    contact_of = {
        person: _mapped(book, person, n) for n, person in enumerate(persons) if person not in missing
    }
    for number, person in enumerate(missing):
        _unmapped(book, person, number)
    for _ in range(mapped // 10 + 1):
        book.add(None, seconds=_OLD, crm_data=None, source="web", source_id=None)
    return Directory(persons, missing, contact_of, tuple(book.documents))


def _person_id(number: int) -> int:
    return 3_000_000_000 + number if number % 50 == 49 else 9_001 + 3 * number


def _mapped(book: _Book, person: int, number: int) -> str:
    kind = number % 10
    if kind == 3:
        book.add(person, seconds=_OLD, is_deleted=True)
    if kind == 5:
        # the younger one of two is found first
        book.add(person, seconds=_YOUNG + 20_000_000)
    if kind in {1, 7}:
        book.add(person, seconds=_OLD, company=book.neighbour)
    taken = book.add(person, seconds=_YOUNG)
    if kind == 8:
        book.add(person, seconds=_YOUNG + 20_000_000)
    return taken


def _unmapped(book: _Book, person: int, number: int) -> None:
    kind = number % 4
    if kind == 0:
        book.add(person, seconds=_OLD, is_deleted=True)
    elif kind == 1:
        book.add(person, seconds=_OLD, company=book.neighbour)
    elif kind == 2:
        # known by its source only: not a link by default
        book.add(person, seconds=_OLD, crm_data=None)
