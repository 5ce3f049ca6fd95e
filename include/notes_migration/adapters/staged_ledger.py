"""BatchLedger of a run that only looks: results lie in the staging bucket and go with the run."""

from __future__ import annotations

import hashlib
import io
import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from functools import reduce
from typing import Any

from notes_migration.adapters.counts_codec import counts_from_document, counts_to_document
from notes_migration.adapters.page_staging import StagingBucket
from notes_migration.domain.differences import Difference, Kind
from notes_migration.domain.ledger import BatchCounts, add_counts
from notes_migration.domain.run import Run
from notes_migration.ports.batch_ledger import BatchLedger, BatchResult, PreparedNote
from notes_migration.ports.object_storage import NewObject


class StagedLedger:
    """Reads what earlier work has written from the real ledger, `durable`; adds nothing to it."""

    def __init__(self, bucket: StagingBucket, durable: BatchLedger) -> None:
        self._bucket = bucket
        self._durable = durable

    def begin_attempt(self, run: Run) -> None:
        """Nothing: each attempt has results of its own."""

    def intended(self, run: Run, note_ids: Collection[str]) -> set[str]:
        return set()

    def written_before(self, run: Run, note_ids: Collection[str]) -> set[str]:
        return self._durable.written_before(run, note_ids)

    def store_intent(self, run: Run, batch: str, note_ids: Collection[str]) -> None:
        """Nothing: nothing is going to be written."""

    def store_prepared(self, run: Run, batch: str, notes: Mapping[str, PreparedNote]) -> None:
        """Nothing, as above."""

    def prepared(self, run: Run, note_ids: Collection[str]) -> dict[str, PreparedNote]:
        return {}

    def store_result(self, run: Run, batch: str, result: BatchResult) -> None:
        stored = {
            "counts": counts_to_document(result.counts),
            "ids": {name: list(ids) for name, ids in result.ids.items()},
            "differences": [[each.note_id, each.kind] for each in result.differences],
            "tallies": dict(result.tallies),
        }
        body = json.dumps(stored).encode()
        key = f"{_prefix(run)}{batch}.json"
        digest = hashlib.sha256(body).hexdigest()
        self._bucket.put(NewObject(key, len(body), digest, "application/json"), io.BytesIO(body))

    def mended_elsewhere(self, run: Run, batch: str, things: Collection[str]) -> set[str]:
        return set()

    def totals(self, run: Run) -> BatchCounts:
        counts = (counts_from_document(each["counts"]) for each in self._results(run))
        return reduce(add_counts, counts, BatchCounts())

    def ids(self, run: Run, classes: Collection[str]) -> list[str]:
        found = self._results(run)
        return [note_id for each in found for name in classes for note_id in each["ids"].get(name, ())]

    def unsettled(self, run: Run) -> dict[str, set[str]]:
        return {}

    def all_intended(self, run: Run) -> set[str]:
        return set()

    def attachment_bytes(self, cid: str) -> int:
        return self._durable.attachment_bytes(cid)

    def differences(self, run: Run) -> list[Difference]:
        found = self._results(run)
        return [Difference(note_id, Kind(kind)) for each in found for note_id, kind in each["differences"]]

    def tallies(self, run: Run) -> Counter[str]:
        return sum((Counter(each["tallies"]) for each in self._results(run)), Counter[str]())

    def _results(self, run: Run) -> Iterator[dict[str, Any]]:
        for key in self._bucket.keys(_prefix(run)):
            body = self._bucket.get(key)
            if body is not None:
                yield json.loads(body)


def _prefix(run: Run) -> str:
    return f"{run.staging_prefix}results-{run.attempt}/"
