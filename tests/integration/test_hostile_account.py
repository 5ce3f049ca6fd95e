"""The hostile account through the whole pipeline: as expected in every field, and led nowhere."""

from __future__ import annotations

import json
import os
import re
import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import urllib3.util.connection
from test_pipeline_accounts import assert_counts, differences

from notes_migration.composition import DownloadHosts
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.states import RunState
from sandbox.accounts.hostile.places import FORBIDDEN
from sandbox.accounts.model import Account
from sandbox.accounts.registry import HOSTILE, build_account
from sandbox.accounts.seed import seed_mongo
from sandbox.simulators.process import Control, Simulators
from tests.fakes.hostile_server import HostileServer, ok
from tests.support.local_pipeline import LocalPipeline, LocalResources
from tests.support.resident_memory import PeakMemory, resident_bytes

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

MIB = 1024 * 1024
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WARNING = re.compile(r"[a-z_]{1,40}(?::[a-z0-9]{1,20})?")
KEY = re.compile(r"qa-hostile-company/[1-9][0-9]*/(?:image|audio|document)-[1-9][0-9]*")
# A name without extension, or with one under which nothing runs, whatever the CRM called the file.
DISPOSITION = re.compile(
    r'attachment; filename="(?:[A-Za-z0-9_ -]+|[A-Za-z0-9._ -]+\.(?:pdf|png|xlsx|docx))"; '
    r"filename\*=UTF-8''[A-Za-z0-9._~%-]+"
)
INSIDE = {
    "intranet.files.example": ["10.1.2.3"],
    "rebinding.files.example": ["203.0.113.7", "127.0.0.1"],
}


@dataclass
class Aftermath:
    """What is there to look at after the one run that all tests share."""

    account: Account
    pipeline: LocalPipeline
    outcome: Outcome
    trapped: list[bytes]
    connected_to: set[tuple[str, int]]
    cdn: Counter[str]
    grown_bytes: int
    identity_calls: int


@pytest.fixture
def hostile_resources(resources: LocalResources) -> LocalResources:
    """As the sandbox has it, with the names of the resolver's attacks on the list of allowed hosts."""
    hosts = resources.download_hosts
    allowed = (*hosts.allowed, ".files.example", "localhost")
    return replace(resources, download_hosts=DownloadHosts(allowed, hosts.private))


@pytest.fixture
def connected_to(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, int]]:
    """Every address that a connection is opened to by urllib3, which is what downloads are made with."""
    seen: set[tuple[str, int]] = set()
    original = urllib3.util.connection.create_connection

    def noted(address: tuple[str, int], *rest: Any, **options: Any) -> socket.socket:
        seen.add(address)
        return original(address, *rest, **options)

    monkeypatch.setattr(urllib3.util.connection, "create_connection", noted)
    return seen


@pytest.fixture
def names_lead_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's resolver gives private addresses for two names that are allowed."""
    original = socket.getaddrinfo

    def lookup(host: Any, port: Any, *rest: Any, **options: Any) -> Any:
        if host in INSIDE:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in INSIDE[host]]
        return original(host, port, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)


@pytest.fixture
def aftermath(
    hostile_resources: LocalResources,
    running_simulators: Simulators,
    world: Control,
    connected_to: set[tuple[str, int]],
    names_lead_inside: None,
) -> Iterator[Aftermath]:
    pipeline = LocalPipeline(hostile_resources, settings={"attachment_timeout_seconds": 4})
    with HostileServer(ok(b"secret")).running() as trap:
        account = build_account(HOSTILE, cdn_url=running_simulators.addresses.cdn, trap_url=trap.url("/t"))
        world.load(account)
        world.clear_alerts()
        seed_mongo(hostile_resources.database, account)
        before = resident_bytes(os.getpid())
        with PeakMemory(lambda: [os.getpid()]) as memory:
            outcome = pipeline.run(HOSTILE)
        yield Aftermath(
            account=account,
            pipeline=pipeline,
            outcome=outcome,
            trapped=[client.head for client in trap.clients],
            connected_to=set(connected_to),
            cdn=Counter(request["path"] for request in world.requests("cdn")),
            identity_calls=len(world.requests("identity")),
            grown_bytes=memory.peaks[os.getpid()] - before,
        )
    world.unload(HOSTILE)


def test_given_every_attack_when_migrated_then_each_ends_as_expected_and_leads_nowhere(
    aftermath: Aftermath, running_simulators: Simulators
) -> None:
    account, pipeline = aftermath.account, aftermath.pipeline

    assert aftermath.outcome == Outcome(RunState.COMPLETED_SUCCESS)
    assert differences(pipeline, account) == []
    assert_counts(pipeline, account)
    assert_failures_on_record(pipeline, account)
    assert_warnings_say_kinds_only(pipeline)
    assert_owners_are_asked_for_once_and_remembered(pipeline, account, aftermath.identity_calls)
    assert_led_nowhere(aftermath, running_simulators)
    assert_stored_for_download_only(pipeline, account)
    assert_slack_was_told(account, running_simulators)
    assert aftermath.grown_bytes < 250 * MIB


def assert_failures_on_record(pipeline: LocalPipeline, account: Account) -> None:
    failures = list(pipeline.resources.database["notes_migration_failures"].find({"cid": HOSTILE}))
    notes = {each["legacy_crm_note_id"]: each["reason_code"] for each in failures if each["kind"] == "note"}
    files = {
        f"{each['legacy_crm_note_id']}/{each['asset']}": each["reason_code"]
        for each in failures
        if each["kind"] == "attachment"
    }

    assert notes == account.expected.failed
    assert files == account.expected.attachments_failed


def assert_owners_are_asked_for_once_and_remembered(
    pipeline: LocalPipeline, account: Account, calls: int
) -> None:
    database = pipeline.resources.database
    creators = dict(zip(map(str, account.note_keys), account.notes, strict=True))
    by_label = {
        note_id
        for note_id, document in account.expected.documents.items()
        if document["owner_id"] is None and creators[note_id]["creator_id"] is not None
    }
    owners = database["notes_migration_failures"].find({"cid": HOSTILE, "kind": "owner"})

    assert {each["legacy_crm_note_id"] for each in owners} == by_label
    assert 0 < calls <= database["notes_migration_batches"].count_documents({"cid": HOSTILE})


def assert_warnings_say_kinds_only(pipeline: LocalPipeline) -> None:
    warnings = pipeline.record(HOSTILE)["warnings"]

    assert {"dropped:script", "dropped:img", "embedded_image", "bracketed_text_kept"} <= warnings.keys()
    assert all(WARNING.fullmatch(kind) and count > 0 for kind, count in warnings.items())


def assert_led_nowhere(aftermath: Aftermath, simulators: Simulators) -> None:
    cdn, storage = (
        urlsplit(simulators.addresses.cdn),
        urlsplit(aftermath.pipeline.resources.s3_client.meta.endpoint_url),
    )

    assert aftermath.trapped == []
    assert aftermath.connected_to == {("127.0.0.1", cdn.port), (storage.hostname, storage.port)}
    assert [path for path in aftermath.cdn if FORBIDDEN in path] == []
    assert (aftermath.cdn["/loop/a"], aftermath.cdn["/loop/b"]) == (2, 2)
    assert aftermath.cdn["/hops-of-4/1"] == aftermath.cdn["/hops-of-3/file.pdf"] == 1


def assert_stored_for_download_only(pipeline: LocalPipeline, account: Account) -> None:
    resources = pipeline.resources
    for key in account.expected.objects:
        stored = resources.s3_client.head_object(Bucket=resources.storage.attachments_bucket, Key=key)

        assert KEY.fullmatch(key)
        assert stored["ContentType"] in {"application/pdf", "image/png", XLSX}
        assert DISPOSITION.fullmatch(stored["ContentDisposition"])


def assert_slack_was_told(account: Account, simulators: Simulators) -> None:
    told = httpx.get(simulators.addresses.alerts, trust_env=False).json()
    failed, total = len(account.expected.attachments_failed), account.expected.attachments_total
    texts = [json.dumps(message) for message in told["slack"]]

    assert told["pagerduty"] == []
    assert [text for text in texts if f"{failed} of {total} attachments failed, more than 20 %" in text]
    assert [text for text in texts if "short of the target of 95 %" in text]
