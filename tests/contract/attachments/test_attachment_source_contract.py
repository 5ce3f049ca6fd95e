"""One suite for where files come from: the fake may not drift from HTTP."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping

import pytest

from notes_migration.adapters.safe_download import SafeDownloader
from notes_migration.domain.errors import DegradedNote, ReasonCode
from notes_migration.ports.attachment_source import AttachmentSource
from tests.fakes.attachment_source import InMemorySource
from tests.fakes.hostile_server import Client, HostileServer, ok, status

FILES = {"/a": b"the bytes of a file", "/empty": b""}
Serving = Callable[[str], tuple[AttachmentSource, str]]


@pytest.fixture(params=["fake", pytest.param("http", marks=pytest.mark.integration)])
def serving(request: pytest.FixtureRequest) -> Iterator[Serving]:
    """Return a source and the URL of a path."""
    if request.param == "fake":
        source = InMemorySource({f"https://cdn.example{path}": body for path, body in FILES.items()})
        yield lambda path: (source, f"https://cdn.example{path}")
        return
    with HostileServer(answering(FILES)).running() as server:
        downloader = SafeDownloader([], [server.place], sleep=lambda seconds: None)
        yield lambda path: (downloader, server.url(path))


def answering(files: Mapping[str, bytes]) -> Callable[[Client], None]:
    def answer(client: Client) -> None:
        found = files.get(client.path)
        (status(404) if found is None else ok(found))(client)

    return answer


@pytest.mark.parametrize("path", list(FILES))
def test_given_a_file_when_fetched_then_its_bytes_are_written(serving: Serving, path: str) -> None:
    source, url = serving(path)
    into = io.BytesIO()

    source.fetch(url, into, max_bytes=19, timeout_seconds=10)

    assert into.getvalue() == FILES[path]


@pytest.mark.parametrize(
    ("path", "max_bytes", "reason"),
    [
        ("/a", 18, ReasonCode.ATTACHMENT_TOO_LARGE),
        ("/missing", 100, ReasonCode.ATTACHMENT_DOWNLOAD_FAILED),
    ],
)
def test_given_a_file_that_cannot_be_had_when_fetched_then_the_reason_says_why(
    serving: Serving, path: str, max_bytes: int, reason: ReasonCode
) -> None:
    source, url = serving(path)

    with pytest.raises(DegradedNote) as caught:
        source.fetch(url, io.BytesIO(), max_bytes=max_bytes, timeout_seconds=10)

    assert caught.value.reason is reason
