"""The front door's neighbours in memory, and the door over them."""

from __future__ import annotations

import asyncio
import threading
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.types import ASGIApp

from notes_migration.adapters.memory_login_failures import MemoryLoginFailures
from notes_migration.domain.accounts import AccountRecord
from notes_migration.domain.basic_auth import Credentials
from notes_migration.domain.conf import MigrationConf
from notes_migration.domain.errors import DependencyDown, MigrationError, ReasonCode, TransientError
from notes_migration.domain.guarding import already_running
from notes_migration.domain.login_waits import Origin, Settled
from notes_migration.ports.failure_listing import FailureRow
from notes_migration.services.admit_caller import AdmitCaller
from notes_migration.services.answer_certificate import AnswerCertificate
from notes_migration.services.answer_status import AnswerStatus
from notes_migration.services.answer_trigger import AnswerTrigger
from tests.fakes.batch_ledger import InMemoryLedger
from tests.fakes.certificates import InMemoryCertificates
from tests.fakes.clock import SteppedClock
from tests.fakes.feature_flag import InMemoryFlag
from tests.fakes.run_records import InMemoryRuns
from tests.fakes.run_status import InMemoryStatus

NAME, PASSWORD = "ops", "s3cret"
DOWN = TransientError(ReasonCode.DEPENDENCY_UNAVAILABLE, "down")


class InMemoryDirectory:
    """AccountDirectory; `error` is raised by every method."""

    def __init__(self) -> None:
        self.records: dict[str, AccountRecord] = {}
        self.last_numbers: Counter[str] = Counter()
        self.error: MigrationError | None = None

    def find(self, cid: str) -> AccountRecord | None:
        self._answer()
        return self.records.get(cid)

    def related(self, *, cid: str, company_sso_id: str) -> tuple[AccountRecord, ...]:
        self._answer()
        return tuple(
            each for each in self.records.values() if each.cid == cid or each.company_sso_id == company_sso_id
        )

    def last_run_number(self, cid: str) -> int:
        self._answer()
        return self.last_numbers[cid]

    def _answer(self) -> None:
        if self.error is not None:
            raise self.error


class InMemoryLauncher:
    """RunLauncher; `launched` are the conf and caller of each run that it started."""

    def __init__(self) -> None:
        self.launched: dict[str, tuple[MigrationConf, str]] = {}
        self.busy: set[str] = set()
        self.ended: set[str] = set()
        self.error: DependencyDown | None = None
        self._lock = threading.Lock()

    def is_busy(self, cid: str) -> bool:
        return cid in self.busy

    def has_ended(self, run_id: str) -> bool:
        return run_id in self.ended

    def launch(self, conf: MigrationConf, *, above: int, triggered_by: str) -> str:
        if self.error is not None:
            raise self.error
        with self._lock:
            if conf.cid in self.busy:
                raise already_running()
            self.busy.add(conf.cid)
            run_id = f"{conf.cid}__{above + 1}"
            self.launched[run_id] = (conf, triggered_by)
        return run_id


class StubProbes:
    """DependencyProbes; `error` is what they find."""

    def __init__(self) -> None:
        self.error: MigrationError | None = None
        self.asked: list[str] = []

    def check(self, conf: MigrationConf) -> None:
        self.asked.append(conf.cid)
        if self.error is not None:
            raise self.error


class InMemoryFailureList:
    """FailureListing; `breaks_after` pages the store is gone."""

    def __init__(self) -> None:
        self.rows: list[FailureRow] = []
        self.page_rows = 2
        self.breaks_after: int | None = None

    def pages(self, cid: str) -> Iterator[Sequence[FailureRow]]:
        for number, start in enumerate(range(0, max(len(self.rows), 1), self.page_rows)):
            if number == self.breaks_after:
                raise DependencyDown("cdp_mongo", "down")
            if page := self.rows[start : start + self.page_rows]:
                yield page


class BrokenLoginFailures:
    """LoginFailures of a store that does not answer."""

    def settle(self, origin: Origin, *, right: bool) -> Settled:
        raise DOWN


@dataclass
class InMemoryDoor:
    """FrontDoor over fakes."""

    known: list[Credentials] = field(default_factory=lambda: [Credentials(NAME.encode(), PASSWORD.encode())])
    flag: InMemoryFlag = field(default_factory=InMemoryFlag)
    directory: InMemoryDirectory = field(default_factory=InMemoryDirectory)
    launcher: InMemoryLauncher = field(default_factory=InMemoryLauncher)
    probes: StubProbes = field(default_factory=StubProbes)
    redis: InMemoryStatus = field(default_factory=InMemoryStatus)
    runs: InMemoryRuns = field(default_factory=InMemoryRuns)
    batches: InMemoryLedger = field(default_factory=InMemoryLedger)
    failed: InMemoryFailureList = field(default_factory=InMemoryFailureList)
    certificates: InMemoryCertificates = field(default_factory=InMemoryCertificates)
    clock: SteppedClock = field(default_factory=SteppedClock)

    def __post_init__(self) -> None:
        counted = MemoryLoginFailures(monotonic_seconds=self.clock.monotonic_seconds)
        self._admission = AdmitCaller(
            known=lambda: self.known,
            shared=counted,
            local=counted,
            monotonic_seconds=self.clock.monotonic_seconds,
        )

    def admission(self) -> AdmitCaller:
        return self._admission

    def trigger(self) -> AnswerTrigger:
        return AnswerTrigger(self.flag, self.directory, self.probes, self.launcher)

    def status(self) -> AnswerStatus:
        return AnswerStatus(self.redis, self.directory, self.runs, self.batches, self.clock)

    def failures(self) -> InMemoryFailureList:
        return self.failed

    def certificate(self) -> AnswerCertificate:
        return AnswerCertificate(self.certificates, self.directory)


class SwitchedDoor:
    """FrontDoor that is whichever door is behind it at the moment."""

    door: InMemoryDoor

    def admission(self) -> AdmitCaller:
        return self.door.admission()

    def trigger(self) -> AnswerTrigger:
        return self.door.trigger()

    def status(self) -> AnswerStatus:
        return self.door.status()

    def failures(self) -> InMemoryFailureList:
        return self.door.failures()

    def certificate(self) -> AnswerCertificate:
        return self.door.certificate()


def basic(name: str = NAME, password: str = PASSWORD) -> str:
    """Return an `Authorization` header's value."""
    return "Basic " + b64encode(f"{name}:{password}".encode()).decode()


class DoorClient:
    """Calls an ASGI application in this process, logged in unless told otherwise; `address` is its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.address = "127.0.0.1"

    def __call__(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": basic(), **options.pop("headers", {})}
        options["headers"] = {name: value for name, value in headers.items() if value is not None}
        return asyncio.run(self._request(method, path, options))

    async def _request(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(app=self._app, client=(self.address, 123))
        async with httpx.AsyncClient(transport=transport, base_url="http://airflow") as client:
            return await client.request(method, path, **options)
