"""Many triggers at once: a few are worked on, the others wait their turn, and nobody else waits for them."""

from __future__ import annotations

import asyncio
import threading

import httpx

from notes_migration.domain.conf import MigrationConf
from notes_migration_airflow.front_door.asgi_app import make_asgi_app
from notes_migration_airflow.front_door.routes import TRIGGERS_AT_ONCE
from tests.fakes.front_door import InMemoryDoor, StubProbes, basic

CALLERS = 20


class HeldProbes(StubProbes):
    """Probes that answer when told to, and count how many are being asked."""

    def __init__(self) -> None:
        super().__init__()
        self.release, self.all_in = threading.Event(), threading.Event()
        self.inside = self.most_inside = 0
        self._lock = threading.Lock()

    def check(self, conf: MigrationConf) -> None:
        with self._lock:
            self.inside += 1
            self.most_inside = max(self.most_inside, self.inside)
            if self.inside == TRIGGERS_AT_ONCE:
                self.all_in.set()
        assert self.release.wait(timeout=20)
        with self._lock:
            self.inside -= 1


def test_given_many_triggers_at_once_when_worked_on_then_four_are_and_others_wait_but_a_status_does_not() -> (
    None
):
    door = InMemoryDoor()
    probes = door.probes = HeldProbes()
    transport = httpx.ASGITransport(app=make_asgi_app(door))

    async def call_all() -> tuple[int, list[int]]:
        async with httpx.AsyncClient(
            transport=transport, base_url="http://airflow", headers={"Authorization": basic()}
        ) as client:
            bodies = [{"cid": f"a{n}", "company_sso_id": f"a{n}-company"} for n in range(CALLERS)]
            triggers = [
                asyncio.create_task(client.post("/private/notes/migrate", json=body)) for body in bodies
            ]
            assert await asyncio.to_thread(probes.all_in.wait, 20)
            status = await client.get("/private/notes/migration/status?cid=a0")
            probes.release.set()
            return status.status_code, [answer.status_code for answer in await asyncio.gather(*triggers)]

    status, triggered = asyncio.run(call_all())

    assert (status, triggered) == (404, [200] * CALLERS)
    assert probes.most_inside == TRIGGERS_AT_ONCE
