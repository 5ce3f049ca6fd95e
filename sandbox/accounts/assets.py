"""The files of a note: the CRM's entries beside what must become of each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256
from pathlib import PurePosixPath
from random import Random
from typing import Any

from bson.int64 import Int64

from sandbox.accounts.files.specimens import (
    SPECIMENS,
    Specimen,
    absent,
    large_recording,
    program,
    text_as_image,
)
from sandbox.accounts.model import SourceFile

KINDS = {"images": "image", "audios": "audio", "documents": "document"}
_FOREIGN_HOST = "https://files.elsewhere.example"


@dataclass(slots=True)
class Assets:
    """The files of one note, filled step by step; failed ones are in `failed`, the rest in `stored`."""

    note_id: int
    entries: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in KINDS})
    stored: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in KINDS})
    objects: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def attachments(self) -> list[dict[str, Any]]:
        """The stored elements in the CDP's order: images, audios, documents."""
        return [element for name in KINDS for element in self.stored[name]]


class Shelf:
    """Hands files out to notes; ids count up per association, as each has a table of its own."""

    def __init__(self, *, cid: str, company_sso_id: str, cdn_url: str) -> None:
        self.files: dict[str, SourceFile] = {}
        self._cid = cid
        self._company = company_sso_id
        self._cdn_url = cdn_url.rstrip("/")
        self._last_id = {"images": 16, "audios": 16, "documents": 2_147_483_640}
        self._handed_out: Counter[str] = Counter()

    def add_any(self, assets: Assets, rng: Random) -> None:
        """Give the note a file of any association, every specimen in turn."""
        association = rng.choices(list(KINDS), weights=(5, 2, 4))[0]
        choices = SPECIMENS[association]()
        specimen = choices[self._handed_out[association] % len(choices)]
        self._handed_out[association] += 1
        self.add(assets, association, specimen, rng)

    def add_large(self, assets: Assets, rng: Random) -> None:
        """Give the note the one file that is measured in megabytes."""
        self.add(assets, "audios", large_recording(), rng)

    def add_twins(self, assets: Assets, rng: Random) -> None:
        """Give the note two different pictures of one name."""
        one, other = SPECIMENS["images"]()[:2]
        self.add(assets, "images", one, rng)
        self.add(assets, "images", replace(other, file_name=one.file_name), rng)

    def add_failing(self, assets: Assets, number: int, rng: Random) -> None:
        """Give the note a file that cannot be stored, each kind of failure in turn."""
        association, specimen, reason = (
            ("documents", absent(), "ATTACHMENT_DOWNLOAD_FAILED"),
            ("documents", program(), "ATTACHMENT_TYPE_UNSUPPORTED"),
            ("images", text_as_image(), "ATTACHMENT_TYPE_MISMATCH"),
            ("documents", SPECIMENS["documents"]()[0], "ATTACHMENT_HOST_NOT_ALLOWED"),
        )[number % 4]
        path = self._list(assets, association, specimen, rng)
        asset = f"{KINDS[association]}-{self._last_id[association]}"
        assets.failed[f"{assets.note_id}/{asset}"] = reason
        if reason == "ATTACHMENT_DOWNLOAD_FAILED":
            return
        if reason == "ATTACHMENT_HOST_NOT_ALLOWED":
            assets.entries[association][-1]["url"] = f"{_FOREIGN_HOST}/{path}"
        self._serve(path, specimen)

    def add(self, assets: Assets, association: str, specimen: Specimen, rng: Random) -> None:
        """Give the note a file that must be stored."""
        self._serve(self._list(assets, association, specimen, rng), specimen)
        asset = f"{KINDS[association]}-{self._last_id[association]}"
        key = f"{self._company}/{assets.note_id}/{asset}"
        assets.objects[key] = sha256(specimen.content).hexdigest()
        assets.stored[association].append(
            {
                "url": key,
                "type": specimen.cdp_type,
                "file_size_in_byte": Int64(len(specimen.content)),
                "file_size": shown_size(len(specimen.content)),
                "file_name": specimen.file_name,
            }
        )

    def _list(self, assets: Assets, association: str, specimen: Specimen, rng: Random) -> str:
        self._last_id[association] += 1
        asset_id = self._last_id[association]
        suffix = PurePosixPath(specimen.file_name).suffix
        path = f"uploads/{self._cid}/{KINDS[association]}/{asset_id}{suffix}"
        size = len(specimen.content)
        assets.entries[association].append(
            {
                "id": asset_id,
                "url": f"{self._cdn_url}/{path}",
                "file_name": specimen.file_name,
                "content_type": specimen.content_type,
                # the CRM's own number is a claim: sometimes absent, sometimes wrong
                "file_size": rng.choice((size, size, size, None, size + 1)),
            }
        )
        return path

    def _serve(self, path: str, specimen: Specimen) -> None:
        self.files[path] = SourceFile(path, specimen.content, specimen.content_type)


def shown_size(size: int) -> str:
    """Return a size as the CDP shows it: bytes below 1024, else two decimals per factor of 1024."""
    if size < 1024:
        return f"{size} B"
    unit, divisor = ("KB", 1024) if size < 1024**2 else ("MB", 1024**2)
    return f"{(Decimal(size) / divisor).quantize(Decimal('0.01'), ROUND_HALF_UP)} {unit}"
