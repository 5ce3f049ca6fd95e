"""A MongoDB of one's own that cannot be used ends `make up` in one line, without its address."""

from __future__ import annotations

from pathlib import Path

import pytest
from pymongo.errors import PyMongoError, ServerSelectionTimeoutError

from notes_migration.domain.errors import ReasonCode, TransientError
from sandbox import supervisor
from sandbox.paths import Paths
from sandbox.processes.service import ServiceUnavailable
from sandbox.seeding import opened_database

NOBODY = "mongodb://user:secret@127.0.0.1:9/cdp"


@pytest.mark.parametrize("uri", ["mongodb://user:secret@127.0.0.1:9", "mongodb://user:se:cret@h:x/cdp"])
def test_given_an_address_that_the_driver_refuses_when_opened_then_it_says_what_to_look_at(uri: str) -> None:
    with pytest.raises(ServiceUnavailable) as caught, opened_database(uri):
        pass

    said = str(caught.value)
    assert "cdp_mongo" in said
    assert "secret" not in said
    assert "se:cret" not in said


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (ServerSelectionTimeoutError("user:secret@h"), "ServerSelectionTimeoutError"),
        (TransientError(ReasonCode.DEPENDENCY_UNAVAILABLE, "migrating the index up"), "migrating the index"),
    ],
)
def test_given_a_database_that_fails_while_it_is_used_when_seeding_then_it_is_one_clear_line(
    problem: Exception, said: str
) -> None:
    with pytest.raises(ServiceUnavailable) as caught, opened_database(NOBODY):
        raise problem

    assert said in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_given_a_driver_error_from_anywhere_when_supervising_then_it_ends_in_a_line_and_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Failing:
        def __init__(self, *_: object, **__: object) -> None: ...

        def __enter__(self) -> None:
            raise PyMongoError("user:secret@h")

        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr(supervisor, "Stack", Failing)
    monkeypatch.setattr(supervisor.signal, "signal", lambda *_: None)

    assert supervisor.supervise(Paths(tmp_path)) == 1
    said = capsys.readouterr().out
    assert said.startswith("the sandbox cannot start: ")
    assert "secret" not in said
    assert said.count("\n") == 1
