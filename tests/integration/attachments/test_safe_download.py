"""Downloads from hostile servers: led nowhere else, never too much, never too long, never too chatty."""

from __future__ import annotations

import gc
import gzip
import io
import logging
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from certificates import self_signed

from notes_migration.adapters import safe_download
from notes_migration.adapters.safe_download import MAX_TRIES, SafeDownloader
from notes_migration.domain.errors import DegradedNote, ReasonCode
from tests.fakes.hostile_server import Client, HostileServer, ok, raw, redirect, status

pytestmark = pytest.mark.integration

MIB = 1024 * 1024
BODY = b"\x89PNG the file"
FAILED = ReasonCode.ATTACHMENT_DOWNLOAD_FAILED
TOO_LARGE = ReasonCode.ATTACHMENT_TOO_LARGE
NOT_ALLOWED = ReasonCode.ATTACHMENT_HOST_NOT_ALLOWED


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before]
    for thread in left:
        thread.join(timeout=5)
    assert not [thread for thread in left if thread.is_alive()]


def a_downloader(*servers: HostileServer, **seams: Any) -> SafeDownloader:
    seams.setdefault("sleep", lambda seconds: None)
    return SafeDownloader(["cdn.example"], [server.place for server in servers], **seams)


def fetched(
    url: str, downloader: SafeDownloader, *, max_bytes: int = MIB, timeout_seconds: float = 10
) -> bytes | ReasonCode:
    """What ended up in the file, or why nothing did; the message tells nothing of where it was asked."""
    into = io.BytesIO()
    failure: DegradedNote | None = None
    try:
        downloader.fetch(url, into, max_bytes=max_bytes, timeout_seconds=timeout_seconds)
    except DegradedNote as caught:
        failure = caught
    if failure is None:
        return into.getvalue()
    assert failure.__cause__ is None
    assert not any(part in str(failure) for part in ("127.0.0.1", "secret", "cdn", "://"))
    return failure.reason


def resolving(**names: Sequence[str]) -> Callable[[str, int, float], Sequence[str]]:
    return lambda host, port, timeout_seconds: names[host.replace(".", "_")]


def test_given_an_allowed_file_when_fetched_then_its_bytes_arrive_and_the_request_says_little() -> None:
    with HostileServer(ok(BODY)).running() as server:
        assert fetched(server.url("/a%20b?x=1"), a_downloader(server)) == BODY

    lines = server.clients[0].head.decode().strip().split("\r\n")
    assert lines[0] == "GET /a%20b?x=1 HTTP/1.1"
    assert sorted(lines[1:]) == [
        "Accept-Encoding: identity",
        "Accept: */*",
        f"Host: {server.place}",
        "User-Agent: crm-notes-migration",
    ]


def test_given_a_file_of_exactly_the_cap_when_fetched_then_it_arrives_and_one_byte_more_does_not() -> None:
    with HostileServer(ok(bytes(1000))).running() as server:
        assert fetched(server.url(), a_downloader(server), max_bytes=1000) == bytes(1000)
        assert fetched(server.url(), a_downloader(server), max_bytes=999) is TOO_LARGE


# led elsewhere


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1/",
        "http://[::1]/",
        "https://evil.example/",
        "//evil.example/x",
        "http://cdn.example/",
        "https://user:secret@cdn.example/",
        "file:///etc/passwd",
        "https://cdn.example:8443/",
    ],
)
def test_given_a_redirect_to_a_bad_place_when_fetched_then_the_host_is_not_allowed(location: str) -> None:
    with HostileServer(redirect(location)).running() as server:
        assert fetched(server.url(), a_downloader(server)) is NOT_ALLOWED

    assert len(server.clients) == 1


def test_given_a_redirect_to_a_neighbour_on_loopback_when_fetched_then_the_neighbour_sees_nothing() -> None:
    neighbour = HostileServer(ok(b"secret"))
    server = HostileServer(redirect(neighbour.url("/admin")))
    with neighbour.running(), server.running():
        assert fetched(server.url(), a_downloader(server)) is NOT_ALLOWED

    assert neighbour.clients == []


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_given_three_redirects_when_fetched_then_they_are_followed_and_a_fourth_is_not(code: int) -> None:
    hops = [redirect(f"/{hop}", code=code) for hop in (1, 2, 3)]
    with HostileServer(*hops, ok(BODY)).running() as server:
        assert fetched(server.url("/0"), a_downloader(server)) == BODY
    with HostileServer(*hops, redirect("/4"), ok(BODY)).running() as other:
        assert fetched(other.url("/0"), a_downloader(other)) is FAILED

    assert server.paths == other.paths == ["/0", "/1", "/2", "/3"]


def test_given_cookies_and_a_netrc_when_redirected_then_no_credentials_are_sent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with HostileServer(redirect("/1", "Set-Cookie: id=secret; Path=/"), ok(BODY)).running() as server:
        assert fetched(server.url(), a_downloader(server)) == BODY

    heads = b"".join(client.head for client in server.clients).lower()
    assert b"cookie" not in heads
    assert b"authorization" not in heads
    assert b"referer" not in heads


def test_given_a_proxy_in_the_environment_when_fetched_then_it_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with HostileServer(ok(b"from the proxy")).running() as proxy, HostileServer(ok(BODY)).running() as server:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url(""))
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        assert fetched(server.url(), a_downloader(server)) == BODY

    assert proxy.clients == []


# names


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.0.0.7"],
        ["169.254.169.254"],
        ["168.63.129.16"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["fe80::1%lo"],
        ["64:ff9b::7f00:1"],
        ["93.184.216.34", "127.0.0.1"],
        ["127.0.0.1", "93.184.216.34"],
        [],
    ],
)
def test_given_an_allowed_name_of_a_private_address_when_fetched_then_nobody_is_asked(
    addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(safe_download, "get", None)
    downloader = SafeDownloader(["cdn.example"], resolver=resolving(cdn_example=addresses))

    assert fetched("https://cdn.example/a", downloader) is NOT_ALLOWED


def test_given_our_own_check_fails_us_when_fetched_then_the_library_refuses_the_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(safe_download, "is_reachable", lambda address, *, is_private: True)
    downloader = SafeDownloader(["cdn.example"], resolver=resolving(cdn_example=["127.0.0.1"]))

    assert fetched("https://cdn.example/a", downloader) is NOT_ALLOWED


def test_given_a_private_name_that_leads_to_metadata_when_fetched_then_it_is_not_allowed() -> None:
    downloader = SafeDownloader([], ["cdn.test:80"], resolver=resolving(cdn_test=["169.254.169.254"]))

    assert fetched("http://cdn.test/a", downloader) is NOT_ALLOWED


def test_given_a_name_when_fetched_then_the_checked_address_is_asked_in_the_name_of_the_host() -> None:
    with HostileServer(ok(BODY)).running() as server:
        place = f"cdn.test:{server.port}"
        downloader = SafeDownloader([], [place], resolver=resolving(cdn_test=["127.0.0.1"]))
        assert fetched(server.url(host="cdn.test"), downloader) == BODY

    assert f"\r\nHost: {place}\r\n".encode() in server.clients[0].head


def test_given_a_name_that_changes_its_address_when_fetched_then_it_is_resolved_once_per_request() -> None:
    answers = [["127.0.0.1"], ["169.254.169.254"]]
    with HostileServer(redirect("/1"), ok(BODY)).running() as server:
        place = f"cdn.test:{server.port}"
        downloader = SafeDownloader([], [place], resolver=lambda *asked: answers.pop(0))
        assert fetched(server.url(host="cdn.test"), downloader) is NOT_ALLOWED

    assert server.paths == ["/a"]
    assert answers == []


def test_given_an_address_that_is_dead_when_fetched_then_the_next_try_takes_another() -> None:
    with HostileServer(ok(BODY)).running() as server:
        addresses = ["127.0.0.2", "127.0.0.1"]
        downloader = SafeDownloader(
            [],
            [f"cdn.test:{server.port}"],
            resolver=resolving(cdn_test=addresses),
            sleep=lambda seconds: None,
        )
        assert fetched(server.url(host="cdn.test"), downloader) == BODY


def test_given_a_name_that_does_not_resolve_when_fetched_then_the_download_failed() -> None:
    downloader = SafeDownloader(["nothing.invalid"], sleep=lambda seconds: None)

    assert fetched("https://nothing.invalid/a", downloader, timeout_seconds=5) is FAILED


# certificates


def test_given_the_hosts_certificate_when_fetched_over_tls_then_the_pinned_address_answers_for_it(
    tmp_path: Path,
) -> None:
    server_tls, client_tls = self_signed("cdn.test", tmp_path)
    with HostileServer(ok(BODY), tls=server_tls).running() as server:
        places = [f"cdn.test:{server.port}"]
        trusting = SafeDownloader([], places, resolver=resolving(cdn_test=["127.0.0.1"]), tls=client_tls)
        assert fetched(server.url(host="cdn.test", scheme="https"), trusting) == BODY


@pytest.mark.parametrize(
    ("certified", "trusted"), [("other.test", True), ("127.0.0.1", True), ("cdn.test", False)]
)
def test_given_a_wrong_or_unknown_certificate_when_fetched_then_nothing_is_sent(
    certified: str, trusted: bool, tmp_path: Path
) -> None:
    server_tls, client_tls = self_signed(certified, tmp_path)
    with HostileServer(ok(BODY), tls=server_tls).running() as server:
        downloader = SafeDownloader(
            [],
            [f"cdn.test:{server.port}"],
            resolver=resolving(cdn_test=["127.0.0.1"]),
            sleep=lambda seconds: None,
            tls=client_tls if trusted else None,
        )
        assert fetched(server.url(host="cdn.test", scheme="https"), downloader) is FAILED

    assert all(client.head == b"" for client in server.clients)


# too much


def endless_body(client: Client) -> None:
    client.send(b"HTTP/1.1 200 OK\r\n\r\n")
    client.flood(bytes(65536))


def endless_chunks(client: Client) -> None:
    client.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    client.flood(b"10000\r\n" + bytes(65536) + b"\r\n")


def one_endless_chunk(client: Client) -> None:
    client.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffff\r\n")
    client.flood(bytes(65536))


@pytest.mark.parametrize("answer", [endless_body, endless_chunks, one_endless_chunk])
def test_given_a_body_without_end_when_fetched_then_it_is_left_at_the_cap(
    answer: Callable[[Client], None],
) -> None:
    with HostileServer(answer).running() as server:
        assert fetched(server.url(), a_downloader(server)) is TOO_LARGE

    assert server.clients[0].sent_bytes < 16 * MIB  # the rest is in the system's buffers


def test_given_a_length_over_the_cap_when_fetched_then_the_body_is_not_read() -> None:
    answer = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\n")
    with HostileServer(answer).running() as server:
        assert fetched(server.url(), a_downloader(server)) is TOO_LARGE


@pytest.mark.parametrize("head", ["302 Found\r\nLocation: /1", "404 Not Found", "503 Busy"])
def test_given_an_answer_without_a_file_when_its_body_has_no_end_then_it_is_not_read(head: str) -> None:
    def answer(client: Client) -> None:
        client.send(f"HTTP/1.1 {head}\r\n\r\n".encode())
        client.flood(bytes(65536))

    with HostileServer(answer, ok(BODY)).running() as server:
        assert fetched(server.url(), a_downloader(server)) == (FAILED if head.startswith("404") else BODY)

    assert server.clients[0].sent_bytes < 16 * MIB


def a_bomb(*, layers: int = 1) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    packed = b"".join(packer.compress(bytes(MIB)) for _ in range(40)) + packer.flush()
    for _ in range(layers - 1):
        packed = gzip.compress(packed)
    return packed


def chunked(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


@pytest.mark.parametrize(
    ("encoding", "body", "transfer"),
    [
        ("gzip", a_bomb(), "Content-Length: {length}"),
        ("gzip, gzip", a_bomb(layers=2), "Content-Length: {length}"),
        ("gzip", a_bomb(), "Transfer-Encoding: chunked"),
        ("gzip", a_bomb(), "X-Length: none"),
        ("deflate", zlib.compress(bytes(40 * MIB), 9), "Content-Length: {length}"),
    ],
)
def test_given_a_compressed_bomb_when_fetched_then_it_is_left_at_the_cap_and_memory_stays_small(
    encoding: str, body: bytes, transfer: str
) -> None:
    sent = chunked(body) if "chunked" in transfer else body
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\n{transfer.format(length=len(body))}\r\n\r\n"
    with HostileServer(raw(head.encode() + sent)).running() as server:
        tracemalloc.start()
        try:
            assert fetched(server.url(), a_downloader(server)) is TOO_LARGE
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert peak < 8 * MIB


def test_given_a_file_that_is_compressed_all_the_same_when_fetched_then_its_own_bytes_arrive() -> None:
    with HostileServer(ok(gzip.compress(BODY), "Content-Encoding: gzip")).running() as server:
        assert fetched(server.url(), a_downloader(server)) == BODY


def test_given_compressed_bytes_that_are_broken_when_fetched_then_the_download_failed() -> None:
    with HostileServer(ok(b"not gzip at all", "Content-Encoding: gzip")).running() as server:
        assert fetched(server.url(), a_downloader(server)) is FAILED


# too long


def drip_status(client: Client) -> None:
    client.drip(b"HTTP/1.1 200 OK" + b" " * 3000)


def drip_headers(client: Client) -> None:
    client.send(b"HTTP/1.1 200 OK\r\nX: ")
    client.drip(b"y" * 3000)


def drip_body(client: Client) -> None:
    client.send(b"HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n")
    client.drip(b"y" * 3000)


def drip_body_without_length(client: Client) -> None:
    client.send(b"HTTP/1.1 200 OK\r\n\r\n")
    client.drip(b"y" * 3000)


def drip_chunks(client: Client) -> None:
    client.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    client.drip(b"1\r\ny\r\n" * 1000)


def drip_chunk_size(client: Client) -> None:
    client.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    client.drip(b"1;" + b"x" * 3000)


def continue_for_ever(client: Client) -> None:
    while not client.stopped.wait(0.01):
        client.send(b"HTTP/1.1 100 Continue\r\n\r\n")


def say_nothing(client: Client) -> None:
    client.stay_silent()


@pytest.mark.parametrize(
    "answer",
    [
        drip_status,
        drip_headers,
        drip_body,
        drip_body_without_length,
        drip_chunks,
        drip_chunk_size,
        continue_for_ever,
        say_nothing,
    ],
)
def test_given_a_server_that_never_ends_when_fetched_then_the_deadline_ends_it(
    answer: Callable[[Client], None],
) -> None:
    with HostileServer(answer).running() as server:
        began = time.monotonic()
        assert fetched(server.url(), a_downloader(server), timeout_seconds=0.4) is FAILED
        took = time.monotonic() - began

    assert 0.35 < took < 2.5


@pytest.mark.parametrize(
    "answer", [say_nothing, lambda client: client.drip(b"\x16\x03\x03\x40\x00" + bytes(3000))]
)
def test_given_a_handshake_that_never_ends_when_fetched_then_the_deadline_ends_it(
    answer: Callable[[Client], None],
) -> None:
    with HostileServer(answer, reads_head=False).running() as server:
        began = time.monotonic()
        assert fetched(server.url(scheme="https"), a_downloader(server), timeout_seconds=0.4) is FAILED

    assert time.monotonic() - began < 2.5


def test_given_a_resolver_that_hangs_when_fetched_then_the_deadline_ends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answered = threading.Event()
    monkeypatch.setattr("socket.getaddrinfo", lambda *args, **kwargs: answered.wait(20) and [])
    began = time.monotonic()

    assert fetched("https://cdn.example/a", SafeDownloader(["cdn.example"]), timeout_seconds=0.3) is FAILED
    assert time.monotonic() - began < 2.5
    answered.set()


# again


@pytest.mark.parametrize("code", [408, 425, 429, 500, 502, 503, 504])
def test_given_a_passing_trouble_when_fetched_then_it_is_tried_again(code: int) -> None:
    waits: list[float] = []
    with HostileServer(status(code), status(code), ok(BODY)).running() as server:
        assert fetched(server.url(), a_downloader(server, sleep=waits.append)) == BODY

    assert len(server.clients) == 3
    assert 0.5 <= waits[0] <= 0.75
    assert 1 <= waits[1] <= 1.25


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410, 418, 204, 206, 304, 300])
def test_given_an_answer_that_stays_when_fetched_then_it_is_not_tried_again(code: int) -> None:
    with HostileServer(status(code)).running() as server:
        assert fetched(server.url(), a_downloader(server)) is FAILED

    assert len(server.clients) == 1


@pytest.mark.parametrize(
    "trouble",
    [
        Client.reset,
        raw(b""),
        raw(b"not http at all\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly a part"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + bytes(150_000)),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nonly a part"),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
    ],
)
def test_given_a_connection_that_breaks_when_fetched_again_then_only_the_whole_file_is_kept(
    trouble: Callable[[Client], None],
) -> None:
    with HostileServer(trouble, ok(BODY)).running() as server:
        assert fetched(server.url(), a_downloader(server)) == BODY
    with HostileServer(trouble).running() as server:
        assert fetched(server.url(), a_downloader(server)) is FAILED

    assert len(server.clients) == MAX_TRIES


def test_given_little_time_when_fetched_then_no_try_begins_that_could_not_end() -> None:
    waits: list[float] = []
    with HostileServer(status(503)).running() as server:
        assert fetched(server.url(), a_downloader(server, sleep=waits.append), timeout_seconds=0.4) is FAILED

    assert (len(server.clients), waits) == (1, [])


# odd answers


@pytest.mark.parametrize(
    "answer",
    [
        lambda client: [client.send(b"HTTP/1.1 200 OK\r\n"), client.flood(b"X: y\r\n" * 100)],
        lambda client: [client.send(b"HTTP/1.1 200 OK\r\nX: "), client.flood(b"y" * 65536)],
        lambda client: client.flood(b"y" * 65536),
        lambda client: [
            client.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;"),
            client.flood(b"y" * 65536),
        ],
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n"),
        redirect("http://[::1"),
        redirect("https://cdn.example\\@evil.example/"),
        status(302),
        redirect(""),
    ],
)
def test_given_an_answer_that_makes_no_sense_when_fetched_then_it_fails_within_bounds(
    answer: Callable[[Client], Any],
) -> None:
    with HostileServer(answer).running() as server:
        assert fetched(server.url(), a_downloader(server)) in {FAILED, NOT_ALLOWED}

    assert all(client.sent_bytes < 16 * MIB for client in server.clients)


# urllib3 leaves the stream of such an answer to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_given_an_answer_of_two_lengths_when_fetched_then_it_fails() -> None:
    with HostileServer(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello")).running() as server:
        assert fetched(server.url(), a_downloader(server)) is FAILED
        gc.collect()


def test_given_a_header_that_urllib3_complains_of_when_fetched_then_no_log_has_the_url(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = raw(b"HTTP/1.1 200 OK\r\n: x\r\nno colon\r\nContent-Length: 2\r\n\r\nhi")
    with HostileServer(answer).running() as server:
        fetched(server.url("/secret-path?token=secret"), a_downloader(server))

    assert server.paths == ["/secret-path?token=secret"]
    assert "secret" not in caplog.text
