"""Start the simulators' process and talk to its control API."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from sandbox.accounts.model import Account, SourceFile
from sandbox.processes.lifeline import Lifeline
from sandbox.processes.service import Service, accepts_connections, free_port, wait_until_ready
from sandbox.simulators.faults import Content, Fault, Target, Transport
from sandbox.simulators.world import Tokens

ALL = frozenset({"crm", "identity", "cdn", "alerts"})


@dataclass(frozen=True, slots=True)
class Addresses:
    """Root URLs of the simulators, without a slash at the end; empty for one that was not asked for."""

    control: str
    crm: str = ""
    identity: str = ""
    cdn: str = ""
    alerts: str = ""


@dataclass(frozen=True, slots=True)
class Simulators:
    """The running simulators: where they are, what they want to hear."""

    service: Service
    addresses: Addresses
    tokens: Tokens

    def control(self) -> Control:
        """Return a handle; use it as a context manager."""
        return Control(self.addresses.control)


def some_tokens() -> Tokens:
    """Return fresh secrets for one sandbox."""
    return Tokens(
        crm=f"Bearer {secrets.token_urlsafe(16)}",
        identity=f"Bearer {secrets.token_urlsafe(16)}",
        pagerduty_routing_key=secrets.token_hex(16),
        slack_path=f"/services/T0SANDBOX/B0SANDBOX/{secrets.token_hex(12)}",
    )


def start_simulators(directory: Path, *, lifeline: Lifeline, wanted: frozenset[str] = ALL) -> Simulators:
    """Start the wanted simulators in one process and return when each listens.

    Raises:
        ServiceUnavailable: they did not start; with the end of their log.
    """
    ports = {name: free_port() for name in sorted(wanted | {"control"})}
    tokens = some_tokens()
    service = lifeline.start(
        "simulators",
        [sys.executable, "-m", "sandbox.simulators"],
        variables={"NOTES_SIMULATORS": json.dumps({"ports": ports, **asdict(tokens)})},
        log_path=directory / "simulators.log",
    )
    wait_until_ready(
        service, lambda: all(accepts_connections(port) for port in ports.values()), timeout_seconds=30
    )
    addresses = Addresses(**{name: f"http://127.0.0.1:{port}" for name, port in ports.items()})
    return Simulators(service, addresses, tokens)


class Control:
    """Client of the control API."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=60, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def load(self, account: Account) -> None:
        """Give CRM, identity and CDN what the account holds; replaces an account of the same cid."""
        body = {
            "company_sso_id": account.company_sso_id,
            "notes": account.notes,
            "note_keys": account.note_keys,
            "identities": {str(user): dict(identity) for user, identity in account.identities.items()},
            **_packed(account.files),
        }
        self._call("PUT", f"/_control/accounts/{account.cid}", body)

    def unload(self, cid: str) -> None:
        """Make the organization unknown."""
        self._call("DELETE", f"/_control/accounts/{cid}")

    def put_note(self, cid: str, note: Mapping[str, Any]) -> None:
        """Add a note at run time, or replace it."""
        self._call("PUT", f"/_control/accounts/{cid}/notes/{note['id']}", dict(note))

    def change_note(self, cid: str, note_id: int, **fields: Any) -> None:
        """Change fields of a note at run time; its place in the order stays, whatever `id` becomes."""
        self._call("PATCH", f"/_control/accounts/{cid}/notes/{note_id}", fields)

    def delete_note(self, cid: str, note_id: int) -> None:
        """Delete a note at run time."""
        self._call("DELETE", f"/_control/accounts/{cid}/notes/{note_id}")

    def set_identities(self, cid: str, identities: Mapping[int, Mapping[str, str]]) -> None:
        """Replace what identity knows of the account's users."""
        body = {str(user): dict(identity) for user, identity in identities.items()}
        self._call("PUT", f"/_control/accounts/{cid}/identities", body)

    def add_fault(self, fault: Fault) -> None:
        """Switch a fault on."""
        self._call("POST", "/_control/faults", fault.model_dump(mode="json"))

    def clear_faults(self, kind: Transport | Content | None = None) -> None:
        """Switch all faults off, or all of one kind."""
        self._call("DELETE", f"/_control/faults?kind={kind}" if kind else "/_control/faults")

    def counts(self, target: Target) -> dict[str, int]:
        """Return how often each "METHOD path" of a simulator was asked."""
        counts: dict[str, int] = self._call("GET", f"/_control/journal/{target}/counts").json()
        return counts

    def requests(self, target: Target) -> list[dict[str, Any]]:
        """Return the simulator's requests in order: method, path, query, status."""
        requests: list[dict[str, Any]] = self._call("GET", f"/_control/journal/{target}").json()
        return requests

    def clear_journal(self) -> None:
        """Forget all requests."""
        self._call("DELETE", "/_control/journal")

    def clear_alerts(self) -> None:
        """Forget all alerts."""
        self._call("DELETE", "/_control/alerts")

    def _call(self, method: str, path: str, body: object = None) -> httpx.Response:
        # In ASCII: half a surrogate pair, which a note may have, has no bytes in UTF-8.
        content = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        return self._http.request(method, path, content=content, headers=headers).raise_for_status()


def _packed(files: Mapping[str, SourceFile]) -> dict[str, Any]:
    # Accounts use the same few contents at thousands of paths: send each content once.
    blobs: dict[str, str] = {}
    listed = []
    for file in files.values():
        digest = hashlib.sha256(file.content).hexdigest()
        blobs.setdefault(digest, base64.b64encode(file.content).decode())
        listed.append(
            {
                "path": file.path.lstrip("/"),
                "content_type": file.content_type,
                "blob": digest,
                "behaviour": asdict(file.behaviour) if file.behaviour else None,
            }
        )
    return {"blobs": blobs, "files": listed}
