"""A CDN that swallows connections costs a batch the files in flight, not every file its time."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from typing import Any

import pytest

from notes_migration.adapters.host_breaker import MOST_IN_A_ROW
from notes_migration.adapters.pinned_http import Deadline
from notes_migration.adapters.safe_download import SafeDownloader
from notes_migration.domain.attachments import AttachmentLimits
from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.notes import CrmNote, parse_note
from notes_migration.services.relink_attachments import AttachmentProcessor
from tests.fakes.file_magic import SignatureMagic
from tests.fakes.hostile_server import Client, HostileServer, ok
from tests.fakes.object_storage import InMemoryStorage

pytestmark = pytest.mark.integration

AT_ONCE = 4
TEXT = b"nama,jumlah\n"


def notes_with_files(url: str, number: int) -> list[CrmNote]:
    raw: dict[str, Any] = {"crm_note_type_id": 1, "created_at": "2021-03-04T10:00:00+07:00"}
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        parse_note(
            {**raw, "id": n, "documents": [{"id": n, "url": f"{url}/{n}", "file_name": "a.csv"}]}, now=now
        )
        for n in range(1, number + 1)
    ]


def a_processor(*servers: HostileServer) -> AttachmentProcessor:
    return AttachmentProcessor(
        source=SafeDownloader([], [server.place for server in servers], sleep=lambda seconds: None),
        storage=InMemoryStorage(),
        magic=SignatureMagic(),
        limits=AttachmentLimits(max_bytes=1_000, timeout_seconds=0.3, concurrency=AT_ONCE),
        company_sso_id="acme",
        file_proxy_base_url="https://files.example",
    )


def test_given_a_host_that_never_answers_when_a_batch_is_relinked_then_few_files_wait_for_it() -> None:
    with HostileServer(Client.stay_silent).running() as silent:
        outcomes = a_processor(silent).relink(notes_with_files(silent.url(""), 200), quota_left_bytes=10**9)

    reasons = {outcome.reason for of_note in outcomes.values() for outcome in of_note}
    assert len(outcomes) == 200
    assert reasons == {ReasonCode.ATTACHMENT_DOWNLOAD_FAILED}
    assert MOST_IN_A_ROW <= len(silent.clients) < MOST_IN_A_ROW + AT_ONCE


def test_given_a_silent_host_beside_a_good_one_when_relinked_then_the_good_ones_files_are_linked() -> None:
    with HostileServer(Client.stay_silent).running() as silent, HostileServer(ok(TEXT)).running() as good:
        notes = notes_with_files(silent.url(""), 20) + [
            note for note in notes_with_files(good.url(""), 40) if int(note.note_id) > 20
        ]
        outcomes = a_processor(silent, good).relink(notes, quota_left_bytes=10**9)

    linked = {int(note_id) for note_id, (outcome,) in outcomes.items() if outcome.attachment}
    assert linked == set(range(21, 41))


def test_given_a_deadline_that_passed_while_connecting_when_guarded_then_the_connection_is_closed() -> None:
    deadline = Deadline(-1)
    ours, theirs = socket.socketpair()

    with theirs, deadline.watching(), pytest.raises(TimeoutError):
        deadline.guard(ours)

    assert ours.fileno() == -1
