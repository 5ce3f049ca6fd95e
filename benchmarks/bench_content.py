"""Notes per second and core that `normalize_html` does, on notes of about 2 KB.

    python benchmarks/bench_content.py

Targets: 8,000 without mentions, 1,500 with two of them. The notes differ from each other, since
people's do. CPU time of this process is counted, so that other work on the machine is not.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable

from notes_migration.domain.content import normalize_html

NOTES, ROUNDS = 500, 3
TEXT = "call offer Monday invoice demo budget renewal site visit contract asked sent agreed waits said"
WORDS = TEXT.split()
TARGETS = {"without mentions": 8_000, "with two mentions": 1_500}


def main() -> int:
    """Print one line per kind of note; the exit code is 1 where a target is missed."""
    kinds: dict[str, tuple[Callable[[random.Random], str], int]] = {
        "plain text": (_plain, 0),
        "without mentions": (_formatted, TARGETS["without mentions"]),
        "with two mentions": (_with_mentions, TARGETS["with two mentions"]),
        "malformed": (_malformed, 0),
    }
    rates = {
        kind: _rate([make(random.Random(seed)) for seed in range(NOTES)]) for kind, (make, _) in kinds.items()
    }
    for kind, rate in rates.items():
        target = f"  target {kinds[kind][1]:,}" if kinds[kind][1] else ""
        print(f"content, {kind:<18} {rate:>9,.0f} notes/s per core{target}")
    return int(any(rates[kind] < target for kind, target in TARGETS.items()))


def _rate(notes: list[str]) -> float:
    best = 0.0
    for _ in range(ROUNDS):
        started = time.process_time()
        for note in notes:
            normalize_html(note)
        best = max(best, len(notes) / (time.process_time() - started))
    return best


def _sentence(source: random.Random, words: int = 12) -> str:
    return " ".join(source.choice(WORDS) for _ in range(words)).capitalize() + ". "


def _plain(source: random.Random) -> str:
    return "".join(_sentence(source) for _ in range(26))


def _formatted(source: random.Random) -> str:
    paragraphs = [
        f"<p>{_sentence(source)}<b>{_sentence(source, 2)}</b>{_sentence(source)}</p>" for _ in range(6)
    ]
    items = "".join(f"<li>{_sentence(source, 6)}</li>" for _ in range(8))
    address = f"https://crm.example/deals/{source.randrange(10**6)}?a=1&amp;b=2"
    link = f'<p>See <a href="{address}" rel="nofollow">the deal</a> &amp; reply.</p>'
    return "".join([*paragraphs, f"<ul>{items}</ul>", link, f"<div>{_sentence(source)}</div>"])


def _with_mentions(source: random.Random) -> str:
    first, second = source.randrange(10**6), source.randrange(10**6)
    return (
        f'<p>Hi <a href="/users/{first}/edit_user" data-user-id="{first}">Jane {first}</a>, '
        f'and <a data-mention="{second}">@Budi {second}</a>.</p>' + _formatted(source)
    )


def _malformed(source: random.Random) -> str:
    return "<table><tr><td><b><i>" + _formatted(source).replace("</p>", "") + "</b></i>"


if __name__ == "__main__":
    sys.exit(main())
