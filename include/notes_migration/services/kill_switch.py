"""The account's flag, asked while a run reads: often enough to stop soon, rarely enough to cost nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration.domain.run import Run
from notes_migration.ports.clock import Clock
from notes_migration.ports.feature_flag import FeatureFlag

# Asking takes about as long as reading a small page; a run must end within 10 s.
LOOK_SECONDS = 2.0


@dataclass(slots=True)
class KillSwitch:
    """Looked at when two seconds have passed since the last look, or since it was made."""

    flag: FeatureFlag
    clock: Clock
    _looked_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._looked_at = self.clock.monotonic_seconds()

    def require_on(self, run: Run) -> None:
        """Ask between two steps; a run that only looks is not stopped.

        Raises:
            FatalError: FLAG_DISABLED.
        """
        now = self.clock.monotonic_seconds()
        if not run.mode.writes or now - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = now
        if not self.flag.is_on(run.cid):
            raise FatalError(ReasonCode.FLAG_DISABLED, "the flag was switched off while the run was reading")

    def pause(self, run: Run, seconds: float) -> None:
        """Wait, and look meanwhile.

        Raises:
            FatalError: FLAG_DISABLED.
        """
        while seconds > 0:
            self.clock.pause(min(seconds, LOOK_SECONDS))
            seconds -= LOOK_SECONDS
            self.require_on(run)
