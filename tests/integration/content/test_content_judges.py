"""Judges that know nothing of this project: two parsers and a browser look at what would be stored."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SHARED = ROOT.parent / "shared"
CORPUS = SHARED / "data" / "xss_payloads.jsonl"
pytestmark = pytest.mark.shared


def _judged(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    judge, path = str(SHARED / "tools" / tool), str(ROOT / "include")
    return subprocess.run(
        [sys.executable, judge, "notes_migration.domain.content:normalize_html", "--path", path, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_given_the_corpus_when_two_parsers_judge_then_no_rule_is_broken() -> None:
    mentions = str(SHARED / "data" / "mentions.jsonl")

    judged = _judged("judge_sanitizer.py", "--corpus", str(CORPUS), "--mentions", mentions)

    assert judged.returncode == 0, judged.stdout
    assert "fail: 0" in judged.stdout


@pytest.mark.browser
@pytest.mark.timeout(600)
def test_given_the_corpus_when_a_browser_shows_it_then_nothing_runs_and_nothing_loads() -> None:
    judged = _judged("browser_xss.py", "--corpus", str(CORPUS))

    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert "payloads with any hit 0" in judged.stdout
