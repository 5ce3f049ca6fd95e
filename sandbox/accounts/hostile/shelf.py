"""Lists the attacking files in notes and puts them on the CDN."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from bson.int64 import Int64

from sandbox.accounts.assets import KINDS, Assets, shown_size
from sandbox.accounts.hostile.attacks import Attack
from sandbox.accounts.hostile.places import stations
from sandbox.accounts.model import Behaviour, SourceFile

_INVALID = "invalid"


class HostileShelf:
    """Hands the attacks out to notes; `files` is what the CDN then serves."""

    def __init__(self, *, company_sso_id: str, cdn_url: str, trap_url: str) -> None:
        self.files: dict[str, SourceFile] = {}
        self._company = company_sso_id
        self._cdn = cdn_url.rstrip("/")
        self._places = {
            "{cdn}": self._cdn,
            "{trap}": trap_url.rstrip("/"),
            "{cdn_port}": str(urlsplit(cdn_url).port),
            "{trap_port}": str(urlsplit(trap_url).port),
        }
        self._last_id: Counter[str] = Counter()
        for path, (content, behaviour) in stations().items():
            self._serve(path, content, "application/pdf", behaviour)

    def add(self, assets: Assets, attack: Attack) -> None:
        """Give the note the file and say what must become of it."""
        association = attack.association
        self._last_id[association] += 1
        asset_id = self._last_id[association]
        path = f"uploads/qa-hostile/{KINDS[association]}/{asset_id}"
        entry: dict[str, Any] = {
            "id": asset_id,
            "url": self._filled(attack.url) or f"{self._cdn}/{path}",
            "file_name": attack.name,
            "content_type": attack.claims,
            "file_size": len(attack.content),
        } | attack.changes
        position = len(assets.entries[association])
        assets.entries[association].append(entry)
        if not attack.url:
            self._serve(path, attack.content, attack.claims, attack.behaviour)
        if attack.reason:
            ending = f"{_INVALID}-{position}" if "id" in attack.changes else str(asset_id)
            assets.failed[f"{assets.note_id}/{KINDS[association]}-{ending}"] = attack.reason
        else:
            self._expect(assets, attack, f"{KINDS[association]}-{asset_id}")

    def _expect(self, assets: Assets, attack: Attack, asset: str) -> None:
        stored = attack.content if attack.stored is None else attack.stored
        key = f"{self._company}/{assets.note_id}/{asset}"
        assets.objects[key] = sha256(stored).hexdigest()
        assets.stored[attack.association].append(
            {
                "url": key,
                "type": attack.stored_as,
                "file_size_in_byte": Int64(len(stored)),
                "file_size": shown_size(len(stored)),
                "file_name": attack.stored_name or attack.name,
            }
        )

    def _serve(self, path: str, content: bytes, claims: str, behaviour: Behaviour | None) -> None:
        if behaviour is not None:
            headers = tuple((name, self._filled(value)) for name, value in behaviour.headers)
            behaviour = replace(behaviour, headers=headers)
        self.files[path] = SourceFile(path, content, claims, behaviour)

    def _filled(self, text: str) -> str:
        for name, value in self._places.items():
            text = text.replace(name, value)
        return text
