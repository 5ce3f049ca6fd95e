"""Property tests: no deadline, since a busy machine is no bug, and few examples, since there are many."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("quick", deadline=None, max_examples=40, database=None)
settings.load_profile("quick")
