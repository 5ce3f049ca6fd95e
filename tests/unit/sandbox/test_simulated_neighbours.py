"""The simulated identity, CDN, PagerDuty and Slack keep their contracts."""

from __future__ import annotations

from typing import Any

import pytest
from asgi_client import AsgiClient

from sandbox.simulators.alerts import alerts_app
from sandbox.simulators.cdn import cdn_app
from sandbox.simulators.faults import Fault, Transport
from sandbox.simulators.identity import identity_app
from sandbox.simulators.middleware import Observed
from sandbox.simulators.world import Organization, StoredFile, Tokens, World

TOKENS = Tokens("Bearer crm", "Bearer identity", "routing", "/services/T/B/x")
RESOLVE = "/private/users/resolve"


def a_world() -> World:
    owner = Organization("acme", "acme-company", identities={7: {"sso_id": "s-7", "name": "Sari"}})
    other = Organization("other", "other-company", identities={7: {"sso_id": "s-99", "name": "Budi"}})
    files = {"acme/a.jpg": StoredFile(b"\xff\xd8\xff", "image/jpeg")}
    return World(TOKENS, organizations={"acme": owner, "other": other}, files=files)


def identity(header: str = TOKENS.identity) -> AsgiClient:
    return AsgiClient(identity_app(a_world()), headers={"Authorization": header})


def alerts(world: World) -> AsgiClient:
    return AsgiClient(alerts_app(world))


def an_event(**changes: Any) -> dict[str, Any]:
    payload = {"summary": "halted", "source": "airflow", "severity": "critical"}
    return {
        "routing_key": "routing",
        "event_action": "trigger",
        "dedup_key": "d",
        "payload": payload,
    } | changes


def test_given_known_and_unknown_users_when_resolved_then_unknown_ones_are_left_out() -> None:
    answer = identity().post(RESOLVE, json={"company_sso_id": "acme-company", "crm_user_ids": [8, 7, 7]})

    assert answer.json() == {"data": [{"crm_user_id": 7, "sso_id": "s-7", "name": "Sari"}]}


def test_given_the_same_user_id_in_another_tenant_when_resolved_then_it_is_that_tenants() -> None:
    answer = identity().post(RESOLVE, json={"company_sso_id": "other-company", "crm_user_ids": [7]})

    assert answer.json()["data"][0]["sso_id"] == "s-99"


def test_given_an_unknown_tenant_when_resolved_then_nobody_is_known() -> None:
    answer = identity().post(RESOLVE, json={"company_sso_id": "nobody", "crm_user_ids": [7]})

    assert answer.json() == {"data": []}


@pytest.mark.parametrize(("number", "status"), [(500, 200), (501, 422)])
def test_given_many_ids_when_resolved_then_500_pass_and_501_do_not(number: int, status: int) -> None:
    body = {"company_sso_id": "acme-company", "crm_user_ids": list(range(1, number + 1))}

    assert identity().post(RESOLVE, json=body).status_code == status


@pytest.mark.parametrize(
    "body", [{}, {"company_sso_id": "acme-company"}, {"company_sso_id": "x", "crm_user_ids": ["7"]}]
)
def test_given_a_body_outside_the_contract_when_resolved_then_422(body: dict[str, Any]) -> None:
    assert identity().post(RESOLVE, json=body).status_code == 422


def test_given_an_outage_for_one_tenant_when_others_resolve_then_only_that_one_is_hit() -> None:
    world = a_world()
    world.faults.add(Fault(target="identity", kind=Transport.STATUS, status=503, organization_id="acme"))
    app = Observed(identity_app(world), target="identity", world=world)
    client = AsgiClient(app, headers={"Authorization": TOKENS.identity})

    statuses = {
        tenant: client.post(RESOLVE, json={"company_sso_id": tenant, "crm_user_ids": [7]}).status_code
        for tenant in ("acme-company", "other-company")
    }

    assert statuses == {"acme-company": 503, "other-company": 200}


def test_given_an_outage_for_all_after_one_request_when_resolved_then_it_is_counted_once() -> None:
    world = a_world()
    world.faults.add(Fault(target="identity", kind=Transport.STATUS, status=503, skip=1))
    app = Observed(identity_app(world), target="identity", world=world)
    client = AsgiClient(app, headers={"Authorization": TOKENS.identity})
    body = {"company_sso_id": "acme-company", "crm_user_ids": [7]}

    assert [client.post(RESOLVE, json=body).status_code for _ in range(3)] == [200, 503, 503]


def test_given_the_crms_header_when_resolved_then_401() -> None:
    assert identity(TOKENS.crm).post(RESOLVE, json={}).status_code == 401


def test_given_a_file_when_fetched_then_bytes_and_exact_content_type_come() -> None:
    answer = AsgiClient(cdn_app(a_world())).get("/acme/a.jpg")

    assert (answer.content, answer.headers["content-type"]) == (b"\xff\xd8\xff", "image/jpeg")


def test_given_no_file_when_fetched_then_404_is_in_the_journal() -> None:
    world = a_world()

    answer = AsgiClient(Observed(cdn_app(world), target="cdn", world=world)).get("/acme/none.jpg")

    assert answer.status_code == 404
    assert world.journal.counts("cdn") == {"GET /acme/none.jpg": 1}
    assert world.journal.counts("crm") == {}


def test_given_an_event_when_enqueued_then_it_is_accepted_and_shown() -> None:
    world = a_world()

    answer = alerts(world).post("/v2/enqueue", json=an_event())

    assert (answer.status_code, answer.json()["dedup_key"]) == (202, "d")
    assert alerts(world).get("/").json()["pagerduty"] == [an_event() | {"payload": an_event()["payload"]}]


@pytest.mark.parametrize(
    "event",
    [
        an_event(routing_key="other"),
        an_event(event_action="page"),
        an_event(payload=None),
        an_event(payload={"summary": "x"}),
        an_event(payload={"summary": "x", "source": "y", "severity": "P1"}),
        an_event(dedup_key="d" * 256),
    ],
)
def test_given_an_event_outside_the_contract_when_enqueued_then_400_and_nothing_is_kept(
    event: dict[str, Any],
) -> None:
    world = a_world()

    assert alerts(world).post("/v2/enqueue", json=event).status_code == 400
    assert world.pagerduty_events == []


def test_given_a_message_when_posted_to_the_webhook_then_it_is_kept() -> None:
    world = a_world()

    answer = alerts(world).post(TOKENS.slack_path, json={"text": "match below 99"})

    assert (answer.status_code, answer.text) == (200, "ok")
    assert world.slack_messages == [{"text": "match below 99"}]


@pytest.mark.parametrize(
    ("content", "text"), [(b"{", "invalid_payload"), (b"{}", "no_text"), (b"[1]", "no_text")]
)
def test_given_a_bad_message_when_posted_then_400(content: bytes, text: str) -> None:
    answer = alerts(a_world()).post(TOKENS.slack_path, content=content)

    assert (answer.status_code, answer.text) == (400, text)


def test_given_another_webhook_path_when_posted_then_404() -> None:
    assert alerts(a_world()).post("/services/T/B/y", json={"text": "x"}).status_code == 404
