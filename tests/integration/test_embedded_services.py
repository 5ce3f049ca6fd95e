"""The embedded stack: real servers that answer, and that end with their owner however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
from pymongo import MongoClient

from sandbox.processes.reaper import processes_of
from sandbox.services import EmbeddedServices, ServiceUnavailable
from sandbox.services import mongod as mongod_module

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
OWNER = """
    import sys
    from sandbox.processes.lifeline import Lifeline
    from sandbox.services import EmbeddedServices
    with Lifeline() as lifeline, EmbeddedServices(parts={"mongo", "redis"}, lifeline=lifeline):
        print(lifeline.sandbox_id, lifeline.children_list, flush=True)
        sys.stdin.read()
"""


def eventually(condition: Callable[[], bool], *, within_seconds: float = 15) -> bool:
    deadline = time.monotonic() + within_seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@dataclass(frozen=True)
class Owner:
    process: subprocess.Popen[str]
    sandbox_id: str
    children_list: Path

    def living(self) -> list[int]:
        return processes_of(self.sandbox_id, self.children_list)

    def directories(self) -> list[Path]:
        lines = self.children_list.read_text().splitlines()
        return [Path(line.removeprefix("remove ")) for line in lines if line.startswith("remove ")]

    def close(self) -> None:
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                stream.close()
        self.process.wait(timeout=20)


def an_owner() -> Owner:
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(OWNER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{ROOT}/include:{ROOT}"},
    )
    assert process.stdout
    sandbox_id, children_list = process.stdout.readline().split()
    return Owner(process, sandbox_id, Path(children_list))


def test_given_the_stack_when_asked_then_each_server_is_a_real_one(
    embedded_services: EmbeddedServices,
) -> None:
    with MongoClient[dict[str, object]](embedded_services.mongo_uri) as mongo:
        assert mongo.get_default_database().name == "cdp"
        assert mongo.server_info()["version"].startswith("6.0")
    with redis.Redis.from_url(embedded_services.redis_url) as cache:
        assert cache.info("server")["redis_version"].startswith("6.2")
    assert embedded_services.storage
    buckets = {bucket["Name"] for bucket in embedded_services.storage.client().list_buckets()["Buckets"]}
    # Other tests of the session have buckets of their own beside these.
    assert buckets >= {embedded_services.attachments_bucket, embedded_services.staging_bucket}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_given_a_running_stack_when_its_owner_is_killed_then_nothing_is_left(number: signal.Signals) -> None:
    owner = an_owner()
    directories = owner.directories()
    assert len(owner.living()) == 2
    assert [directory.exists() for directory in directories] == [True]

    owner.process.send_signal(number)

    owner.close()
    assert eventually(lambda: owner.living() == [])
    assert eventually(lambda: not directories[0].exists() and not owner.children_list.exists())


def test_given_a_running_stack_when_its_owner_returns_then_nothing_is_left() -> None:
    owner = an_owner()
    directories = owner.directories()
    assert len(owner.living()) == 2

    owner.close()

    assert owner.process.returncode == 0
    assert owner.living() == []
    assert not any(path.exists() for path in (*directories, owner.children_list))


def test_given_a_part_left_out_when_started_then_only_the_others_run(tmp_path: Path) -> None:
    with EmbeddedServices(directory=tmp_path, parts={"redis"}) as services:
        assert services.redis_url
        assert services.mongo_uri == ""
        assert services.storage is None


@pytest.mark.parametrize("program", [None, Path("/bin/false")])
def test_given_no_usable_mongod_when_started_then_one_line_says_what_to_do(
    program: Path | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mongod_module, "program_of", lambda *_: program)

    with pytest.raises(ServiceUnavailable) as caught, EmbeddedServices(directory=tmp_path, parts={"mongo"}):
        pass

    assert "AIRFLOW_CONN_CDP_MONGO" in str(caught.value)
    assert "docker compose" in str(caught.value)
    assert "\n" not in str(caught.value)
