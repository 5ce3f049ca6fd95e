"""What a rollback may remove: documents that the migration wrote and that nobody has touched since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError

from notes_migration.domain.accounts import AccountRecord
from notes_migration.domain.attachments import is_own_asset
from notes_migration.domain.conf import AccountId
from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration.domain.guarding import already_running, bound_to_another
from notes_migration.domain.ids import crm_id
from notes_migration.domain.run import RollbackMode
from notes_migration.domain.settings import describe
from notes_migration.domain.states import RunState

# CRM id -> every `updated_at` that a batch has noted before it wrote the note; empty where none has.
Intended = Mapping[str, frozenset[datetime]]


class RollbackConf(BaseModel):
    """The conf of one rollback; unknown keys are refused by name."""

    model_config = ConfigDict(frozen=True, extra="forbid", regex_engine="python-re")

    cid: AccountId = Field(title="Account (cid)", description="CRM organization id of the account")
    company_sso_id: AccountId = Field(
        title="CDP tenant", description="company_sso_id of the account in the CDP"
    )
    dry_run: StrictBool = Field(
        True,
        title="Only count",
        description="counts what would go; false: asks for an approval, then removes",
    )

    @property
    def mode(self) -> RollbackMode:
        return RollbackMode.ROLLBACK_DRY_RUN if self.dry_run else RollbackMode.ROLLBACK


class Kept(StrEnum):
    """Why a document stays."""

    EDITED = "edited"
    DELETED = "deleted"  # softly, by a user of the CDP
    NOT_KNOWN = "not_known"  # no `updated_at` was noted before it was written


class RollbackEnd(StrEnum):
    """How a rollback ended, as its record has it (`report.end`)."""

    DRY_RUN = "dry_run"
    ROLLED_BACK = "rolled_back"
    REJECTED = "rejected"
    NOT_ANSWERED = "not_answered"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells whether somebody has touched a stored note; `updated_at` is None where it is no date."""

    updated_at: datetime | None
    is_deleted: bool


@dataclass(frozen=True, slots=True)
class Sorted:
    """The notes that an account's runs meant to write, by what becomes of them; ids ascending.

    absent: no document, whether it was never written or is gone.
    """

    removable: Intended = field(default_factory=dict)
    kept: Mapping[str, Kept] = field(default_factory=dict)
    absent: Sequence[str] = ()

    def kept_by_reason(self) -> dict[str, int]:
        return dict(Counter(str(reason) for reason in self.kept.values()))

    def kept_ids(self) -> dict[str, list[str]]:
        """Return reason -> ids."""
        reasons = sorted(set(self.kept.values()))
        return {str(reason): [key for key, why in self.kept.items() if why is reason] for reason in reasons}


def parse_rollback_conf(raw: object) -> RollbackConf:
    """Read a rollback's conf.

    Raises:
        FatalError: INVALID_REQUEST, naming each bad field and never a value.
    """
    if not isinstance(raw, Mapping):
        raise FatalError(ReasonCode.INVALID_REQUEST, "conf is not a JSON object")
    try:
        return RollbackConf.model_validate(dict(raw))
    except ValidationError as error:
        raise FatalError(ReasonCode.INVALID_REQUEST, describe(error)) from None


def refuse_rollback(
    conf: RollbackConf, records: Iterable[AccountRecord], *, run_id: str
) -> FatalError | None:
    """Return why the account must not be rolled back, or None.

    records: those that name the cid or the company.
    """
    found = list(records)
    if any(each.binding and bound_to_another(conf, each.binding) for each in found):
        return FatalError(
            ReasonCode.TENANT_MISMATCH,
            "this account or this company_sso_id is bound to another; check the pair in the conf",
        )
    account = next((each for each in found if each.cid == conf.cid), None)
    if account is None or account.binding is None or account.state is RunState.NOT_STARTED:
        return FatalError(
            ReasonCode.CID_NOT_FOUND,
            "there is nothing to roll back: the account was never migrated, or is rolled back already",
        )
    if account.active_run_id not in {None, run_id}:
        return already_running()
    return None


def sort_out(intended: Intended, stored: Mapping[str, Stamp]) -> Sorted:
    """Tell apart what may be removed, what stays and what is not there."""
    removable, kept, absent = dict[str, frozenset[datetime]](), dict[str, Kept](), []
    for note_id, written in sorted(intended.items(), key=lambda each: int(each[0])):
        stamp = stored.get(note_id)
        if stamp is None:
            absent.append(note_id)
        elif stamp.is_deleted:
            kept[note_id] = Kept.DELETED
        elif stamp.updated_at in written:
            removable[note_id] = written
        else:
            kept[note_id] = Kept.EDITED if written else Kept.NOT_KNOWN
    return Sorted(removable, kept, tuple(absent))


def note_of_key(company_sso_id: str, key: str) -> str | None:
    """Return the CRM id of the note whose file the key is, or None for a key that is not of our making."""
    company, _, rest = key.partition("/")
    note_id, _, asset = rest.partition("/")
    ours = company == company_sso_id and crm_id(note_id) is not None and is_own_asset(asset)
    return note_id if ours else None


@dataclass(frozen=True, slots=True)
class RollbackCounts:
    """What a rollback would remove and keep; `bytes` are of the objects."""

    documents: int
    objects: int
    bytes: int
    kept: Mapping[str, int]
    absent: int

    def to_json(self) -> dict[str, Any]:
        return {
            "documents": self.documents,
            "objects": self.objects,
            "bytes": self.bytes,
            "kept": dict(self.kept),
            "absent": self.absent,
        }
