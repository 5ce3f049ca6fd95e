"""The status record and staged pages: the fakes may not drift from Redis and the S3 API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration.domain.status import StatusRecord, project_status
from notes_migration.ports.run_status import RunStatus
from notes_migration.ports.staging import PageStaging
from tests.fakes.run_status import InMemoryStatus
from tests.fakes.staging import InMemoryStaging
from tests.support.builders import NOW, a_crm_note, a_ledger, a_run

if TYPE_CHECKING:
    from sandbox.services import EmbeddedServices


@pytest.fixture
def redis_client(embedded_services: EmbeddedServices) -> Iterator[Any]:
    import redis

    with redis.Redis.from_url(embedded_services.redis_url, db=7) as client:
        client.flushdb()
        yield client
        client.flushdb()


@pytest.fixture(params=["fake", pytest.param("redis", marks=pytest.mark.integration)])
def status(request: pytest.FixtureRequest) -> RunStatus:
    if request.param == "fake":
        return InMemoryStatus()
    from notes_migration.adapters.redis_status import RedisStatus

    return RedisStatus(request.getfixturevalue("redis_client"))


def a_record(cid: str = "acme", phase: str = "migrate") -> StatusRecord:
    return project_status(a_run(cid=cid), a_ledger(migrated=5), phase=phase, now=NOW)


def test_given_a_record_when_published_then_it_is_read_whole(status: RunStatus) -> None:
    status.publish(a_record())

    assert status.read("acme") == a_record().to_json()
    assert status.read("acm") is None


def test_given_a_later_record_when_published_then_it_replaces(status: RunStatus) -> None:
    status.publish(a_record())
    status.publish(a_record("rival"))
    status.publish(a_record(phase="done"))

    assert status.read("acme") == a_record(phase="done").to_json()
    assert status.read("rival") == a_record("rival").to_json()


@pytest.mark.integration
def test_given_a_record_when_published_then_it_lies_under_the_contracts_key_for_seven_days(
    redis_client: Any,
) -> None:
    from notes_migration.adapters.redis_status import RedisStatus

    RedisStatus(redis_client).publish(a_record())

    assert redis_client.keys() == [b"notes_migration:acme"]
    assert 7 * 86_400 - 5 <= redis_client.ttl("notes_migration:acme") <= 7 * 86_400


@pytest.mark.integration
@pytest.mark.parametrize("garbage", [b"", b"{", b"\xff", b"[]", b'"x"', b"null"])
def test_given_something_else_under_the_key_when_read_then_it_is_as_if_forgotten(
    redis_client: Any, garbage: bytes
) -> None:
    from notes_migration.adapters.redis_status import RedisStatus

    redis_client.set("notes_migration:acme", garbage)

    assert RedisStatus(redis_client).read("acme") is None


@pytest.fixture(params=["fake", pytest.param("s3", marks=pytest.mark.integration)])
def staging(request: pytest.FixtureRequest) -> Iterator[PageStaging]:
    if request.param == "fake":
        yield InMemoryStaging()
        return
    from notes_migration.adapters.page_staging import ObjectPageStaging
    from notes_migration.adapters.s3_storage import S3Storage

    services: EmbeddedServices = request.getfixturevalue("embedded_services")
    assert services.storage is not None
    client, name = services.storage.client(), f"staging-{uuid4()}"
    client.create_bucket(Bucket=name)
    yield ObjectPageStaging(S3Storage(client, name))
    client.close()


PAGE = [a_crm_note(1, note="<p>π 👍 \ud83d</p>"), a_crm_note(None), a_crm_note(10**18, deep={"a": [1, None]})]
KEY = "runs/acme/acme__1/1/0-00000.json.gz"


def test_given_a_page_when_staged_then_it_comes_back_value_for_value(staging: PageStaging) -> None:
    page = staging.stage(KEY, PAGE, first_id=1, last_id=10**18)

    assert (page.key, page.count, page.first_id, page.last_id) == (KEY, 3, 1, 10**18)
    assert staging.load(page) == PAGE


def test_given_a_page_staged_again_when_loaded_by_the_old_reference_then_it_is_refused(
    staging: PageStaging,
) -> None:
    page = staging.stage(KEY, PAGE, first_id=1, last_id=9)
    newer = staging.stage(KEY, PAGE[:1], first_id=1, last_id=1)

    with pytest.raises(FatalError) as caught:
        staging.load(page)

    assert caught.value.reason is ReasonCode.INTERNAL_ERROR
    assert staging.load(newer) == PAGE[:1]


def test_given_a_page_that_is_gone_when_loaded_then_it_is_refused(staging: PageStaging) -> None:
    page = staging.stage(KEY, PAGE, first_id=1, last_id=9)

    with pytest.raises(FatalError):
        staging.load(replace(page, key="runs/acme/acme__1/1/none.json.gz"))


def test_given_a_prefix_when_discarded_then_only_what_is_below_goes(staging: PageStaging) -> None:
    mine = [staging.stage(f"runs/acme/acme__1/1/{n}.json.gz", [], first_id=0, last_id=0) for n in "abc"]
    other = staging.stage("runs/acme/acme__10/1/a.json.gz", [], first_id=0, last_id=0)

    staging.discard("runs/acme/acme__1/")
    staging.discard("runs/acme/acme__1/")

    assert staging.load(other) == []
    for page in mine:
        with pytest.raises(FatalError):
            staging.load(page)
