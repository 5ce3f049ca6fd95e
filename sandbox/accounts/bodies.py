"""What is written in a note: its source in the CRM beside what must be stored."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from string import Template

from sandbox.accounts.fragments import BLOCKS, MENTIONS, WHOLES, Fragment
from sandbox.accounts.people import Creator
from sandbox.accounts.wording import EMOJI, HEADINGS, sentence

LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Body:
    """`source` is the CRM's `note` (null where nothing was written), `stored` the CDP's."""

    source: str | None
    stored: str


NOTHING = (Body(None, ""), Body("", ""))


def exactly_at_the_limit() -> tuple[Body, ...]:
    """Bodies whose stored text has 10,000 code points, however long the source is."""
    plain = "0123456789" * (LIMIT // 10)
    emoji = "🙏" * (LIMIT - 5) + "Beres"
    kept = "<p>" + "a" * (LIMIT - 7) + "</p>"
    styled = '<p style="color: #333333;" class="note">' + "a" * (LIMIT - 7) + "</p>"
    return (Body(plain, plain), Body(emoji, emoji), Body(kept, kept), Body(styled, kept))


def pasted_picture() -> Body:
    """A picture pasted as base64 between two words: it goes, the words stay."""
    picture = "iVBORw0KGgoAAAANSUhEUgAA" * 8_000
    source = f'<p>Sebelum <img src="data:image/png;base64,{picture}" alt=""> sesudah</p>'
    return Body(source, "<p>Sebelum  sesudah</p>")


def body(number: int, rng: Random, creators: tuple[Creator, ...]) -> Body:
    """Return the body of note `number`: every fragment in turn, then any mixture."""
    filled = [(piece, _words(rng, creators)) for piece in _pieces(number, rng)]
    return Body(
        "".join(Template(piece.source).substitute(words) for piece, words in filled),
        "".join(Template(piece.stored).substitute(words) for piece, words in filled),
    )


def _pieces(number: int, rng: Random) -> list[Fragment]:
    everything = BLOCKS + MENTIONS + WHOLES
    if number < len(everything):
        return [everything[number]]
    chance = rng.random()
    if chance < 0.2:
        return [rng.choice(WHOLES)]
    pieces = rng.choices(BLOCKS, k=rng.randint(1, 5))
    if chance < 0.45:
        pieces.insert(rng.randrange(len(pieces) + 1), rng.choice(MENTIONS))
    return pieces


def _words(rng: Random, creators: tuple[Creator, ...]) -> dict[str, str]:
    colleague = rng.choice([creator for creator in creators if creator.mentionable])
    return {
        "line": sentence(rng),
        "other": sentence(rng),
        "user": colleague.name or "",
        "uid": str(colleague.crm_user_id),
        "emoji": rng.choice(EMOJI),
        "heading": rng.choice(HEADINGS),
    }
