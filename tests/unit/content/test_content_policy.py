"""Every rule of the policy, on the project's own set; and the set notices when one rule is missing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from content_policy_cases import CASES, Case

from notes_migration.domain.content import POLICY, ContentPolicy, cleaner, mentions, normalize, scan, source
from notes_migration.domain.content.normalize import HtmlNormalizer
from notes_migration.domain.errors import ReasonCode, RejectedNote


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.why)
def test_given_a_note_when_normalized_then_the_policy_holds(case: Case) -> None:
    result = HtmlNormalizer(POLICY).normalize(case.source)

    assert result.html == case.stored
    assert case.warnings is None or set(case.warnings) == set(result.warnings)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.why)
def test_given_a_stored_note_when_normalized_again_then_it_stays(case: Case) -> None:
    assert HtmlNormalizer(POLICY).normalize(case.stored).html == case.stored


def the_set_notices(normalizer: HtmlNormalizer) -> bool:
    return any(_outcome(normalizer, case.source) != case.stored for case in CASES + LIMITS)


def _outcome(normalizer: HtmlNormalizer, html: str) -> str:
    try:
        return normalizer.normalize(html).html
    except RejectedNote as rejected:
        return rejected.reason


LIMITS = [
    Case("10,000 code points pass", "\U0001f600" * 10_000, "\U0001f600" * 10_000),
    Case("10,001 do not", "\U0001f600" * 10_001, ReasonCode.NOTE_TOO_LONG),
    Case("4 MiB pass", "<!--" + "x" * (4 * 1024 * 1024 - 7) + "-->", ""),
    Case("a byte more does not", "<!--" + "x" * (4 * 1024 * 1024 - 6) + "-->", ReasonCode.NOTE_TOO_LARGE),
]
# Taken out of the list, these change nothing: they have no content, and are no allowed tags either.
WITHOUT_CONTENT = {"embed", "frame", "frameset"}


def _mutants() -> dict[str, ContentPolicy]:
    one_less = {
        f"{field} without {rule}": replace(POLICY, **{field: getattr(POLICY, field) - {rule}})
        for field in ("tags", "dropped_with_content", "link_attributes", "link_schemes", "mention_attributes")
        for rule in sorted(getattr(POLICY, field))
        if rule not in WITHOUT_CONTENT
    }
    one_more = {
        f"{field} with {rule}": replace(POLICY, **{field: getattr(POLICY, field) | {rule}})
        for field, rules in {
            "tags": ("img", "table", "form", "input", "button", "center"),
            "link_attributes": ("title", "target", "style", "onclick", "id", "class", "name"),
            "link_schemes": ("javascript", "vbscript", "data", "tel", "sms", "ftp", "file", "blob", "x"),
        }.items()
        for rule in rules
    }
    embedded = {
        f"{tag} allowed": replace(
            POLICY,
            tags=POLICY.tags | {tag},
            dropped_with_content=POLICY.dropped_with_content - {tag},
        )
        for tag in sorted(POLICY.dropped_with_content - {"frame", "frameset"})
    }
    limits = {
        "relative links refused": replace(POLICY, relative_links=False),
        "rel not set": replace(POLICY, link_rel="opener"),
        "no mention by route": replace(POLICY, mention_path="(?!)"),
        "a wider route": replace(POLICY, mention_path=r"/users/[^/?#]+/?.*"),
        "one code point more": replace(POLICY, max_code_points=10_001),
        "one code point less": replace(POLICY, max_code_points=9_999),
        "one byte more": replace(POLICY, max_bytes=POLICY.max_bytes + 1),
        "one byte less": replace(POLICY, max_bytes=POLICY.max_bytes - 1),
    }
    return one_less | one_more | embedded | limits


MUTANTS = _mutants()


@pytest.mark.parametrize("name", MUTANTS)
def test_given_one_rule_changed_when_the_set_runs_then_it_notices(name: str) -> None:
    assert the_set_notices(HtmlNormalizer(MUTANTS[name]))


def _same(html: str, *_: object) -> str:
    return html


Patch = tuple[object, str, object]
BROKEN: dict[str, list[Patch]] = {
    "bare anchors stay": [(cleaner, "_without_bare_anchors", _same)],
    "CR and control characters from references stay": [(cleaner, "_with_line_feeds", _same)],
    "hidden schemes pass": [(cleaner, "relative_or_none", _same)],
    "control characters stay": [(normalize, "storable", lambda text: text.replace("\ud800", "\ufffd"))],
    "what was typed is markup": [(scan, "is_typed", lambda *_: False)],
    "a mention is only its text": [(mentions, "_with_at_sign", iter)],
    "nothing is compared": [(normalize, "losses", lambda *_: set())],
    "what a parser hides stays hidden": [(normalize, "lacks_text", lambda *_: False)],
    "unknown elements stay": [
        (source, "HTML", frozenset({"min", "text", "o:p"}) | source.HTML),
        (normalize, "lacks_text", lambda *_: False),
    ],
}


@pytest.mark.parametrize("patches", BROKEN.values(), ids=BROKEN.keys())
def test_given_one_step_broken_when_the_set_runs_then_it_notices(
    patches: list[Patch], monkeypatch: pytest.MonkeyPatch
) -> None:
    for place, name, replacement in patches:
        monkeypatch.setattr(place, name, replacement)

    assert any(not _is_as_expected(HtmlNormalizer(POLICY), case) for case in CASES)


def _is_as_expected(normalizer: HtmlNormalizer, case: Case) -> bool:
    try:
        result = normalizer.normalize(case.source)
    except RejectedNote:
        return False
    as_warned = case.warnings is None or set(case.warnings) == set(result.warnings)
    return result.html == case.stored and as_warned


def test_given_the_policy_as_it_is_when_the_set_runs_then_it_finds_nothing() -> None:
    assert not the_set_notices(HtmlNormalizer(POLICY))
