"""The simulated CRM keeps the extraction contract, and breaks it only when told to."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from asgi_client import AsgiClient

from sandbox.simulators.crm import crm_app
from sandbox.simulators.faults import Content, Fault, Transport
from sandbox.simulators.middleware import Observed
from sandbox.simulators.world import Organization, Tokens, World

NOTES = "/api/v4/migration/person_notes"
TOKENS = Tokens("Bearer crm", "Bearer identity", "key", "/services/x")


def a_note(note_id: int, **changes: Any) -> dict[str, Any]:
    return {"id": note_id, "crm_note_type_id": 1, "crm_person_id": 1000 + note_id, "creator_id": 7} | changes


def a_world(*notes: dict[str, Any], cid: str = "acme") -> World:
    owner = Organization(cid, f"{cid}-company")
    for note in notes:
        owner.put_note(note["id"], note)
    return World(TOKENS, organizations={cid: owner})


def a_client(world: World, *, header: str | None = TOKENS.crm) -> AsgiClient:
    headers = {} if header is None else {"Authorization": header}
    return AsgiClient(Observed(crm_app(world), target="crm", world=world), headers=headers)


def page(client: AsgiClient, **query: Any) -> list[Any]:
    answer = client.get(NOTES, params={"organization_id": "acme"} | query)
    assert answer.status_code == 200
    return [note["id"] for note in answer.json()["data"]]


@pytest.mark.parametrize("header", [None, "", "crm", "bearer crm", "Bearer crm2", "Bearer identity"])
@pytest.mark.parametrize("path", [NOTES, f"{NOTES}/count", f"{NOTES}/person_ids"])
def test_given_a_wrong_header_when_asked_then_401_even_for_a_bad_query(path: str, header: str | None) -> None:
    assert a_client(a_world(), header=header).get(path).status_code == 401


@pytest.mark.parametrize("path", [NOTES, f"{NOTES}/count", f"{NOTES}/person_ids"])
def test_given_an_unknown_organization_when_asked_then_404(path: str) -> None:
    assert a_client(a_world()).get(path, params={"organization_id": "ACME"}).status_code == 404


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (NOTES, {"per_page": 1001}),
        (NOTES, {"per_page": 0}),
        (NOTES, {"after_id": -1}),
        (NOTES, {"page": 2}),
        (NOTES, {"crm_note_type_ids": "1,x"}),
        (NOTES, {"crm_note_type_ids": ""}),
        (NOTES, {"ids": ",".join(str(n) for n in range(101))}),
        (f"{NOTES}/count", {"after_id": 1}),
        (f"{NOTES}/person_ids", {"ids": "1"}),
        (f"{NOTES}/person_ids", {"per_page": 1001}),
    ],
)
def test_given_a_query_outside_the_contract_when_asked_then_422(path: str, query: dict[str, Any]) -> None:
    answer = a_client(a_world()).get(path, params={"organization_id": "acme"} | query)

    assert answer.status_code == 422


def test_given_notes_of_several_types_when_counted_then_by_type_adds_up() -> None:
    client = a_client(a_world(a_note(5), a_note(3, crm_note_type_id=6), a_note(9, crm_note_type_id=2)))

    answer = client.get(f"{NOTES}/count", params={"organization_id": "acme"}).json()

    assert answer == {
        "organization_id": "acme",
        "total_count": 3,
        "by_type": {"1": 1, "6": 1, "2": 1},
        "max_id": 9,
    }


def test_given_until_id_when_counted_then_later_notes_are_not_in_it() -> None:
    client = a_client(a_world(a_note(5), a_note(9)))

    answer = client.get(f"{NOTES}/count", params={"organization_id": "acme", "until_id": 8}).json()

    assert (answer["total_count"], answer["max_id"]) == (1, 5)


def test_given_an_empty_organization_when_counted_then_all_is_zero() -> None:
    answer = a_client(a_world()).get(f"{NOTES}/count", params={"organization_id": "acme"}).json()

    assert answer == {"organization_id": "acme", "total_count": 0, "by_type": {}, "max_id": 0}


def test_given_pages_by_key_when_read_then_after_is_exclusive_and_until_inclusive() -> None:
    client = a_client(a_world(*(a_note(n) for n in (2, 4, 6, 8, 10))))

    assert page(client, after_id=2, until_id=8, per_page=2) == [4, 6]
    assert page(client, after_id=6, until_id=8, per_page=2) == [8]


def test_given_a_type_filter_when_read_then_only_these_types_come() -> None:
    client = a_client(a_world(a_note(1), a_note(2, crm_note_type_id=2), a_note(3, crm_note_type_id=6)))

    assert page(client, crm_note_type_ids="1,6") == [1, 3]


def test_given_ids_when_read_then_only_these_come() -> None:
    assert page(a_client(a_world(a_note(1), a_note(2), a_note(3))), ids="3,1,99") == [1, 3]


def test_given_persons_when_listed_then_they_are_distinct_ascending_and_by_key() -> None:
    world = a_world(
        a_note(1, crm_person_id=50),
        a_note(2, crm_person_id="40"),
        a_note(3, crm_person_id=50),
        a_note(4, crm_person_id=None),
        a_note(5, crm_person_id=60),
        a_note(6, crm_person_id=70, crm_note_type_id=2),
    )
    query = {"organization_id": "acme", "crm_note_type_ids": "1,6"}

    def persons(**more: Any) -> list[int]:
        answer: list[int] = a_client(world).get(f"{NOTES}/person_ids", params=query | more).json()["data"]
        return answer

    assert persons() == [40, 50, 60]
    assert persons(after_id=40, per_page=1) == [50]
    assert persons(until_id=4) == [40, 50]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Content.REPEATED_PAGE, [1, 2]),
        (Content.OVERLAPPING_PAGE, [2, 3]),
        (Content.BACKWARDS, [4, 3]),
        (Content.IDS_AS_STRINGS, ["3", "4"]),
        (Content.SKIPPED_NOTES, [4]),
    ],
)
def test_given_a_content_fault_once_when_read_twice_then_only_the_first_page_is_wrong(
    kind: Content, expected: list[Any]
) -> None:
    world = a_world(*(a_note(n) for n in (1, 2, 3, 4)))
    world.faults.add(Fault(target="crm", kind=kind, ids=(3,), times=1))
    client = a_client(world)

    assert page(client, after_id=2, per_page=2) == expected
    assert page(client, after_id=2, per_page=2) == [3, 4]


def test_given_unasked_types_when_read_then_the_filter_is_ignored() -> None:
    world = a_world(a_note(1), a_note(2, crm_note_type_id=2))
    world.faults.add(Fault(target="crm", kind=Content.UNASKED_TYPES))

    assert page(a_client(world), crm_note_type_ids="1") == [1, 2]


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (Content.COUNT_OFF, "total_count", 2),
        (Content.OTHER_ORGANIZATION, "organization_id", "acme-other"),
        (Content.IDS_AS_STRINGS, "max_id", "1"),
    ],
)
def test_given_a_content_fault_when_counted_then_the_count_is_wrong(
    kind: Content, field: str, value: object
) -> None:
    world = a_world(a_note(1))
    world.faults.add(Fault(target="crm", kind=kind))

    answer = a_client(world).get(f"{NOTES}/count", params={"organization_id": "acme"}).json()

    assert answer[field] == value


def test_given_more_persons_when_listed_then_they_are_among_the_others() -> None:
    world = a_world(a_note(1, crm_person_id=50))
    world.faults.add(Fault(target="crm", kind=Content.MORE_PERSONS, ids=(10, 90)))

    answer = a_client(world).get(f"{NOTES}/person_ids", params={"organization_id": "acme"}).json()

    assert answer["data"] == [10, 50, 90]


def test_given_an_outage_of_two_requests_after_one_when_asked_then_exactly_these_fail() -> None:
    world = a_world(a_note(1))
    world.faults.add(Fault(target="crm", kind=Transport.STATUS, status=429, retry_after="2", skip=1, times=2))
    client = a_client(world)

    answers = [client.get(NOTES, params={"organization_id": "acme"}) for _ in range(4)]

    assert [one.status_code for one in answers] == [200, 429, 429, 200]
    assert answers[1].headers["retry-after"] == "2"
    assert [one.status for one in world.journal.requests] == [200, 429, 429, 200]


def test_given_a_fault_of_one_organization_when_another_asks_then_it_is_served() -> None:
    world = a_world(a_note(1))
    world.faults.add(Fault(target="crm", kind=Transport.STATUS, organization_id="other"))

    assert page(a_client(world)) == [1]


def test_given_a_fault_of_one_path_when_another_is_asked_then_it_is_served() -> None:
    world = a_world(a_note(1))
    world.faults.add(Fault(target="crm", kind=Transport.STATUS, path_prefix=f"{NOTES}/count"))

    assert page(a_client(world)) == [1]


def test_given_html_with_200_when_read_then_it_is_no_json() -> None:
    world = a_world(a_note(1))
    world.faults.add(Fault(target="crm", kind=Transport.HTML))

    answer = a_client(world).get(NOTES, params={"organization_id": "acme"})

    assert (answer.status_code, answer.headers["content-type"][:9]) == (200, "text/html")


def test_given_truncated_json_when_read_then_half_of_it_comes() -> None:
    world = a_world(a_note(1))
    client = a_client(world)
    whole = client.get(NOTES, params={"organization_id": "acme"}).content
    world.faults.add(Fault(target="crm", kind=Transport.TRUNCATED))

    assert client.get(NOTES, params={"organization_id": "acme"}).content == whole[: len(whole) // 2]


def test_given_a_redirect_when_asked_then_it_leads_elsewhere() -> None:
    world = a_world(a_note(1))
    world.faults.add(Fault(target="crm", kind=Transport.REDIRECT, location="http://169.254.169.254/"))

    answer = a_client(world).get(NOTES, params={"organization_id": "acme"})

    assert (answer.status_code, answer.headers["location"]) == (302, "http://169.254.169.254/")


def test_given_pages_that_are_held_when_one_is_released_then_it_is_answered_as_things_are_by_then() -> None:
    world = a_world(a_note(1), a_note(2), a_note(3))
    world.faults.add(Fault(target="crm", kind=Transport.HOLD, skip=1))

    async def read() -> tuple[list[Any], bool, list[Any]]:
        app = Observed(crm_app(world), target="crm", world=world)
        first = await ids_of(app)
        held = asyncio.create_task(ids_of(app))
        done, _ = await asyncio.wait({held}, timeout=0.05)
        world.organizations["acme"].delete_note(2)
        world.faults.clear(Transport.HOLD)
        return first, bool(done), await held

    assert asyncio.run(read()) == ([1, 2, 3], False, [1, 3])


async def ids_of(app: Observed) -> list[Any]:
    headers = {"Authorization": TOKENS.crm}
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://crm", headers=headers) as client:
        answer = await client.get(NOTES, params={"organization_id": "acme"})
    return [note["id"] for note in answer.json()["data"]]


def test_given_two_kinds_of_fault_when_one_is_cleared_then_the_other_stays() -> None:
    world = a_world(a_note(1))
    world.faults.add(Fault(target="crm", kind=Transport.HOLD, path_prefix="/elsewhere"))
    world.faults.add(Fault(target="crm", kind=Transport.STATUS, status=503))
    world.faults.clear(Transport.HOLD)

    assert a_client(world).get(NOTES, params={"organization_id": "acme"}).status_code == 503
