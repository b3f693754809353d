"""An engine that refuses to commit for a while."""

from __future__ import annotations

from minidynamo.storage.engine import Batch
from minidynamo.storage.memory.engine import MemoryEngine


class FailingEngine(MemoryEngine):
    """Refuses to commit while `fails` is set."""

    fails = False

    def commit(self, batch: Batch) -> None:
        if self.fails:
            raise OSError("no space left")
        super().commit(batch)
