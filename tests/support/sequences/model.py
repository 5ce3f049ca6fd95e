"""What a migration must do to an account, small enough to be read at once.

The model knows no intents, no batches' results and no crash: a run that died and was tried again must
end as one that did not. It never asks the code under test, except what a run has done that was given up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.states import RunState
from notes_migration.domain.verification import StoredNote
from tests.support.sequences.source import KNOWN_USER, SourceNote

SUCCESS = Outcome(RunState.COMPLETED_SUCCESS)
MISMATCH = Outcome(RunState.COMPLETED_WITH_ERRORS, ReasonCode.MATCH_BELOW_THRESHOLD)


class Thing(NamedTuple):
    """What can be on record as failed."""

    kind: str
    note_id: str
    asset: str | None = None


@dataclass
class Sums:
    """What a run counts."""

    migrated: int = 0
    already_present: int = 0
    failed: int = 0
    erased_in_cdp: int = 0
    linked: int = 0
    files_failed: int = 0
    resolved: int = 0
    by_label: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def processed(self) -> int:
        return self.migrated + self.already_present + self.failed + self.erased_in_cdp

    def fail(self, reason: ReasonCode) -> None:
        self.failed += 1
        self.reasons[str(reason)] += 1

    def classes(self, in_scope: int, out_of_scope: int) -> dict[str, int]:
        return {
            "migrated": self.migrated,
            "already_present": self.already_present,
            "failed": self.failed,
            "erased_in_cdp": self.erased_in_cdp,
            "vanished_at_source": max(0, in_scope - self.processed),
            "out_of_scope": out_of_scope,
        }


@dataclass(frozen=True)
class Frozen:
    """What a migrating run has frozen, and which notes were delivered to it."""

    in_scope: int
    out_of_scope: int
    max_id: int
    delivered: frozenset[str] = frozenset()
    read_to_the_end: bool = False


@dataclass
class Ended:
    """How a run must end."""

    outcome: Outcome
    sums: Sums
    frozen: Frozen

    @property
    def classes(self) -> dict[str, int]:
        return self.sums.classes(self.frozen.in_scope, self.frozen.out_of_scope)


@dataclass
class Model:
    """The account, its neighbours, and what every run must make of them.

    written: ids that some run has written and no rollback has removed, with their `updated_at`.
    linked: ids whose file some run has linked. counted: what a replay that was given up has mended and
    counted, though it is still on record. bound: the account has a tenant. runs_undone: how many of
    `runs` a rollback has undone. remnants: ids whose files a rollback that was given up has left.
    spare_files: how many files too many the quota may count since then.
    """

    files_base: str
    batch_size: int
    source: dict[int, SourceNote] = field(default_factory=dict)
    mapped: set[int] = field(default_factory=set)
    users: set[int] = field(default_factory=lambda: {KNOWN_USER})
    identity_up: bool = True
    cdn_up: bool = True
    documents: dict[str, StoredNote] = field(default_factory=dict)
    written: dict[str, datetime | None] = field(default_factory=dict)
    linked: set[str] = field(default_factory=set)
    records: dict[Thing, ReasonCode] = field(default_factory=dict)
    counted: set[Thing] = field(default_factory=set)
    state: RunState = RunState.NOT_STARTED
    runs: list[Frozen] = field(default_factory=list)
    bound: bool = False
    runs_undone: int = 0
    remnants: set[str] = field(default_factory=set)
    spare_files: int = 0

    def copy(self) -> Model:
        """Return a model that can go its own way; all values are frozen."""
        return replace(
            self,
            source=dict(self.source),
            mapped=set(self.mapped),
            users=set(self.users),
            documents=dict(self.documents),
            written=dict(self.written),
            linked=set(self.linked),
            counted=set(self.counted),
            records=dict(self.records),
            runs=list(self.runs),
            remnants=set(self.remnants),
        )

    # ------------------------------------------------------------------ migrate
    def migrate(self) -> Ended:
        """Run the account from its first note to its last, or to where it must halt."""
        frozen, sums = self.freeze(), Sums()
        persons = {each.person for each in self.in_scope(frozen.max_id)}
        if 100 * len(persons & self.mapped) < 99 * len(persons):
            return self._end(Outcome(RunState.HALTED, ReasonCode.COVERAGE_BELOW_THRESHOLD), sums, frozen)
        self.bound = True
        delivered: list[SourceNote] = []
        for page in chunks(self.in_scope(frozen.max_id), self.batch_size):
            if fails(sums, frozen):
                break
            for note in page:
                self._migrate_note(note, sums)
            delivered += page
        frozen = replace(frozen, delivered=frozenset(each.key for each in delivered))
        return self._end(self._verdict(sums, frozen), sums, frozen)

    def freeze(self) -> Frozen:
        in_scope = self.in_scope(max(self.source, default=0))
        return Frozen(len(in_scope), len(self.source) - len(in_scope), max(self.source, default=0))

    def in_scope(self, max_id: int) -> list[SourceNote]:
        return [
            self.source[key] for key in sorted(self.source) if key <= max_id and self.source[key].in_scope
        ]

    def _migrate_note(self, note: SourceNote, sums: Sums) -> None:
        if note.key in self.documents:
            self.records.pop(Thing("note", note.key), None)
            sums.already_present += 1
        elif note.key in self.written:
            sums.erased_in_cdp += 1
        elif (problem := note.problem(self.mapped)) is not None:
            sums.fail(problem)
            self.records[Thing("note", note.key)] = problem
        else:
            self._write(note, sums)

    def _write(self, note: SourceNote, sums: Sums) -> None:
        owner_id = self.owner_of(note)
        linked = note.has_file and self.cdn_up
        self.documents[note.key] = note.stored(
            files_base=self.files_base, owner_id=owner_id, with_file=linked
        )
        self.written[note.key] = note.updated_at
        self.linked |= {note.key} if linked else set()
        self.records = {thing: why for thing, why in self.records.items() if thing.note_id != note.key}
        if note.has_file and not linked:
            self.records[Thing("attachment", note.key, note.asset)] = ReasonCode.ATTACHMENT_DOWNLOAD_FAILED
        if owner_id is None and note.creator is not None:
            self.records[Thing("owner", note.key)] = ReasonCode.OWNER_NOT_RESOLVED
        sums.migrated += 1
        sums.linked += linked
        sums.files_failed += note.has_file and not linked
        sums.resolved += owner_id is not None
        sums.by_label += owner_id is None

    def owner_of(self, note: SourceNote) -> str | None:
        known = self.identity_up and note.creator in self.users
        return f"sso-{note.creator}" if known else None

    def _verdict(self, sums: Sums, frozen: Frozen) -> Outcome:
        if fails(sums, frozen):
            return Outcome(RunState.HALTED, ReasonCode.FAILURE_RATE_EXCEEDED)
        undelivered = max(0, len(self.in_scope(frozen.max_id)) - sums.processed)
        wanted = sums.processed - sums.erased_in_cdp + undelivered
        present = sums.migrated + sums.already_present
        return SUCCESS if 100 * present >= 99 * wanted else MISMATCH

    def _end(self, outcome: Outcome, sums: Sums, frozen: Frozen) -> Ended:
        frozen = replace(frozen, read_to_the_end=outcome.state is not RunState.HALTED)
        self.runs.append(frozen)
        self.state = outcome.state
        return Ended(outcome, sums, frozen)

    # ------------------------------------------------------------------ roll back
    def removable(self) -> set[str]:
        """Return the ids of documents that are as some run has written them."""
        return {
            key
            for key, each in self.documents.items()
            if not each.is_deleted and each.updated_at == self.written.get(key)
        }

    def roll_back(self) -> set[str]:
        """Remove what is untouched; what is not, and what was erased, stays known as written."""
        removed = self.removable()
        for key in removed:
            del self.documents[key], self.written[key]
        self.linked &= self.documents.keys()
        self.remnants, self.counted, self.records, self.spare_files = set(), set(), {}, 0
        self.runs_undone, self.state = len(self.runs), RunState.NOT_STARTED
        return removed

    # ------------------------------------------------------------------ replay
    def replay(self, reasons: Collection[str]) -> Ended:
        """Write and mend what is on record as failed; every other note keeps the class that it has."""
        former = self.replayed()
        frozen, known = (former, former.delivered) if former else (self.freeze(), frozenset[str]())
        asked = {each.note_id for each, why in self.records.items() if not reasons or why in reasons}
        delivered = {each.key: each for each in self.source.values() if each.key in asked and each.in_scope}
        self.bound |= bool(delivered)  # with a page to write
        sums, before = Sums(), dict(self.records)
        self._carry(known - delivered.keys(), asked, before, sums)
        for key in sorted(delivered, key=int):
            written = key not in self.documents and key not in self.written
            self._migrate_note(delivered[key], sums)
            if not written:
                self._mend(delivered[key], reasons, sums)
        outcome = self._verdict(sums, frozen)
        if self.state is RunState.COMPLETED_SUCCESS:
            outcome = replace(outcome, state=RunState.COMPLETED_SUCCESS)
        self.state = outcome.state
        return Ended(outcome, sums, frozen)

    def replayed(self) -> Frozen | None:
        """Return the run that a replay counts on: the newest that read everything, else anything."""
        runs = self.runs[self.runs_undone :]
        complete = [each for each in runs if each.read_to_the_end]
        partial = [each for each in runs if each.delivered]
        return [None, *runs, *partial, *complete][-1]

    def _carry(
        self, rest: Iterable[str], asked: set[str], records: dict[Thing, ReasonCode], sums: Sums
    ) -> None:
        for key in rest:
            if key in self.documents:
                sums.already_present += 1
            elif key in self.written:
                sums.erased_in_cdp += 1
            elif key not in asked:
                sums.fail(records.get(Thing("note", key), ReasonCode.INTERNAL_ERROR))

    def _mend(self, note: SourceNote, reasons: Collection[str], sums: Sums) -> None:
        stored = self.documents.get(note.key)
        if stored is None or note.problem(set()) is ReasonCode.NOTE_INVALID or touched(note, stored):
            return
        file, owner = Thing("attachment", note.key, note.asset), Thing("owner", note.key)
        if self._is_replayed(file, reasons) and self.cdn_up:
            self.documents[note.key] = stored = replace(
                stored, files=note.stored(files_base=self.files_base, owner_id=None, with_file=True).files
            )
            del self.records[file]
            self.linked.add(note.key)
            sums.linked += file not in self.counted
        elif self._is_replayed(file, reasons):
            sums.files_failed += 1
        owner_id = self.owner_of(note)
        if self._is_replayed(owner, reasons) and owner_id is not None:
            self.documents[note.key] = replace(stored, owner_id=owner_id, owner_label=None)
            del self.records[owner]
            sums.resolved += owner not in self.counted

    def _is_replayed(self, thing: Thing, reasons: Collection[str]) -> bool:
        return thing in self.records and (not reasons or self.records[thing] in reasons)


def touched(note: SourceNote, stored: StoredNote) -> bool:
    return stored.is_deleted or stored.updated_at != note.updated_at


def fails(sums: Sums, frozen: Frozen) -> bool:
    return 100 * sums.failed > frozen.in_scope


def chunks(notes: list[SourceNote], size: int) -> list[list[SourceNote]]:
    return [notes[start : start + size] for start in range(0, len(notes), size)]
