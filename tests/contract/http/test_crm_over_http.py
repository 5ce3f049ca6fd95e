"""The CRM over HTTP: what is asked, what is tried again, and what is never believed."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs

import pytest

from notes_migration.adapters.http_crm import COUNT_PATH, NOTES_PATH, PERSON_IDS_PATH, HttpCrm
from notes_migration.adapters.http_json import JsonApi, RetryPolicy
from notes_migration.domain.errors import FatalError, MigrationError, ReasonCode, TransientError
from notes_migration.domain.run import CrmCount
from sandbox.simulators.faults import Content, Fault, Transport
from sandbox.simulators.process import Control, Simulators
from tests.fakes.hostile_server import HostileServer, ok, raw
from tests.support.builders import a_crm_note
from tests.support.small_account import small_account, some_notes

pytestmark = pytest.mark.integration
RFC_WAITS = [1.0, 3.0, 9.0]
CANARY = "canary-in-a-note"
Opening = Callable[..., HttpCrm]


class Sleeps(list[float]):
    """The waits between tries, not waited."""


@pytest.fixture
def sleeps() -> Sleeps:
    return Sleeps()


@pytest.fixture
def opened(running_simulators: Simulators, world: Control, sleeps: Sleeps) -> Iterator[Opening]:
    """Return a maker of clients of the simulator, which knows the account `acme` with 12 notes."""
    notes = [
        *some_notes(10, note=CANARY),
        a_crm_note(11, crm_note_type_id=2),
        a_crm_note(12, crm_person_id=9),
    ]
    world.load(small_account("acme", notes))
    apis: list[JsonApi] = []

    def make(*, cid: str = "acme", authorization: str | None = None, **changes: Any) -> HttpCrm:
        root = changes.pop("root_url", running_simulators.addresses.crm)
        timeout = changes.pop("timeout_seconds", 5.0)
        api = JsonApi(
            root,
            authorization=authorization or running_simulators.tokens.crm,
            policy=RetryPolicy(timeout, (1, 3, 9)),
            sleep=sleeps.append,
            **changes,
        )
        apis.append(api)
        return HttpCrm(api, cid=cid, type_ids=(1, 6))

    yield make
    for api in apis:
        api.close()
    world.unload("acme")


def page(crm: HttpCrm, after_id: int = 0, per_page: int = 500) -> list[object]:
    notes = crm.notes(after_id=after_id, until_id=12, per_page=per_page)
    return [note["id"] for note in notes]


def text_of(error: BaseException) -> str:
    """Return everything that a log could show of an error."""
    return "".join(traceback.format_exception(error))


def test_given_an_organization_when_counted_then_it_is_by_type_up_to_an_id(opened: Opening) -> None:
    assert opened().count() == CrmCount(12, {1: 11, 2: 1}, 12)
    assert opened().count(until_id=5) == CrmCount(5, {1: 5}, 5)


def test_given_an_organization_when_read_by_key_then_pages_are_those_of_the_contract(
    opened: Opening, world: Control
) -> None:
    assert page(opened(), per_page=4) == [1, 2, 3, 4]
    assert page(opened(), after_id=8, per_page=4) == [9, 10, 12]
    (first, *_) = world.requests("crm")
    assert {key: value for key, (value,) in parse_qs(first["query"]).items()} == {
        "organization_id": "acme",
        "crm_note_type_ids": "1,6",
        "after_id": "0",
        "until_id": "12",
        "per_page": "4",
    }


def test_given_an_organization_when_its_persons_are_read_then_they_are_distinct(opened: Opening) -> None:
    crm = opened()

    assert crm.person_ids(after_id=0, until_id=12, per_page=1000) == [9, 9001]
    assert crm.person_ids(after_id=9, until_id=12, per_page=1000) == [9001]


def test_given_ids_when_read_by_them_then_those_in_scope_that_are_there_are_delivered(
    opened: Opening, world: Control
) -> None:
    notes = opened().by_ids(["2", "11", "12", "99"])

    assert [note["id"] for note in notes] == [2, 12]
    (asked,) = world.requests("crm")
    assert {key: value for key, (value,) in parse_qs(asked["query"]).items()} == {
        "organization_id": "acme",
        "crm_note_type_ids": "1,6",
        "ids": "2,11,12,99",
    }


def test_given_an_answer_too_large_when_read_by_ids_then_halves_are_asked_for(opened: Opening) -> None:
    crm = opened(max_bytes=1200)

    assert [note["id"] for note in crm.by_ids(["1", "2", "3", "4", "5"])] == [1, 2, 3, 4, 5]


TRANSIENT = [
    *(Fault(target="crm", kind=Transport.STATUS, status=status) for status in (423, 429, 500, 502, 503, 599)),
    *(Fault(target="crm", kind=kind) for kind in (Transport.HTML, Transport.TRUNCATED, Transport.BROKEN_OFF)),
    Fault(target="crm", kind=Transport.HANG, seconds=1),
    Fault(target="crm", kind=Transport.DRIP, seconds=0.1, piece_bytes=8),
]
IDS = [f"{fault.kind}-{fault.status}" for fault in TRANSIENT]


@pytest.mark.parametrize("fault", TRANSIENT, ids=IDS)
def test_given_a_passing_fault_when_asked_then_the_next_try_succeeds(
    opened: Opening, world: Control, sleeps: Sleeps, fault: Fault
) -> None:
    world.add_fault(fault.model_copy(update={"times": 1}))

    assert len(page(opened(timeout_seconds=0.4))) == 11
    assert sleeps == [1.0]


@pytest.mark.parametrize("fault", TRANSIENT, ids=IDS)
def test_given_a_lasting_fault_when_asked_then_it_is_tried_four_times_with_the_rfcs_waits(
    opened: Opening, world: Control, sleeps: Sleeps, fault: Fault
) -> None:
    world.add_fault(fault)

    with pytest.raises(TransientError) as caught:
        page(opened(timeout_seconds=0.4))

    assert caught.value.reason is ReasonCode.CRM_EXTRACT_FAILED
    assert sleeps == RFC_WAITS
    assert CANARY not in text_of(caught.value)
    assert "127.0.0.1" not in text_of(caught.value)


@pytest.mark.parametrize("call", ["count", "notes", "person_ids"])
def test_given_a_lasting_fault_when_any_method_is_called_then_it_says_the_same(
    opened: Opening, world: Control, call: str
) -> None:
    world.add_fault(TRANSIENT[0])
    keys = {} if call == "count" else {"after_id": 0, "until_id": 9, "per_page": 5}

    with pytest.raises(TransientError) as caught:
        getattr(opened(), call)(**keys)

    assert caught.value.reason is ReasonCode.CRM_EXTRACT_FAILED
    assert sum(world.counts("crm").values()) == 4


@pytest.mark.parametrize(
    ("retry_after", "waited"),
    [
        ("7", 7),
        ("0", 1),
        ("2", 2),
        ("100000", 60),
        ("-5", 1),
        ("soon", 1),
        ("", 1),
        ("7.5", 1),
        ("9" * 400, 60),
    ],
)
def test_given_retry_after_in_seconds_when_asked_then_it_is_honoured_within_bounds(
    opened: Opening, world: Control, sleeps: Sleeps, retry_after: str, waited: float
) -> None:
    world.add_fault(Fault(target="crm", kind=Transport.STATUS, status=429, retry_after=retry_after, times=1))

    page(opened())

    assert sleeps == [waited]


def test_given_retry_after_as_a_date_when_asked_then_it_is_waited_for(
    opened: Opening, world: Control, sleeps: Sleeps
) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    past = format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True)
    for text in (date, past):
        world.add_fault(Fault(target="crm", kind=Transport.STATUS, status=503, retry_after=text, times=1))

    page(opened())

    assert 20 < sleeps[0] <= 30
    assert sleeps[1:] == [3.0]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_given_a_refusal_when_asked_then_it_is_not_tried_again(
    opened: Opening, world: Control, sleeps: Sleeps, status: int
) -> None:
    world.add_fault(Fault(target="crm", kind=Transport.STATUS, status=status))

    with pytest.raises(FatalError) as caught:
        page(opened())

    reason = ReasonCode.CID_NOT_FOUND if status == 404 else ReasonCode.CRM_EXTRACT_FAILED
    assert caught.value.reason is reason
    assert sleeps == []
    assert world.counts("crm") == {f"GET {NOTES_PATH}": 1}


def test_given_a_wrong_secret_when_asked_then_it_is_refused_and_never_shown(
    opened: Opening, sleeps: Sleeps
) -> None:
    secret = "wr" + "0" + "ng"  # in parts, since a traceback shows this line

    with pytest.raises(FatalError) as caught:
        page(opened(authorization=f"Bearer {secret}"))

    assert caught.value.reason is ReasonCode.CRM_EXTRACT_FAILED
    assert sleeps == []
    assert secret not in text_of(caught.value)


def test_given_a_redirect_to_elsewhere_when_asked_then_nobody_else_is_asked(
    opened: Opening, running_simulators: Simulators, world: Control
) -> None:
    elsewhere = running_simulators.addresses.identity + "/private/users/resolve"
    world.add_fault(Fault(target="crm", kind=Transport.REDIRECT, location=elsewhere))

    with pytest.raises(FatalError) as caught:
        page(opened())

    assert caught.value.reason is ReasonCode.CRM_EXTRACT_FAILED
    assert world.requests("identity") == []


def test_given_an_unknown_organization_when_asked_then_it_is_not_found(opened: Opening) -> None:
    with pytest.raises(FatalError) as caught:
        opened(cid="nobody").count()

    assert caught.value.reason is ReasonCode.CID_NOT_FOUND


def test_given_a_count_of_another_organization_when_counted_then_it_is_not_found(
    opened: Opening, world: Control
) -> None:
    world.add_fault(Fault(target="crm", kind=Content.OTHER_ORGANIZATION))

    with pytest.raises(FatalError) as caught:
        opened().count()

    assert caught.value.reason is ReasonCode.CID_NOT_FOUND


@pytest.mark.parametrize("offset", [-1, 1, 100])
def test_given_a_total_that_disagrees_with_the_types_when_counted_then_the_types_are_believed(
    opened: Opening, world: Control, offset: int
) -> None:
    world.add_fault(Fault(target="crm", kind=Content.COUNT_OFF, offset=offset))

    assert opened().count() == CrmCount(12, {1: 11, 2: 1}, 12)


def test_given_ids_as_strings_when_counted_then_the_highest_is_a_number(
    opened: Opening, world: Control
) -> None:
    world.add_fault(Fault(target="crm", kind=Content.IDS_AS_STRINGS))

    assert opened().count().max_id == 12


def test_given_an_answer_too_large_when_read_then_half_as_many_are_asked_for(
    opened: Opening, world: Control, sleeps: Sleeps
) -> None:
    one = len(json.dumps(a_crm_note(10, note=CANARY)))

    assert page(opened(max_bytes=4 * one), per_page=8) in ([1, 2, 3, 4], [1, 2])
    sizes = [parse_qs(each["query"])["per_page"] for each in world.requests("crm")]
    assert sizes[:2] == [["8"], ["4"]]
    assert sleeps == []


@pytest.mark.parametrize("call", ["count", "notes", "person_ids"])
def test_given_the_smallest_answer_too_large_when_asked_then_it_is_an_error_of_ours(
    opened: Opening, call: str
) -> None:
    keys = {} if call == "count" else {"after_id": 0, "until_id": 12, "per_page": 4}

    with pytest.raises(FatalError) as caught:
        getattr(opened(max_bytes=2), call)(**keys)

    assert caught.value.reason is ReasonCode.CRM_EXTRACT_FAILED


COUNT = {"organization_id": "acme", "total_count": 3, "by_type": {"1": 3}, "max_id": 9}


@pytest.mark.parametrize(
    ("answer", "count"),
    [
        (COUNT, CrmCount(3, {1: 3}, 9)),
        (COUNT | {"extra": [1]}, CrmCount(3, {1: 3}, 9)),
        (COUNT | {"max_id": "9"}, CrmCount(3, {1: 3}, 9)),
        # without type: never delivered by a filter on types, so out of scope
        (COUNT | {"by_type": {"1": 2, "": 1}}, CrmCount(3, {1: 2}, 9)),
        (COUNT | {"by_type": {"1": 2, "null": 1}}, CrmCount(3, {1: 2}, 9)),
        ({"organization_id": "acme", "total_count": 0, "by_type": {}, "max_id": 0}, CrmCount(0, {}, 0)),
        ({"organization_id": "acme", "total_count": 0, "by_type": {}, "max_id": None}, CrmCount(0, {}, 0)),
    ],
)
def test_given_a_count_within_the_contract_when_read_then_it_is_taken(
    opened: Opening, answer: dict[str, Any], count: CrmCount
) -> None:
    with HostileServer(ok(json.dumps(answer).encode())).running() as server:
        assert opened(root_url=server.url("")).count() == count


@pytest.mark.parametrize(
    "answer",
    [
        *([], {}, None, 3, "x", {"data": []}),
        *(COUNT | {"by_type": each} for each in (None, [], {"1": -1}, {"1": "3"}, {"1": True}, {"1": 1.0})),
        *(COUNT | {"by_type": each} for each in ({"1": None}, {"1": 10**30}, {})),
        *(COUNT | {"total_count": each} for each in (None, -1, "3", True, 3.0, 10**30)),
        # notes without a highest id would be passed over in silence
        *(COUNT | {"max_id": each} for each in (0, None, "0", -1, "x", 10**19, 9.0, True)),
        {"organization_id": "acme", "total_count": 0, "by_type": {"1": 2}, "max_id": 0},
    ],
)
def test_given_a_count_of_another_shape_when_read_then_it_is_no_answer(
    opened: Opening, sleeps: Sleeps, answer: object
) -> None:
    with HostileServer(ok(json.dumps(answer).encode())).running() as server:
        crm = opened(root_url=server.url(""))

        with pytest.raises(TransientError) as caught:
            crm.count()

    assert caught.value.reason is ReasonCode.CRM_EXTRACT_FAILED
    assert sleeps == RFC_WAITS


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"",
            b"[]",
            b"{}",
            b"null",
            b'{"data": null}',
            b'{"data": {}}',
            b'{"data": [1]}',
            b'{"data": [null]}',
        ),
        *(b'{"data": [', b"\xff\xfe", b'{"data": [{"id": ' + b"9" * 5000 + b"}]}", b"[" * 100_000),
    ],
)
def test_given_a_page_of_another_shape_when_read_then_it_is_no_answer(opened: Opening, body: bytes) -> None:
    with HostileServer(ok(body)).running() as server:
        crm = opened(root_url=server.url(""))

        with pytest.raises(TransientError) as caught:
            page(crm)

    assert caught.value.reason is ReasonCode.CRM_EXTRACT_FAILED


@pytest.mark.parametrize(
    "answer",
    [
        raw(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        raw(b"nonsense\r\n\r\n"),
        raw(b""),
        lambda client: client.reset(),
        lambda client: client.stay_silent(),
        lambda client: client.drip(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1000),
    ],
    ids=["gzip", "chunks", "nonsense", "nothing", "reset", "silence", "drip"],
)
def test_given_a_server_that_breaks_http_when_asked_then_it_is_no_answer_and_nothing_hangs(
    opened: Opening, answer: Any
) -> None:
    with HostileServer(answer).running() as server:
        crm = opened(root_url=server.url(""), timeout_seconds=0.2)

        with pytest.raises(TransientError):
            page(crm)


@pytest.mark.parametrize("root", ["http://127.0.0.1:9", "http://nowhere.invalid", "ftp://x"])
def test_given_an_address_that_does_not_answer_when_asked_then_the_error_is_ours(
    opened: Opening, root: str
) -> None:
    with pytest.raises(MigrationError) as caught:
        opened(root_url=root).count()

    assert caught.value.reason is ReasonCode.CRM_EXTRACT_FAILED
    assert "nowhere" not in str(caught.value)


@pytest.mark.parametrize(
    "connection",
    [{"root_url": "http://[::1"}, {"authorization": "Bearer se\u2026cret"}],
    ids=["url", "header"],
)
def test_given_a_connection_that_cannot_be_used_when_opened_then_the_error_is_ours_and_echoes_nothing(
    opened: Opening, connection: dict[str, str]
) -> None:
    with pytest.raises(FatalError) as caught:
        opened(**connection)

    assert caught.value.reason is ReasonCode.DEPENDENCY_UNAVAILABLE
    assert not any(value in text_of(caught.value) for value in connection.values())


def test_given_every_path_when_listed_then_it_is_the_contracts() -> None:
    assert (NOTES_PATH, COUNT_PATH, PERSON_IDS_PATH) == (
        "/api/v4/migration/person_notes",
        "/api/v4/migration/person_notes/count",
        "/api/v4/migration/person_notes/person_ids",
    )
