"""Who wrote the notes: CRM users with and without an identity, and how each shows as an author."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.accounts.randomness import stream, uuid_text
from sandbox.accounts.wording import person_name

DEFAULT_LABEL = "[Legacy CRM User]"
_COLLEAGUES = 12


@dataclass(frozen=True, slots=True)
class Creator:
    """A CRM user as notes name it; exactly one of `sso_id` and `label` is what the CDP must show."""

    crm_user_id: int | None
    name: str | None
    sso_id: str | None = None
    label: str | None = None

    @property
    def mentionable(self) -> bool:
        """Whether the user has a name that stands in a note without escaping."""
        return self.sso_id is not None


def creators(cid: str, *, family: str) -> tuple[Creator, ...]:
    """Return the account's users: colleagues whom identity knows, then those whom it does not.

    Accounts of one family name the same people, each with a single sign-on of its own.
    """
    names, sso = stream(family, "names"), stream(cid, "single sign-on")
    known = tuple(Creator(70 + 7 * n, person_name(names), sso_id=uuid_text(sso)) for n in range(_COLLEAGUES))
    return known + _STRANGERS


def identities(users: tuple[Creator, ...]) -> dict[int, Mapping[str, str]]:
    """Return what the identity service knows."""
    return {
        user.crm_user_id: {"sso_id": user.sso_id, "name": user.name or ""}
        for user in users
        if user.crm_user_id is not None and user.sso_id is not None
    }


# People who left, imports, and names that somebody typed into the wrong field.
_STRANGERS = (
    Creator(901, "Sinta Dewanti", label="Sinta Dewanti"),
    Creator(902, "Rudi & Rekan", label="Rudi & Rekan"),
    Creator(903, "<b>Bayu</b> Saputra", label="Bayu Saputra"),
    Creator(904, "Dewi \x07Anggraini", label="Dewi Anggraini"),
    Creator(905, "Raden Mas " + "Kusumo" * 40, label=("Raden Mas " + "Kusumo" * 40)[:200]),
    Creator(906, None, label=DEFAULT_LABEL),
    Creator(907, "   ", label=DEFAULT_LABEL),
    Creator(None, None, label=DEFAULT_LABEL),
    Creator(None, "Impor 2016", label="Impor 2016"),
    Creator(2_147_484_001, "Yohanes Kusuma", label="Yohanes Kusuma"),
)
