"""The simulated CDN misbehaves as a file's `Behaviour` says, without building what it sends."""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import Any

from asgi_client import AsgiClient

from sandbox.accounts.model import Behaviour
from sandbox.simulators.cdn import cdn_app
from sandbox.simulators.misbehaviour import pieces
from sandbox.simulators.world import StoredFile, Tokens, World


def cdn(content: bytes, behaviour: Behaviour) -> World:
    file = StoredFile(content, "application/pdf", behaviour)
    return World(Tokens("", "", "", ""), files={"a/b.pdf": file})


def test_given_a_redirect_when_asked_then_status_and_location_are_as_given() -> None:
    world = cdn(b"", Behaviour(307, (("Location", "http://169.254.169.254/"),)))

    answer = AsgiClient(cdn_app(world)).get("/a/b.pdf")

    assert (answer.status_code, answer.headers["location"]) == (307, "http://169.254.169.254/")


def test_given_a_status_when_asked_then_the_body_is_still_sent_with_its_type() -> None:
    answer = AsgiClient(cdn_app(cdn(b"%PDF", Behaviour(206)))).get("/a/b.pdf")

    assert (answer.status_code, answer.content) == (206, b"%PDF")
    assert answer.headers["content-type"] == "application/pdf"


def test_given_a_body_to_be_repeated_when_cut_then_it_has_exactly_that_length() -> None:
    cut = list(pieces(b"abc", Behaviour(repeated_to_bytes=200_000)))

    assert sum(len(piece) for piece in cut) == 200_000
    assert b"".join(cut).startswith(b"abcabcabc")


def test_given_gigabytes_when_cut_then_each_piece_is_small() -> None:
    first = islice(pieces(b"x", Behaviour(repeated_to_bytes=2 * 1024**3)), 3)

    assert {len(piece) for piece in first} == {64 * 1024}


def test_given_a_drip_when_cut_then_every_piece_is_one_byte() -> None:
    assert list(pieces(b"abc", Behaviour(seconds_per_byte=1))) == [b"a", b"b", b"c"]


def test_given_an_empty_file_when_cut_then_there_is_nothing() -> None:
    assert list(pieces(b"", Behaviour())) == []


def sent(content: bytes, behaviour: Behaviour, *, leaves: bool = False) -> list[dict[str, Any]]:
    """Serve one request and return the messages; a client that leaves does so before the first byte."""
    messages: list[dict[str, Any]] = []

    async def call() -> None:
        requests = iter([{"type": "http.request", "body": b"", "more_body": False}])

        async def receive() -> dict[str, Any]:
            if (request := next(requests, None)) is not None:
                return request
            if not leaves:
                await asyncio.Event().wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            messages.append(message)

        scope = {
            "type": "http",
            "method": "GET",
            "path": "/a/b.pdf",
            "raw_path": b"/a/b.pdf",
            "query_string": b"",
            "headers": [],
            "root_path": "",
        }
        await cdn_app(cdn(content, behaviour))(scope, receive, send)

    asyncio.run(call())
    return messages


def test_given_a_client_that_leaves_when_gigabytes_are_sent_then_the_sending_ends() -> None:
    assert len(sent(b"x", Behaviour(repeated_to_bytes=2 * 1024**3), leaves=True)) < 20


def test_given_a_length_that_promises_more_when_all_is_sent_then_the_answer_is_never_ended() -> None:
    messages = sent(b"abc", Behaviour(headers=(("Content-Length", "10"),)))

    assert messages[-1]["more_body"] is True


def test_given_an_honest_length_when_all_is_sent_then_the_answer_is_ended() -> None:
    messages = sent(b"abc", Behaviour(headers=(("Content-Length", "3"),)))

    assert not messages[-1].get("more_body")


def test_given_a_length_beside_chunks_when_sent_then_both_headers_are_there() -> None:
    lies = (("Transfer-Encoding", "chunked"), ("Content-Length", "1"))

    names = [name for name, _ in sent(b"abc", Behaviour(headers=lies))[0]["headers"]]

    assert names[-2:] == [b"transfer-encoding", b"content-length"]
