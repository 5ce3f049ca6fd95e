"""The CRM's extraction interface over HTTP (contracts, section 4)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import structlog

from notes_migration.adapters.http_json import AnswerTooLarge, JsonApi, RemoteRefused, RemoteUnavailable
from notes_migration.domain.errors import FatalError, ReasonCode, TransientError
from notes_migration.domain.ids import crm_id
from notes_migration.domain.run import CrmCount

T = TypeVar("T")
_log = structlog.get_logger(__name__)

SINGLE_NOTE_FACTOR = 4
NOTES_PATH = "/api/v4/migration/person_notes"
COUNT_PATH = f"{NOTES_PATH}/count"
PERSON_IDS_PATH = f"{NOTES_PATH}/person_ids"
MOST_NOTES = 10**12  # more is no count of notes


class HttpCrm:
    """CrmSource over the CRM's HTTP interface, for one organization and a set of note types."""

    def __init__(self, api: JsonApi, *, cid: str, type_ids: tuple[int, ...]) -> None:
        self._api = api
        self._cid = cid
        self._types = ",".join(str(type_id) for type_id in type_ids)

    def count(self, *, until_id: int | None = None) -> CrmCount:
        params = {} if until_id is None else {"until_id": str(until_id)}
        try:
            organization, count, claimed = self._get(COUNT_PATH, params, _parse_count)
        except AnswerTooLarge:
            raise _too_large() from None
        if organization != self._cid:
            raise FatalError(ReasonCode.CID_NOT_FOUND, "the CRM counts for another organization than asked")
        if claimed != count.total:
            _log.warning("crm_count_disagrees", cid=self._cid, total_count=claimed, by_type=count.total)
        return count

    def notes(self, *, after_id: int, until_id: int, per_page: int) -> list[dict[str, Any]]:
        return self._page(NOTES_PATH, _parse_notes, after_id, until_id, per_page)

    def by_ids(self, note_ids: Sequence[str]) -> list[dict[str, Any]]:
        """Ask for all at once, for half of them each where the answer is too large to hold."""
        params = {"ids": ",".join(note_ids), "crm_note_type_ids": self._types}
        try:
            return self._get(NOTES_PATH, params, _parse_notes, max_bytes=self._limit(len(note_ids)))
        except AnswerTooLarge:
            if len(note_ids) <= 1:
                raise _too_large() from None
        half = len(note_ids) // 2
        return self.by_ids(note_ids[:half]) + self.by_ids(note_ids[half:])

    def person_ids(self, *, after_id: int, until_id: int, per_page: int) -> list[object]:
        return self._page(PERSON_IDS_PATH, _parse_data, after_id, until_id, per_page)

    def _page(
        self, path: str, parse: Callable[[Any], list[T]], after_id: int, until_id: int, size: int
    ) -> list[T]:
        """Ask for one page, for half of it where the answer is too large to hold."""
        while True:
            params = _keyset(after_id, until_id, size) | {"crm_note_type_ids": self._types}
            try:
                return self._get(path, params, parse, max_bytes=self._limit(size))
            except AnswerTooLarge:
                if size == 1:
                    raise _too_large() from None
                size //= 2

    def _limit(self, notes: int) -> int:
        # A single note cannot be asked for in halves: it may be larger than a page.
        return self._api.max_bytes * (SINGLE_NOTE_FACTOR if notes <= 1 else 1)

    def _get(
        self, path: str, params: Mapping[str, str], parse: Callable[[Any], T], *, max_bytes: int | None = None
    ) -> T:
        asked = {"organization_id": self._cid, **params}
        try:
            return self._api.get(path, asked, parse=parse, max_bytes=max_bytes)
        except RemoteRefused as error:
            raise _refused(error.status) from None
        except RemoteUnavailable as error:
            raise TransientError(
                ReasonCode.CRM_EXTRACT_FAILED, f"the CRM gave no usable answer ({error.problem})"
            ) from None


def _refused(status: int) -> FatalError:
    if status == 404:
        return FatalError(ReasonCode.CID_NOT_FOUND, "the CRM does not know this organization")
    return FatalError(
        ReasonCode.CRM_EXTRACT_FAILED, f"the CRM refused (status {status}); check the connection crm_api"
    )


def _too_large() -> FatalError:
    return FatalError(ReasonCode.CRM_EXTRACT_FAILED, "the CRM's smallest answer is larger than we can hold")


def _keyset(after_id: int, until_id: int, per_page: int) -> dict[str, str]:
    return {"after_id": str(after_id), "until_id": str(until_id), "per_page": str(per_page)}


def _parse_count(answer: Any) -> tuple[str, CrmCount, int]:
    """Return organization, count and `total_count`; the count by type is the one that is believed.

    Notes under a key that is no type (a CRM groups notes without type under "") are out of scope: the
    filter by type does not deliver them.
    """
    if not isinstance(answer, dict) or not isinstance(answer.get("by_type"), dict):
        raise ValueError
    counts = {key: _whole(count) for key, count in answer["by_type"].items()}
    by_type = {int(key): count for key, count in counts.items() if crm_id(key)}
    total, claimed = sum(counts.values()), _whole(answer.get("total_count"))
    max_id = answer.get("max_id")
    top = "0" if max_id in (None, 0, "0") else crm_id(max_id)
    # Notes without a highest id, or of no type at all, would be passed over in silence.
    if top is None or (top == "0" and (total or claimed)) or (claimed and not total):
        raise ValueError
    return str(answer.get("organization_id")), CrmCount(total, by_type, int(top)), claimed


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_NOTES:
        raise ValueError
    return value


def _parse_data(answer: Any) -> list[object]:
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
        raise ValueError
    return list(answer["data"])


def _parse_notes(answer: Any) -> list[dict[str, Any]]:
    notes = _parse_data(answer)
    if not all(isinstance(note, dict) for note in notes):
        raise ValueError
    return [note for note in notes if isinstance(note, dict)]
