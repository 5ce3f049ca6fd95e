"""One page verified over fakes: every linked file is asked for, and absent notes get their reason."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from notes_migration.domain.conf import Mode
from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.notes import parse_note
from notes_migration.domain.verification import StoredFile, StoredNote
from notes_migration.ports.batch_ledger import BatchResult, FailedRecord
from notes_migration.ports.object_storage import NewObject
from notes_migration.services.verify_account import VerifyAccount
from tests.fakes.stored_notes import InMemoryStoredNotes
from tests.support.builders import NOW, a_crm_note, a_run
from tests.support.memory_world import MemoryWorld

RUN = a_run(mode=Mode.VERIFY)
BODY = b"picture"
KEY = "acme-company/51/image-1"
RAW = a_crm_note(51, images=[{"id": 1, "url": "https://cdn.example/a"}])
NOTE = parse_note(RAW, now=NOW)
STORED = StoredNote(
    note_id="51",
    contact_id="contact-1",
    note="<p>Spoke to Sari</p>",
    owner_id="sso-77",
    owner_label=None,
    is_deleted=False,
    created_at=NOTE.created_at,
    updated_at=NOTE.updated_at,
    files=(StoredFile(f"https://files.example/{KEY}", len(BODY)),),
)


@pytest.fixture
def world() -> MemoryWorld:
    """Return a world whose storage holds the note's file."""
    world = MemoryWorld()
    new = NewObject(KEY, len(BODY), hashlib.sha256(BODY).hexdigest(), "image/png")
    world.objects.put(new, io.BytesIO(BODY))
    return world


def verify(world: MemoryWorld, *notes: StoredNote, raw: Any = RAW) -> BatchResult:
    page = world.staging.stage("runs/acme/0.json.gz", [raw], first_id=51, last_id=51)
    service = VerifyAccount(
        staging=world.staging,
        stored=InMemoryStoredNotes(*notes),
        results=world.ledger,
        failures=world.failures,
        contacts=world.contacts,
        owners=world.owners,
        objects=world.objects,
        clock=world.clock,
        file_proxy_base_url="https://files.example/",
    )
    return service.verify(RUN, page)


def kinds(result: BatchResult) -> list[str]:
    return [str(each.kind) for each in result.differences]


def test_given_a_note_and_its_file_as_they_must_be_when_verified_then_nothing_differs(
    world: MemoryWorld,
) -> None:
    result = verify(world, STORED)

    assert kinds(result) == []
    assert (result.counts.already_present, result.counts.attachments.linked) == (1, 1)
    assert result.counts.attachments.bytes == len(BODY)
    assert result.counts.warnings == {}
    assert world.ledger.totals(RUN) == result.counts


def _other_bytes(world: MemoryWorld) -> None:
    new, _ = world.objects.stored[KEY]
    world.objects.stored[KEY] = (new, b"PICTURE")


def _replaced(world: MemoryWorld) -> None:
    new, _ = world.objects.stored[KEY]
    other = hashlib.sha256(b"PICTURE").hexdigest()
    world.objects.stored[KEY] = (replace(new, sha256=other), BODY)


def _longer(world: MemoryWorld) -> None:
    longer = BODY + b"!"
    digest = hashlib.sha256(longer).hexdigest()
    world.objects.stored[KEY] = (NewObject(KEY, len(longer), digest, "image/png"), longer)


@pytest.mark.parametrize(
    "damage",
    [lambda world: world.objects.stored.clear(), _other_bytes, _replaced, _longer],
    ids=["lost", "other bytes", "another checksum noted", "another size"],
)
def test_given_a_file_that_is_not_what_was_stored_when_verified_then_it_is_told(
    world: MemoryWorld, damage: Callable[[MemoryWorld], None]
) -> None:
    damage(world)

    assert kinds(verify(world, STORED)) == ["object"]


def test_given_an_absent_note_when_verified_then_the_record_says_why_before_the_rules_do(
    world: MemoryWorld,
) -> None:
    failed = FailedRecord("note", "51", None, ReasonCode.BATCH_WRITE_FAILED, "write")
    world.failures.record(RUN, [failed])

    result = verify(world)

    assert kinds(result) == []
    assert result.counts.failed_by_reason == {"BATCH_WRITE_FAILED": 1}


@pytest.mark.parametrize(
    ("raw", "reason", "differing"),
    [
        (RAW, "INTERNAL_ERROR", ["missing"]),
        (a_crm_note(51, crm_person_id=5), "CONTACT_NOT_MAPPED", []),
        (a_crm_note(51, created_at=None), "NOTE_INVALID", []),
        (a_crm_note("no id"), "NOTE_INVALID", []),
    ],
)
def test_given_an_absent_note_without_a_record_when_verified_then_only_an_unexplained_one_is_missing(
    world: MemoryWorld, raw: Any, reason: str, differing: list[str]
) -> None:
    result = verify(world, raw=raw)

    assert kinds(result) == differing
    assert (result.counts.failed, result.counts.failed_by_reason) == (1, {reason: 1})


def test_given_a_note_that_an_earlier_run_wrote_and_somebody_erased_when_verified_then_it_is_its_own_class(
    world: MemoryWorld,
) -> None:
    world.ledger.store_result(a_run(), "0", BatchResult(verify(world).counts, {"migrated": ["51"]}))

    result = verify(world)

    assert kinds(result) == ["erased_in_cdp"]
    assert (result.counts.erased_in_cdp, result.counts.failed) == (1, 0)


def test_given_identity_that_is_down_when_verified_then_owners_are_not_compared_and_it_says_so(
    world: MemoryWorld,
) -> None:
    world.owners.down = True

    result = verify(world, replace(STORED, owner_id="sso-78"))

    assert kinds(result) == []
    assert result.counts.warnings == {"identity_unavailable": 1}
