"""Random sequences of runs, crashes and what people do between them, each step held against the model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration.domain.states import RunState
from tests.support.sequences.checks import (
    check_certificate,
    check_given_up,
    check_rollback_given_up,
    check_rolled_back,
    check_run,
    same,
)
from tests.support.sequences.model import Ended, Model
from tests.support.sequences.mortality import Doom, Fate
from tests.support.sequences.source import KNOWN_USER, LATE_USER, SourceNote, Text, moment
from tests.support.sequences.staged_rollback import StagedRollback
from tests.support.sequences.staged_run import Recovery, StagedRun
from tests.support.sequences.verdicts import certify

SETTINGS = {"batch_size": 25, "attachment_concurrency": 1}
PLAIN_NOTES = 101  # so that one failure in a hundred is allowed, and one person in a hundred
LATE_PERSONS = (9001, 9002)
REPLAYABLE = ("CONTACT_NOT_MAPPED", "ATTACHMENT_DOWNLOAD_FAILED", "OWNER_NOT_RESOLVED")

notes = st.builds(
    SourceNote,
    note_id=st.just(0),
    person=st.sampled_from([0, 0, 0, *LATE_PERSONS]),
    text=st.sampled_from([Text.FINE] * 6 + [Text.LONG, Text.UNREADABLE]),
    creator=st.sampled_from([KNOWN_USER, LATE_USER, None]),
    has_file=st.booleans(),
    in_scope=st.sampled_from([True] * 5 + [False]),
)
dooms = st.none() | st.builds(Doom, st.integers(1, 110), st.sampled_from(Fate))
dooms_of_rollbacks = st.none() | st.builds(Doom, st.integers(1, 45), st.sampled_from(Fate))
recoveries = st.sampled_from(Recovery)
picks = st.integers(0, 30)


class AccountMachine(RuleBasedStateMachine):
    """One account; `open_account` makes its world, real or in memory."""

    open_account: Callable[[dict[str, Any]], Any]

    @initialize(odd=st.lists(notes, max_size=12))
    def begin(self, odd: list[SourceNote]) -> None:
        self.account = type(self).open_account(SETTINGS)
        self.model = Model(self.account.files_base, SETTINGS["batch_size"])
        self.minutes = self.runs = 0
        for place in range(1, PLAIN_NOTES + 1):
            self._add(SourceNote(10 * place, person=0))
            if place <= len(odd):
                self._add(odd[place - 1], note_id=10 * place + 5)

    def teardown(self) -> None:
        if hasattr(self, "account"):
            self.account.close()

    # ------------------------------------------------------------------ runs
    @rule(doom=dooms, recovery=recoveries, rerun=st.sampled_from([True, True, True, False]))
    def migrate(self, doom: Doom | None, recovery: Recovery, rerun: bool) -> None:
        if self.model.state is RunState.COMPLETED_SUCCESS and not rerun:
            self._is_refused(ReasonCode.ALREADY_MIGRATED)
            return
        self._run(Model.migrate, doom, recovery, rerun=rerun)

    @rule(doom=dooms, recovery=recoveries, reasons=st.sets(st.sampled_from(REPLAYABLE)))
    def replay(self, doom: Doom | None, recovery: Recovery, reasons: set[str]) -> None:
        conf: dict[str, Any] = {"mode": "replay_failed", "reasons": sorted(reasons)}
        if self.model.state is RunState.NOT_STARTED:
            self._is_refused(ReasonCode.CID_NOT_FOUND, **conf)
            return
        self._run(lambda model: model.replay(reasons), doom, recovery, **conf)

    @rule(doom=dooms, recovery=recoveries)
    def verify(self, doom: Doom | None, recovery: Recovery) -> None:
        before = self.account.certificate()
        run = self._go(doom, recovery, mode="verify")
        found = self.account.certificate()
        if run.outcome is not None:
            assert found is not None
            assert found["run_id"] == run.run_id
        if found is not None and found != before:
            check_certificate(found, certify(self.model))
        self._changed_nothing()

    @rule(doom=dooms, recovery=recoveries)
    def dry_run(self, doom: Doom | None, recovery: Recovery) -> None:
        self._go(doom, recovery, mode="dry_run")
        self._changed_nothing()

    @rule(doom=dooms_of_rollbacks, recovery=recoveries)
    def roll_back(self, doom: Doom | None, recovery: Recovery) -> None:
        if not self._can_be_rolled_back():
            self._is_refused(ReasonCode.CID_NOT_FOUND, undo=True, dry_run=False)
            return
        before = self.model.copy()
        removed = self.model.roll_back()
        run = self._undo(doom, recovery, dry_run=False)
        if run.has_ended:
            check_rolled_back(self.account, run, self.model, removed)
        else:
            self.model = check_rollback_given_up(self.account, run, before, self.model)

    @rule(doom=dooms_of_rollbacks, recovery=recoveries)
    def count_a_rollback(self, doom: Doom | None, recovery: Recovery) -> None:
        if not self._can_be_rolled_back():
            self._is_refused(ReasonCode.CID_NOT_FOUND, undo=True)
            return
        run = self._undo(doom, recovery)
        if run.has_ended:
            counted = self.account.counted(run.run_id)
            assert counted["documents"] == len(self.model.removable())
            assert counted["documents"] + sum(counted["kept"].values()) == len(self.model.documents)
        self._changed_nothing()

    # ------------------------------------------------------------------ what others do
    @rule(whom=st.sampled_from([*LATE_PERSONS, LATE_USER]))
    def learn_of(self, whom: int) -> None:
        """A contact is mapped, or identity gets to know a user."""
        if whom == LATE_USER:
            self.account.know_user(whom)
            self.model.users.add(whom)
        else:
            self._map_person(whom)

    @rule(system=st.sampled_from(["identity", "cdn"]), up=st.booleans())
    def switch(self, system: str, up: bool) -> None:
        self.account.switch(system, up=up)
        setattr(self.model, f"{system}_up", up)

    @rule(note=notes)
    def add_note(self, note: SourceNote) -> None:
        self._add(note, note_id=max(self.model.source) + 10)

    @rule(pick=picks, text=st.sampled_from([None, Text.FINE, Text.FINE, Text.LONG, Text.UNREADABLE]))
    def change_note(self, pick: int, text: Text | None) -> None:
        """Without a text it is deleted at the source."""
        note = self.model.source[self._picked(sorted(self.model.source), pick)]
        if text is not None:
            self._put(replace(note, text=text, changed=self._minute()))
            return
        del self.model.source[note.note_id]
        self.account.delete_note(note)

    @precondition(lambda self: self.model.documents)
    @rule(pick=picks, how=st.sampled_from(["edits", "deletes", "erases"]))
    def user_of_the_cdp(self, pick: int, how: str) -> None:
        found = self.model.documents[self._picked(sorted(self.model.documents, key=int), pick)]
        if how == "erases":
            del self.model.documents[found.note_id]
            self.account.erase_document(found.note_id)
            return
        edited = replace(found, note="<p>changed by hand</p>", updated_at=moment(self._minute()))
        document = edited if how == "edits" else replace(found, is_deleted=True)
        self.model.documents[found.note_id] = document
        self.account.replace_document(document)

    # ------------------------------------------------------------------ parts
    def _run(self, act: Callable[[Model], Ended], doom: Doom | None, recovery: Recovery, **conf: Any) -> None:
        before = self.model.copy()
        expected = act(self.model)
        run = self._go(doom, recovery, **conf)
        if run.has_ended:
            check_run(self.account, run, self.model, expected)
        else:
            self.model = check_given_up(self.account, run, before, self.model, expected)

    def _go(self, doom: Doom | None, recovery: Recovery, **conf: Any) -> StagedRun:
        self.runs += 1
        self.account.pass_time()
        run = StagedRun(
            self.account.pipeline, self.account.mortality, recovery, run_id=f"acme__{self.runs}", conf=conf
        )
        self.account.mortality.doom(doom)
        run.go()
        self.account.mortality.doom(None)
        return run

    def _undo(self, doom: Doom | None, recovery: Recovery, **conf: Any) -> StagedRollback:
        self.runs += 1
        self.account.pass_time()
        run = StagedRollback(
            self.account.undoing,
            self.account.mortality,
            recovery,
            run_id=f"undo-{self.runs}",
            conf=conf,
            state=self.account.state,
        )
        self.account.mortality.doom(doom)
        run.go()
        self.account.mortality.doom(None)
        return run

    def _can_be_rolled_back(self) -> bool:
        return self.model.bound and self.model.state is not RunState.NOT_STARTED

    def _is_refused(self, reason: ReasonCode, *, undo: bool = False, **conf: Any) -> None:
        with pytest.raises(FatalError) as refusal:
            (self._undo if undo else self._go)(None, Recovery.RETRIED, **conf)
        assert refusal.value.reason is reason
        self._changed_nothing()

    def _changed_nothing(self) -> None:
        same("documents", self.account.documents(), self.model.documents)
        same("records of failures", self.account.records(), self.model.records)
        assert self.account.state() is self.model.state

    def _add(self, note: SourceNote, **changes: Any) -> None:
        note = replace(note, **changes)
        if note.person == 0:
            note = replace(note, person=100_000 + note.note_id)
            self._map_person(note.person)
        self._put(note)

    def _map_person(self, person: int) -> None:
        self.account.map_person(person)
        self.model.mapped.add(person)

    def _put(self, note: SourceNote) -> None:
        self.model.source[note.note_id] = note
        self.account.put_note(note)

    def _minute(self) -> int:
        self.minutes += 1
        return self.minutes

    @staticmethod
    def _picked(among: list[Any], pick: int) -> Any:
        return among[pick % len(among)]
