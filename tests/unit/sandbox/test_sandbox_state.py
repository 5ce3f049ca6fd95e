"""One sandbox per checkout, and a note of how to stop it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.paths import Paths
from sandbox.state import AlreadyRunning, SandboxLock, SandboxState
from sandbox.supervisor import down, is_running, up


def test_given_a_held_lock_when_another_wants_it_then_it_is_told_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "home" / "lock"

    with SandboxLock(path), pytest.raises(AlreadyRunning, match="make down"), SandboxLock(path):
        pass


def test_given_a_lock_let_go_when_wanted_then_it_is_free(tmp_path: Path) -> None:
    for _ in range(2):
        with SandboxLock(tmp_path / "lock"):
            pass


def test_given_a_state_when_written_then_it_reads_the_same(tmp_path: Path) -> None:
    state = SandboxState(1, "id", "/children")

    state.write(tmp_path / "state.json")

    assert SandboxState.read(tmp_path / "state.json") == state
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"supervisor_pid": 1}'])
def test_given_a_broken_note_when_read_then_there_is_none(text: str, tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text(text)

    assert SandboxState.read(tmp_path / "state.json") is None


def test_given_nothing_when_stopped_then_it_says_so_and_makes_nothing(tmp_path: Path) -> None:
    said: list[str] = []

    down(Paths(tmp_path), said.append)

    assert said == ["the sandbox is down"]
    assert list(tmp_path.iterdir()) == []


def test_given_a_sandbox_that_is_only_starting_when_started_again_then_it_is_refused(tmp_path: Path) -> None:
    paths, said = Paths(tmp_path), list[str]()

    with SandboxLock(paths.lock_file):
        assert is_running(paths)
        assert up(paths, said.append) is False

    assert not is_running(paths)
    assert "make down" in said[0]
