"""Identity over HTTP: each id asked once, and never a reason to fail."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from notes_migration.adapters.http_identity import HttpIdentity
from notes_migration.adapters.http_json import JsonApi, RetryPolicy
from notes_migration.ports.identity import OwnerLookup
from sandbox.simulators.faults import Fault, Transport
from sandbox.simulators.process import Control, Simulators
from tests.fakes.hostile_server import HostileServer, ok
from tests.support.small_account import small_account

pytestmark = pytest.mark.integration
Opening = Callable[..., HttpIdentity]


@pytest.fixture
def opened(running_simulators: Simulators, world: Control) -> Iterator[Opening]:
    """Return a maker of clients of the simulator, which knows user 77 and a thousand from 1000."""
    world.load(small_account("acme"))
    known = {number: {"sso_id": f"sso-{number}", "name": "x"} for number in range(1000, 2000)}
    world.set_identities("acme", {77: {"sso_id": "sso-77", "name": "Sari"}} | known)
    apis: list[JsonApi] = []

    def make(*, company: str = "acme-company", **changes: Any) -> HttpIdentity:
        api = JsonApi(
            changes.get("root_url", running_simulators.addresses.identity),
            authorization=running_simulators.tokens.identity,
            policy=RetryPolicy(0.4, (1,)),
            sleep=lambda seconds: None,
        )
        apis.append(api)
        return HttpIdentity(api, company_sso_id=company)

    yield make
    for api in apis:
        api.close()
    world.unload("acme")


def calls(world: Control) -> int:
    return sum(world.counts("identity").values())


def test_given_creators_when_resolved_then_known_ones_have_their_sso_id(opened: Opening) -> None:
    assert opened().resolve({"77", "78"}) == OwnerLookup({"77": "sso-77"}, complete=True)


def test_given_creators_of_another_company_when_resolved_then_they_are_unknown(opened: Opening) -> None:
    assert opened(company="rival-company").resolve({"77"}) == OwnerLookup({}, complete=True)


def test_given_ids_asked_before_when_resolved_then_nobody_is_asked_again(
    opened: Opening, world: Control
) -> None:
    identity = opened()
    identity.resolve({"77", "78"})

    assert identity.resolve({"77", "78"}).sso_ids == {"77": "sso-77"}
    assert identity.resolve(()) == OwnerLookup({})
    assert calls(world) == 1


@pytest.mark.parametrize(("ids", "requests"), [(500, 1), (501, 2), (1000, 2)])
def test_given_many_creators_when_resolved_then_a_call_holds_at_most_five_hundred(
    opened: Opening, world: Control, ids: int, requests: int
) -> None:
    wanted = {str(number) for number in range(1000, 1000 + ids)}

    assert len(opened().resolve(wanted).sso_ids) == ids
    assert calls(world) == requests


FAULTS = [
    *(Fault(target="identity", kind=Transport.STATUS, status=status) for status in (401, 403, 404, 429, 500)),
    *(Fault(target="identity", kind=kind) for kind in (Transport.HTML, Transport.TRUNCATED)),
    *(Fault(target="identity", kind=kind) for kind in (Transport.BROKEN_OFF, Transport.REDIRECT)),
    Fault(target="identity", kind=Transport.HANG, seconds=1),
]


@pytest.mark.parametrize("fault", FAULTS, ids=[f"{each.kind}-{each.status}" for each in FAULTS])
def test_given_identity_down_when_resolved_then_the_answer_is_incomplete_and_asked_for_again_later(
    opened: Opening, world: Control, fault: Fault
) -> None:
    identity = opened()
    world.add_fault(fault)
    assert identity.resolve({"77"}) == OwnerLookup({}, complete=False)
    world.clear_faults()

    assert identity.resolve({"77"}) == OwnerLookup({"77": "sso-77"}, complete=True)


def test_given_a_passing_fault_when_resolved_then_one_more_try_is_made(
    opened: Opening, world: Control
) -> None:
    world.add_fault(FAULTS[4].model_copy(update={"times": 1}))

    assert opened().resolve({"77"}).complete


@pytest.mark.parametrize(
    ("entries", "known"),
    [
        ([{"crm_user_id": "77", "sso_id": "sso-77"}], {"77": "sso-77"}),
        ([{"crm_user_id": 77, "sso_id": "s" * 128}], {"77": "s" * 128}),
        ([{"crm_user_id": 77, "sso_id": "s" * 129}], {}),
        ([{"crm_user_id": 77, "sso_id": ""}, {"crm_user_id": 77}], {}),
        ([{"crm_user_id": 77, "sso_id": 5}], {}),
        ([{"crm_user_id": "077", "sso_id": "x"}, {"crm_user_id": None, "sso_id": "x"}], {}),
        # somebody who was not asked about
        ([{"crm_user_id": 78, "sso_id": "x"}], {}),
        ([], {}),
    ],
)
def test_given_users_of_many_shapes_when_resolved_then_only_usable_ones_are_known(
    opened: Opening, entries: list[object], known: dict[str, str]
) -> None:
    with HostileServer(ok(json.dumps({"data": entries}).encode())).running() as server:
        assert opened(root_url=server.url("")).resolve({"77"}) == OwnerLookup(known, complete=True)


@pytest.mark.parametrize("answer", [[], {}, {"data": None}, {"data": [1]}, {"data": ["77"]}, None])
def test_given_an_answer_of_another_shape_when_resolved_then_it_is_incomplete(
    opened: Opening, answer: object
) -> None:
    with HostileServer(ok(json.dumps(answer).encode())).running() as server:
        assert opened(root_url=server.url("")).resolve({"77"}) == OwnerLookup({}, complete=False)
