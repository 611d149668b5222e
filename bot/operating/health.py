"""Whether the bot is well, in a form that a monitor and a person can read."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

LONGEST_LAG = 5.0
"""Seconds that the event loop may be late before the bot is not well: Discord waits 3 for an acknowledgement."""

Status = Literal["ok", "starting", "unwell", "stopping"]


@dataclass(frozen=True, slots=True)
class Health:
    """How the bot is. Seconds are numbers; `shards` says by number which are connected."""

    model_loaded: bool
    ready: bool
    """Whether all shards have been connected once."""
    stopping: bool
    shards: Mapping[int, bool]
    open_questions: int
    loop_lag_seconds: float

    @property
    def status(self) -> Status:
        """In one word: only "ok" is well."""
        if self.stopping:
            return "stopping"
        if not (self.model_loaded and self.ready):
            return "starting"
        connected = bool(self.shards) and all(self.shards.values())
        return "ok" if connected and self.loop_lag_seconds < LONGEST_LAG else "unwell"

    def to_json(self) -> dict[str, Any]:
        """Everything and the one word, as JSON."""
        return {
            "status": self.status,
            **asdict(self),
            "shards": {str(shard_id): connected for shard_id, connected in self.shards.items()},
            "loop_lag_seconds": round(self.loop_lag_seconds, 3) if math.isfinite(self.loop_lag_seconds) else None,
        }
