"""A CDN that swallows connections costs a batch the files in flight, not every file its time."""

from __future__ import annotations

import io
import socket
from datetime import UTC, datetime
from typing import Any

import pytest

from notes_migration.adapters.host_breaker import MOST_IN_A_ROW
from notes_migration.adapters.pinned_http import Deadline
from notes_migration.adapters.safe_download import MAX_TRIES, SafeDownloader
from notes_migration.domain.attachments import AttachmentLimits
from notes_migration.domain.errors import DegradedNote, ReasonCode
from notes_migration.domain.notes import CrmNote, parse_note
from notes_migration.services.relink_attachments import AttachmentProcessor
from tests.fakes.file_magic import SignatureMagic
from tests.fakes.hostile_server import Client, HostileServer, ok, redirect, status
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


def lose(downloader: SafeDownloader, *urls: str, timeout_seconds: float = 10) -> None:
    for url in urls:
        with pytest.raises(DegradedNote):
            downloader.fetch(url, io.BytesIO(), max_bytes=1_000, timeout_seconds=timeout_seconds)


def a_downloader(*servers: HostileServer) -> SafeDownloader:
    return SafeDownloader([], [server.place for server in servers], sleep=lambda seconds: None)


def test_given_a_host_that_answers_with_errors_when_files_are_fetched_then_each_of_them_is_asked_for() -> (
    None
):
    with HostileServer(status(503)).running() as failing:
        lose(a_downloader(failing), *[failing.url(f"/{n}") for n in range(MOST_IN_A_ROW * 2)])

    assert len(failing.clients) == MOST_IN_A_ROW * 2 * MAX_TRIES


def test_given_an_error_among_silences_when_files_are_fetched_then_it_neither_counts_nor_clears() -> None:
    answers = [Client.reset] * (MAX_TRIES * (MOST_IN_A_ROW - 1)) + [status(503)] * MAX_TRIES
    with HostileServer(*answers, Client.reset).running() as failing:
        lose(a_downloader(failing), *[failing.url(f"/{n}") for n in range(MOST_IN_A_ROW + 5)])

    assert len(failing.clients) == MAX_TRIES * (MOST_IN_A_ROW + 1)


def test_given_a_host_that_leads_to_a_dead_one_when_files_are_lost_then_only_the_dead_one_rests() -> None:
    dead = HostileServer(Client.reset)

    def front_door(client: Client) -> None:
        (redirect(dead.url(client.path)) if "gone" in client.path else ok(TEXT))(client)

    into = io.BytesIO()
    with dead.running(), HostileServer(front_door).running() as front:
        downloader = a_downloader(front, dead)
        lose(downloader, *[front.url(f"/gone{n}") for n in range(MOST_IN_A_ROW + 5)])
        downloader.fetch(front.url("/here"), into, max_bytes=1_000, timeout_seconds=10)

    assert into.getvalue() == TEXT
    assert len(dead.clients) == MOST_IN_A_ROW * MAX_TRIES


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\n\r\nna", b"HTTP/1.1 404 No\r\n"])
def test_given_a_host_that_begins_and_falls_silent_when_files_are_lost_then_it_rests(begun: bytes) -> None:
    def begin(client: Client) -> None:
        client.send(begun)
        client.stay_silent()

    with HostileServer(begin).running() as silent:
        urls = [silent.url(f"/{n}") for n in range(MOST_IN_A_ROW + 5)]
        lose(a_downloader(silent), *urls, timeout_seconds=0.2)

    assert len(silent.clients) == MOST_IN_A_ROW


def test_given_a_deadline_that_passed_while_connecting_when_guarded_then_the_connection_is_closed() -> None:
    deadline = Deadline(-1)
    ours, theirs = socket.socketpair()

    with theirs, deadline.watching(), pytest.raises(TimeoutError):
        deadline.guard(ours)

    assert ours.fileno() == -1
