"""The hostile account has every attack, and says of each note and file exactly one ending."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from bson import encode

from sandbox.accounts.bodies import Body
from sandbox.accounts.hostile import bodies_on_the_way, disguises, markup, places
from sandbox.accounts.hostile.attacks import Attack
from sandbox.accounts.hostile.shelf import HostileShelf
from sandbox.accounts.model import Account
from sandbox.accounts.registry import HOSTILE, build_account

Built = Callable[[str], Account]
KINDS = ("images", "audios", "documents")


def by_key(account: Account) -> dict[str, dict[str, Any]]:
    pairs = zip(account.note_keys, account.notes, strict=True)
    return {str(key): note for key, note in pairs if note["crm_note_type_id"] in account.note_type_ids}


def test_given_the_account_when_added_up_then_exactly_one_in_a_hundred_fails(built: Built) -> None:
    expected = built(HOSTILE).expected
    failed = sum(expected.failed_by_reason.values())

    assert (expected.status, expected.match_pct) == ("completed_success", "99.00")
    assert 100 * failed == expected.source_total - expected.out_of_scope == len(by_key(built(HOSTILE)))
    assert len(expected.documents) + failed == len(by_key(built(HOSTILE)))
    assert sum(expected.failed_without_id.values()) >= 10


def test_given_the_account_when_its_files_are_added_up_then_each_has_one_ending(built: Built) -> None:
    account = built(HOSTILE)
    linked = [
        one["url"] for document in account.expected.documents.values() for one in document["attachments"]
    ]

    assert sorted(linked) == sorted(account.expected.objects)
    assert len(linked) + len(account.expected.attachments_failed) == account.expected.attachments_total
    assert 100 * len(account.expected.attachments_failed) > 20 * account.expected.attachments_total


def test_given_a_document_of_the_account_when_looked_at_then_it_can_be_stored(built: Built) -> None:
    for document in built(HOSTILE).expected.documents.values():
        assert len(document["note"]) <= 10_000
        assert 0 < len(document.get("legacy_owner_label", "x")) <= 200
        encode(document)


def test_given_the_account_when_it_is_built_twice_then_it_is_the_same() -> None:
    one, other = (build_account(HOSTILE, cdn_url="http://127.0.0.1:1") for _ in range(2))

    assert one == other


def test_given_a_trap_when_the_account_is_built_then_files_and_redirects_lead_to_it() -> None:
    account = build_account(HOSTILE, cdn_url="http://127.0.0.1:8099", trap_url="http://127.0.0.1:4444")
    urls = [
        str(entry["url"])
        for note in by_key(account).values()
        for kind in KINDS
        for entry in listed(note[kind])
    ]
    locations = [
        value
        for file in account.files.values()
        if file.behaviour
        for name, value in file.behaviour.headers
        if name == "Location"
    ]

    assert "http://127.0.0.1:4444/direct.pdf" in urls
    assert "http://127.0.0.1:4444/redirected.pdf" in locations
    assert not [text for text in (*urls, *locations) if "{" in text]


def listed(entries: object) -> list[dict[str, Any]]:
    return [each for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []


@pytest.mark.parametrize("family", markup.FAMILIES)
def test_given_a_family_of_attacks_on_the_reader_when_counted_then_it_has_several(family: str) -> None:
    bodies = markup.FAMILIES[family]

    assert len({body.source for body in bodies}) == len(bodies) >= 8


class Elements(HTMLParser):
    """Collects what markup a stored note has."""

    def __init__(self) -> None:
        super().__init__()
        self.attributes: dict[str, set[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.setdefault(tag, set()).update(name for name, _ in attrs)


def test_given_what_must_be_stored_when_read_then_it_is_plain_markup_with_addresses_on_links_only() -> None:
    read = Elements()
    for body in markup.bodies():
        read.feed(body.stored + "\n")

    assert read.attributes.keys() == {"a", "b", "div", "p", "span"}
    assert read.attributes.pop("a") == {"href", "rel"}
    assert not any(read.attributes.values())


def test_given_large_bodies_when_measured_then_they_come_near_four_mib_and_no_further() -> None:
    sizes = [len((body.source or "").encode("utf-8", "surrogatepass")) for body in markup.large()]

    assert max(sizes) > 3 * 1024**2
    assert max(sizes) < 4 * 1024**2


def test_given_the_attacks_by_files_when_counted_then_every_reason_and_ending_is_there() -> None:
    attacks = (
        *places.urls(),
        *places.redirects(),
        *bodies_on_the_way.answers(),
        *disguises.disguised(),
        *disguises.named(),
        *disguises.twins(),
        *disguises.entries(),
    )

    assert all(bool(attack.reason) != bool(attack.stored_as) for attack in attacks)
    assert set(Counter(attack.reason for attack in attacks)) == {
        "",
        "ATTACHMENT_HOST_NOT_ALLOWED",
        "ATTACHMENT_DOWNLOAD_FAILED",
        "ATTACHMENT_TOO_LARGE",
        "ATTACHMENT_TYPE_UNSUPPORTED",
        "ATTACHMENT_TYPE_MISMATCH",
    }


def test_given_slow_files_when_counted_then_they_are_few() -> None:
    slow = [one for one in bodies_on_the_way.answers() if one.behaviour and one.behaviour.seconds_per_byte]

    assert 2 <= len(slow) <= 3


def test_given_a_zip_bomb_when_packed_then_it_is_small_and_names_more_than_a_gigabyte() -> None:
    import io
    import zipfile

    bomb = next(one.content for one in disguises.disguised() if one.name == "bom.docx")
    with zipfile.ZipFile(io.BytesIO(bomb)) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())

    assert len(bomb) < 256 * 1024
    assert unpacked > 1024**3


def test_given_an_entry_whose_id_cannot_be_read_when_it_fails_then_it_has_a_name_by_its_place() -> None:
    from sandbox.accounts.assets import Assets

    shelf = HostileShelf(company_sso_id="c", cdn_url="http://127.0.0.1:1", trap_url="http://127.0.0.1:2")
    assets = Assets(5)
    for _ in range(2):
        shelf.add(assets, Attack(reason="ATTACHMENT_DOWNLOAD_FAILED", changes={"id": "5/../6"}))

    assert list(assets.failed) == ["5/document-invalid-0", "5/document-invalid-1"]


def test_given_bodies_when_compared_then_no_attack_is_there_twice() -> None:
    sources: list[Body] = list(markup.bodies())

    assert len({body.source for body in sources}) == len(sources)
