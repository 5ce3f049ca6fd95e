"""What a certificate must say of the modelled account."""

from __future__ import annotations

from dataclasses import dataclass, field

from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.verification import StoredNote
from tests.support.sequences.model import Model, Sums, Thing
from tests.support.sequences.source import PNG, SourceNote, Text


@dataclass
class Certified:
    """The sums of a certificate, and its differences as (note id, kind)."""

    sums: Sums
    in_scope: int
    out_of_scope: int
    added_since: int
    differences: set[tuple[str, str]] = field(default_factory=set)

    @property
    def classes(self) -> dict[str, int]:
        return self.sums.classes(self.in_scope, self.out_of_scope)


def certify(model: Model) -> Certified:
    """Return what a verification of the account as it stands must find."""
    until = max((each.max_id for each in model.runs), default=0) or max(model.source, default=0)
    in_scope = model.in_scope(until)
    total = sum(key <= until for key in model.source)
    everything = model.in_scope(max(model.source, default=0))
    found = Certified(Sums(), len(in_scope), total - len(in_scope), len(everything) - len(in_scope))
    for note in in_scope:
        stored = model.documents.get(note.key)
        if stored is None:
            _absent(model, note, found)
        else:
            _present(model, note, stored, found)
    for key in model.documents.keys() - {each.key for each in in_scope}:
        found.differences.add((key, "deleted_at_source" if key in model.written else "extra"))
    return found


def _absent(model: Model, note: SourceNote, found: Certified) -> None:
    if note.key in model.written:
        found.sums.erased_in_cdp += 1
        found.differences.add((note.key, "erased_in_cdp"))
        return
    reason = model.records.get(Thing("note", note.key)) or note.problem(model.mapped)
    found.sums.fail(reason or ReasonCode.INTERNAL_ERROR)
    if reason is None:
        found.differences.add((note.key, "missing"))


def _present(model: Model, note: SourceNote, stored: StoredNote, found: Certified) -> None:
    sums = found.sums
    if note.key in model.written:
        sums.migrated += 1
    else:
        sums.already_present += 1
    sums.by_label += stored.owner_id is None
    sums.resolved += stored.owner_id is not None
    if note.text is Text.UNREADABLE:
        found.differences.add((note.key, "changed_at_source"))
        return
    sums.linked += len(stored.files)
    since = _since(note, stored)
    if since is not None:
        found.differences.add((note.key, since))
        return
    if stored.owner_id is None and model.owner_of(note) is not None:
        found.differences.add((note.key, "owner"))
    if note.has_file and not stored.files:
        sums.files_failed += 1
        if Thing("attachment", note.key, note.asset) not in model.records:
            found.differences.add((note.key, "attachments"))


def _since(note: SourceNote, stored: StoredNote) -> str | None:
    assert stored.updated_at is not None
    if stored.is_deleted or stored.updated_at > note.updated_at:
        return "edited_in_cdp"
    return "changed_at_source" if note.updated_at > stored.updated_at else None


def linked_bytes(model: Model) -> range:
    """Return the bytes that the account's runs may have counted.

    A replay that was given up may have linked a file and not counted it; the next one does.
    """
    on_record = {each.note_id for each in model.records if each.kind == "attachment"}
    most = len(model.linked) + model.spare_files
    return range(len(model.linked - on_record) * len(PNG), most * len(PNG) + 1)
