"""`notes_migration_runs`: what each run was asked, by whom, under which settings, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bson.codec_options import CodecOptions
from pymongo import ASCENDING, DESCENDING
from pymongo.collection import Collection as MongoCollection

from notes_migration.adapters.counts_codec import counts_to_document
from notes_migration.adapters.mongo_border import translated
from notes_migration.domain.conf import Mode
from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.ledger import Ledger
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.run import RollbackMode, Run
from notes_migration.domain.settings import MigrationSettings, parse_settings
from notes_migration.domain.states import RunState

Document = dict[str, Any]
COLLECTION = "notes_migration_runs"
AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True)
_REPLAY = frozenset({"reasons", "replay_of", "keeps_success"})
_OWN_FORM = frozenset({"settings", "mode", "stopped", "run_id", "max_id"}) | _REPLAY
_FACTS = tuple(name for name in Run.__slots__ if name not in _OWN_FORM)
_DELIVERED = ("migrated", "already_present", "failed", "erased_in_cdp")
_HOW_MUCH_IT_HAS_READ: Document = {
    "$switch": {
        "branches": [
            {
                "case": {"$in": ["$status", [RunState.COMPLETED_SUCCESS, RunState.COMPLETED_WITH_ERRORS]]},
                "then": 2,  # everything
            },
            {
                "case": {"$gt": [{"$add": [f"$counts.{name}" for name in _DELIVERED]}, 0]},
                "then": 1,  # something
            },
        ],
        "default": 0,
    }
}


class MongoRuns:
    """RunRecords; `_id` is the run id."""

    def __init__(self, collection: MongoCollection[Document], *, code_version: str) -> None:
        self._runs = collection.with_options(codec_options=AWARE)
        self._code_version = code_version

    def ensure_indexes(self) -> None:
        """Make the index by which an account's runs are found; where it exists nothing happens."""
        with translated("making the index of the runs"):
            self._runs.create_index([("cid", ASCENDING), ("started_at", DESCENDING)], name="cid_started_at")

    def next_attempt(self, run_id: str) -> int:
        with translated("reading the run's record"):
            found = self._runs.find_one({"_id": run_id}, {"attempt": 1})
        return found["attempt"] + 1 if found else 1

    def start(self, run: Run) -> None:
        record = {
            **{name: getattr(run, name) for name in _FACTS},
            "run_id": run.run_id,
            "mode": run.mode,
            "max_id": str(run.max_id),  # may be above what BSON counts to
            "stopped": run.stopped,
            "reasons": list(run.reasons),
            "replay_of": run.replay_of,
            "keeps_success": run.keeps_success,
            "settings": run.settings.model_dump(mode="json"),
            "code_version": self._code_version,
            "source_total": run.in_scope + run.out_of_scope,
            "status": RunState.IN_PROGRESS,
            "reason_code": None,
        }
        with translated("starting the run's record"):
            self._runs.replace_one({"_id": run.run_id}, record, upsert=True)

    def find(self, run_id: str) -> Run | None:
        with translated("reading the run's record"):
            found = self._runs.find_one({"_id": run_id})
        return None if found is None else _to_run(found)

    def highest_id(self, cid: str) -> int:
        with translated("reading how far the account was migrated"):
            found = list(self._runs.find({"cid": cid, "mode": Mode.MIGRATE}, {"max_id": 1}))
        return max((int(each["max_id"]) for each in found), default=0)

    def latest_migration(self, cid: str) -> Run | None:
        rolled_back = {"cid": cid, "mode": "rollback", "status": RunState.NOT_STARTED}
        query: Document = {"cid": cid, "mode": Mode.MIGRATE, "max_id": {"$ne": "0"}}
        with translated("reading the account's last migration"):
            undone = self._runs.find_one(rolled_back, sort=[("started_at", DESCENDING)])
            if undone is not None:
                query["started_at"] = {"$gt": undone["started_at"]}
            found = list(
                self._runs.aggregate(
                    [
                        {"$match": query},
                        {"$set": {"known": _HOW_MUCH_IT_HAS_READ}},
                        {"$sort": {"known": DESCENDING, "started_at": DESCENDING}},
                        {"$limit": 1},
                    ]
                )
            )
        return _to_run(found[0]) if found else None

    def outcome(self, run_id: str) -> Outcome | None:
        with translated("reading the run's outcome"):
            found = self._runs.find_one({"_id": run_id}, {"status": 1, "reason_code": 1})
        if found is None or found["status"] == RunState.IN_PROGRESS:
            return None
        reason = found["reason_code"]
        return Outcome(RunState(found["status"]), ReasonCode(reason) if reason else None)

    def stop(self, run: Run, reason: ReasonCode) -> None:
        query = {
            "_id": run.run_id,
            "attempt": run.attempt,
            "stopped": None,
            "status": RunState.IN_PROGRESS,
        }
        with translated("recording why the run stops"):
            self._runs.update_one(query, {"$set": {"stopped": reason}})

    def report(self, run: Run, findings: Mapping[str, Any]) -> None:
        query = {"_id": run.run_id, "attempt": run.attempt}
        fields = {f"report.{name}": value for name, value in findings.items()}
        with translated("adding to the run's report"):
            self._runs.update_one(query, {"$set": fields})

    def reported(self, run: Run) -> Document:
        with translated("reading the run's report"):
            found = self._runs.find_one({"_id": run.run_id, "attempt": run.attempt}, {"report": 1})
        report: Document = (found or {}).get("report", {})
        return report

    def finish(self, run: Run, outcome: Outcome, ledger: Ledger, *, now: datetime) -> None:
        fields = {
            "status": outcome.state,
            "reason_code": outcome.reason,
            "finished_at": now,
            # Of what was not read to the end, or not read at all, nothing can be said.
            "match_pct": None if outcome.state is RunState.HALTED or _is_rollback(run) else ledger.match_pct,
            "failure_rate": ledger.failure_rate,
            **_counts(ledger),
        }
        with translated("finishing the run's record"):
            self._runs.update_one({"_id": run.run_id, "attempt": run.attempt}, {"$set": fields})


def _counts(ledger: Ledger) -> Document:
    batches = counts_to_document(ledger.batches)
    attachments = {**batches["attachments"], "total": ledger.batches.attachments.total}
    return {
        "source_total": ledger.source_total,
        "counts": ledger.classes(),
        "failed_by_reason": batches["failed_by_reason"],
        "attachments": attachments,
        "owners": batches["owners"],
        "checkins_dropped": batches["checkins_dropped"],
        "warnings": batches["warnings"],
    }


def _is_rollback(run: Run) -> bool:
    return isinstance(run.mode, RollbackMode)


def _mode(found: str) -> Mode | RollbackMode:
    return RollbackMode(found) if found in set(RollbackMode) else Mode(found)


def _to_run(found: Document) -> Run:
    settings: MigrationSettings = parse_settings(found["settings"])
    stopped = found["stopped"]
    return Run(
        **{name: found[name] for name in _FACTS},
        run_id=found["_id"],
        mode=_mode(found["mode"]),
        max_id=int(found["max_id"]),
        settings=settings,
        stopped=ReasonCode(stopped) if stopped else None,
        reasons=tuple(ReasonCode(each) for each in found.get("reasons", ())),
        replay_of=found.get("replay_of"),
        keeps_success=found.get("keeps_success", False),
    )
