"""The judges of content live beside the checkout; where they are not, their tests are deselected, aloud."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SHARED = ROOT.parent / "shared"
CHROMIUM = (Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver"))
NEEDS = {
    "shared": ("../shared (the judges and their data) is not there", (SHARED / "tools",)),
    "browser": ("/usr/bin/chromium or /usr/bin/chromedriver is not installed", CHROMIUM),
}
_MISSING = {
    mark: reason for mark, (reason, paths) in NEEDS.items() if not all(path.exists() for path in paths)
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    missing = [item for item in items if any(item.get_closest_marker(mark) for mark in _MISSING)]
    items[:] = [item for item in items if item not in missing]
    config.hook.pytest_deselected(items=missing)
    config.stash[_DESELECTED] = len(missing)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash.get(_DESELECTED, 0):
        terminalreporter.write_line(f"content judges deselected: {'; '.join(_MISSING.values())}")


_DESELECTED = pytest.StashKey[int]()
