"""The board's sources in memory, and the board over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from notes_migration.domain.errors import MigrationError
from notes_migration.ports.board import FailureGroup, SeenAccount, SeenDryRun, SeenRun
from notes_migration.services.read_board import ReadBoard
from notes_migration.services.show_certificate import ShowCertificate
from tests.fakes.certificates import InMemoryCertificates
from tests.fakes.clock import SteppedClock
from tests.fakes.front_door import InMemoryFailureList


class InMemoryBoardSource:
    """BoardSource; `error` is raised by every method, `reads` counts the calls of `accounts`."""

    def __init__(self) -> None:
        self.seen: list[SeenAccount] = []
        self.run_list: list[SeenRun] = []
        self.groups: list[FailureGroup] = []
        self.last_dry_run: SeenDryRun | None = None
        self.error: MigrationError | None = None
        self.reads = 0

    def accounts(self) -> Sequence[SeenAccount]:
        self._answer()
        self.reads += 1
        return self.seen

    def account(self, cid: str) -> SeenAccount | None:
        self._answer()
        return next((each for each in self.seen if each.account.cid == cid), None)

    def account_of(self, run_id: str) -> str | None:
        self._answer()
        runs = (each.last_run for each in self.seen)
        return next(
            (run.company_sso_id.removesuffix("-company") for run in runs if run and run.run_id == run_id),
            None,
        )

    def runs(self, cid: str, *, limit: int) -> Sequence[SeenRun]:
        self._answer()
        return self.run_list[:limit]

    def dry_run(self, cid: str) -> SeenDryRun | None:
        self._answer()
        return self.last_dry_run

    def failures(self, cid: str, *, ids_per_group: int) -> Sequence[FailureGroup]:
        self._answer()
        return self.groups

    def _answer(self) -> None:
        if self.error is not None:
            raise self.error


class InMemoryLiveStatus:
    """LiveStatus; `asked` are the accounts of each read."""

    def __init__(self) -> None:
        self.records: dict[str, Mapping[str, Any]] = {}
        self.asked: list[list[str]] = []
        self.error: MigrationError | None = None

    def read_many(self, cids: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        if self.error is not None:
            raise self.error
        self.asked.append(list(cids))
        return {cid: self.records[cid] for cid in cids if cid in self.records}


@dataclass
class InMemoryBoard:
    """Board over fakes."""

    source: InMemoryBoardSource = field(default_factory=InMemoryBoardSource)
    live: InMemoryLiveStatus = field(default_factory=InMemoryLiveStatus)
    failed: InMemoryFailureList = field(default_factory=InMemoryFailureList)
    certificates: InMemoryCertificates = field(default_factory=InMemoryCertificates)
    clock: SteppedClock = field(default_factory=SteppedClock)

    def reader(self) -> ReadBoard:
        return ReadBoard(self.source, self.live, self.clock)

    def failures(self) -> InMemoryFailureList:
        return self.failed

    def certificate(self) -> ShowCertificate:
        return ShowCertificate(self.certificates, self.source, self.clock)
