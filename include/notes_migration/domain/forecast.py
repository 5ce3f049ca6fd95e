"""What a dry run reports: what a migration with the same settings would do, as far as reading can tell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from notes_migration.domain.ledger import Ledger
from notes_migration.domain.settings import MigrationSettings

# Names of a batch's tallies: one per file type, and per host that is not on the allow-list.
TYPE, BYTES, HOST = "type:", "bytes:", "host:"
MOST_HOSTS = 100
# Warnings of a batch that are about the systems around it; all others are of the content, by kind.
_NOT_HTML = frozenset({"identity_unavailable", "note_type_not_asked_for", "several_contacts_for_a_person"})
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?|[0-9a-f:.]{2,45}", re.ASCII)
_NO_HOST = "(unreadable)"
# Writing and uploading take no longer than reading and fetching did; a minute is for starting tasks.
_SLOWER, _MORE_SECONDS = 2, 60


def host_of(url: str | None) -> str:
    """Return the host that a URL names, never more of it; "(unreadable)" where it names none."""
    try:
        host = (urlsplit(url or "").hostname or "").lower()
    except ValueError:
        return _NO_HOST
    return host if _HOST.fullmatch(host) else _NO_HOST


@dataclass(frozen=True, slots=True)
class Forecast:
    """One dry run's findings; `seconds` is how long it took."""

    ledger: Ledger
    tallies: Mapping[str, int]
    bytes_stored_before: int
    seconds: float

    def to_json(self, settings: MigrationSettings) -> dict[str, Any]:
        """Return the report; counts, sizes in bytes, host names."""
        counts = self.ledger.batches
        quota_left = max(0, settings.attachment_quota_bytes - self.bytes_stored_before)
        return {
            "source_total": self.ledger.source_total,
            "classes": self.ledger.classes(),
            "would_migrate": counts.migrated,
            "failed_by_reason": dict(counts.failed_by_reason),
            "match_pct": self.ledger.match_pct,
            "failure_rate": self.ledger.failure_rate,
            "attachments": {
                **asdict(counts.attachments),
                "total": counts.attachments.total,
                "by_type": self._by_type(),
                "quota_left_bytes": quota_left,
                "fits_quota": counts.attachments.bytes <= quota_left,
            },
            "hosts_not_allowed": self._hosts(),
            "owners": asdict(counts.owners),
            "html_warnings": {
                name: times for name, times in counts.warnings.items() if name not in _NOT_HTML
            },
            "other_warnings": {name: times for name, times in counts.warnings.items() if name in _NOT_HTML},
            "checkins_dropped": counts.checkins_dropped,
            "estimated_seconds": {
                "from": round(self.seconds),
                "to": round(_SLOWER * self.seconds + _MORE_SECONDS),
            },
        }

    def _by_type(self) -> dict[str, dict[str, int]]:
        names = (name.removeprefix(TYPE) for name in self.tallies if name.startswith(TYPE))
        return {
            name: {"files": self.tallies[TYPE + name], "bytes": self.tallies.get(BYTES + name, 0)}
            for name in sorted(names)
        }

    def _hosts(self) -> list[dict[str, Any]]:
        """Return the hosts with the most files first; a list, since a host's dots are no place for keys."""
        found = [(-files, name) for name, files in self.tallies.items() if name.startswith(HOST)]
        listed = sorted(found)[:MOST_HOSTS]
        return [{"host": name.removeprefix(HOST), "files": -files} for files, name in listed]
