"""DependencyProbes: CRM, identity and both buckets, asked at the same time.

Callers that ask the same question at the same time share one answer: fifty triggers of one account
are one question to the CRM.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import Lock
from types import TracebackType
from typing import Self

from notes_migration.adapters.http_crm import HttpCrm
from notes_migration.adapters.http_identity import RESOLVE_PATH
from notes_migration.adapters.http_json import AnswerTooLarge, JsonApi, RemoteRefused, RemoteUnavailable
from notes_migration.domain.conf import MigrationConf
from notes_migration.domain.errors import DependencyDown, FatalError, MigrationError, ReasonCode
from notes_migration.ports.object_storage import StorageProbe

PROBE_SECONDS = 1.0
# Four questions for each of the forty threads in which an API server answers.
MOST_THREADS = 160
_LOCKED_OUT = frozenset({401, 403, 404})
Problem = FatalError | DependencyDown | None


class SharedProbes:
    """Runs probes in threads; a probe that is under way is joined, a finished one is never reused."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="probe")
        self._lock = Lock()
        self._under_way: dict[Hashable, Future[Problem]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._executor.shutdown()

    def begin(self, key: Hashable, probe: Callable[[], Problem]) -> Future[Problem]:
        """Start the probe, or join the one of the same key."""
        with self._lock:
            if key not in self._under_way:
                self._under_way[key] = self._executor.submit(self._run, key, probe)
            return self._under_way[key]

    def _run(self, key: Hashable, probe: Callable[[], Problem]) -> Problem:
        try:
            return probe()
        finally:
            with self._lock:
                self._under_way.pop(key, None)


class NeighbourProbes:
    """DependencyProbes over long-lived clients, whose own time-outs are a second or less."""

    def __init__(
        self, *, crm: JsonApi, identity: JsonApi, buckets: Mapping[str, StorageProbe], shared: SharedProbes
    ) -> None:
        self._crm = crm
        self._identity = identity
        self._buckets = buckets
        self._shared = shared

    def check(self, conf: MigrationConf) -> None:
        """See ports.dependency_probes; the CRM's answer comes first (contracts, section 3)."""
        cid, company = conf.cid, conf.company_sso_id
        begun = [
            ("crm_api", self._shared.begin(("crm_api", cid), partial(self._ask_crm, cid))),
            ("identity_api", self._shared.begin("identity_api", partial(self._ask_identity, company))),
            *(
                ("cdp_storage", self._shared.begin(("cdp_storage", name), partial(_ask_bucket, bucket)))
                for name, bucket in self._buckets.items()
            ),
        ]
        until = time.monotonic() + PROBE_SECONDS
        for dependency, answer in begun:
            problem = _wait(answer, dependency, max(0.0, until - time.monotonic()))
            if problem is not None:
                raise problem.with_traceback(None)

    def _ask_crm(self, cid: str) -> Problem:
        try:
            HttpCrm(self._crm, cid=cid, type_ids=()).count()
        except MigrationError as error:
            if isinstance(error, FatalError) and error.reason is ReasonCode.CID_NOT_FOUND:
                return error
            return DependencyDown("crm_api", error.message)
        return None

    def _ask_identity(self, company: str) -> Problem:
        body = {"company_sso_id": company, "crm_user_ids": []}
        try:
            self._identity.post(RESOLVE_PATH, body, parse=lambda _: None)
        except RemoteRefused as error:
            # It may well refuse an empty list: it is there, and that is all that was asked.
            if error.status in _LOCKED_OUT:
                return DependencyDown("identity_api", f"identity refused (status {error.status})")
        except (RemoteUnavailable, AnswerTooLarge):
            return DependencyDown("identity_api", "identity gave no usable answer")
        return None


def _ask_bucket(bucket: StorageProbe) -> Problem:
    try:
        bucket.check()
    except MigrationError as error:
        return DependencyDown("cdp_storage", error.message)
    return None


def _wait(answer: Future[Problem], dependency: str, seconds: float) -> Problem:
    try:
        return answer.result(seconds)
    except TimeoutError:
        return DependencyDown(dependency, "no answer within a second")
